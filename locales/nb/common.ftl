# This file is part of Dashlight. Licence: Apache-2.0.

### Norwegian Bokmål. Register: du. Quotes « », dash – with spaces.
### “E-post”, “bil” (not “kjøretøy”), possessive after the noun where no name is inserted
### (“bilen din”). Calm, no exclamation marks, no blame.
### Inserted values can be any name: never append -s to one. Suffixes after a hyphen are
### fine: “{ $make }-appen”, “{ $make }-kontoen”.
### No markup and no web addresses here: the templates add both.

## What people call their things. Other texts insert these by name: { car }, { account } …
## Norwegian has one form for all cases; only -start differs, by its capital.
## “din { $car }”: “bil” is masculine, so are car names (“din Tesla Model 3”, “din Emma”).
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

car =
    { $hasCar ->
        [yes] din { $car }
       *[no] bilen din
    }
car-start =
    { $hasCar ->
        [yes] Din { $car }
       *[no] Bilen din
    }
car-object =
    { $hasCar ->
        [yes] din { $car }
       *[no] bilen din
    }
car-dative =
    { $hasCar ->
        [yes] din { $car }
       *[no] bilen din
    }
account =
    { $hasMake ->
        [yes] { $make }-kontoen din
       *[no] kontoen din i bilprodusentens app
    }
account-start =
    { $hasMake ->
        [yes] { $make }-kontoen din
       *[no] Kontoen din i bilprodusentens app
    }
account-object =
    { $hasMake ->
        [yes] { $make }-kontoen din
       *[no] kontoen din i bilprodusentens app
    }
account-dative =
    { $hasMake ->
        [yes] { $make }-kontoen din
       *[no] kontoen din i bilprodusentens app
    }
maker-app =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] bilprodusentens app
    }
maker-app-start =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] Bilprodusentens app
    }
maker-app-dative =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] bilprodusentens app
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Hei, { $name }
       *[no] Hei
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = Selve bilen fungerer som vanlig, og alt du har satt opp i { $app }, er fortsatt der.
# Heading above the numbered steps. At most 30 characters.
steps-title = Slik gjør du det
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Åpne { $app } og koble til bilen på nytt der.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Det samme gjelder:
# Stands in that list for a car whose name nobody knows.
unnamed-car = en annen av bilene dine
# Small print below the button, before the address in full.
link-leads-to = Knappen åpner { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar er tjenesten { $app } bruker for å koble seg til biler.
# Small print below the button; the address in full follows on the next line.
link-address = Du kan også lime inn denne adressen i nettleseren:
# Last line of the message; an e-mail address or a web page follows directly.
help = Står du fast, eller har du spørsmål? Ta kontakt med kundeservice hos { $app }:
# The same when the app has given no support address.
help-none = Står du fast, eller har du spørsmål? Du finner hjelp i { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Du får denne e-posten fordi du har koblet { car } til { $app }.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Vil du ikke lenger bruke { car } med { $app }?
# A link. At most 30 characters.
stop-action = Fjern bilen
