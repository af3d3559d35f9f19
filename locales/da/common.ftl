# This file is part of Dashlight. Licence: Apache-2.0.

### Danish. Register: du. Quotes ” ”, dash – with spaces, comma before clauses (startkomma).
### “Mail”, not “e-mail”. “Bil”, not “køretøj”. Calm, no exclamation marks, no blame.
### Inserted values can be any name: never append -s to one. Suffixes after a hyphen are
### fine: “{ $make }-appen”, “{ $make }-konto”.
### No markup and no web addresses here: the templates add both.

## What people call their things. Other texts insert these by name: { car }, { account } …
## Danish has one form for all cases; only -start differs, by its capital.
## “din { $car }”: “bil” is common gender, so are car names (“din Tesla Model 3”, “din Emma”).
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

car =
    { $hasCar ->
        [yes] din { $car }
       *[no] din bil
    }
car-start =
    { $hasCar ->
        [yes] Din { $car }
       *[no] Din bil
    }
car-object =
    { $hasCar ->
        [yes] din { $car }
       *[no] din bil
    }
car-dative =
    { $hasCar ->
        [yes] din { $car }
       *[no] din bil
    }
account =
    { $hasMake ->
        [yes] din { $make }-konto
       *[no] din konto i bilproducentens app
    }
account-start =
    { $hasMake ->
        [yes] Din { $make }-konto
       *[no] Din konto i bilproducentens app
    }
account-object =
    { $hasMake ->
        [yes] din { $make }-konto
       *[no] din konto i bilproducentens app
    }
account-dative =
    { $hasMake ->
        [yes] din { $make }-konto
       *[no] din konto i bilproducentens app
    }
maker-app =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] bilproducentens app
    }
maker-app-start =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] Bilproducentens app
    }
maker-app-dative =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] bilproducentens app
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Hej { $name }
       *[no] Hej
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = Selve bilen virker, som den plejer, og intet af det, du har sat op i { $app }, går tabt.
# Heading above the numbered steps. At most 30 characters.
steps-title = Sådan gør du
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Åbn { $app }, og genopret forbindelsen til bilen dér.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Det samme gælder:
# Stands in that list for a car whose name nobody knows.
unnamed-car = endnu en af dine biler
# Small print below the button, before the address in full.
link-leads-to = Knappen åbner { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar er den tjeneste, { $app } bruger til at oprette forbindelse til biler.
# Small print below the button; the address in full follows on the next line.
link-address = Du kan også kopiere denne adresse ind i din browser:
# Last line of the message; an e-mail address or a web page follows directly.
help = Kører du fast, eller har du spørgsmål? Kontakt supporten hos { $app }:
# The same when the app has given no support address.
help-none = Kører du fast, eller har du spørgsmål? Du finder hjælp i { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Du får denne mail, fordi du har forbundet { car } med { $app }.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Vil du ikke længere bruge { car } med { $app }?
# A link. At most 30 characters.
stop-action = Fjern bilen
