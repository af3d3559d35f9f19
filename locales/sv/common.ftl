# This file is part of Dashlight. Licence: Apache-2.0.

### Swedish. Register: du. Quotes ” ”, dash – with spaces.
### “Mejl”, “bil” (not “fordon”). Calm, no exclamation marks, no blame.
### Inserted values can be any name: never append -s to one. Suffixes after a hyphen are
### fine: “{ $make }-appen”, “{ $make }-konto”.
### No markup and no web addresses here: the templates add both.

## What people call their things. Other texts insert these by name: { car }, { account } …
## Swedish has one form for all cases; only -start differs, by its capital.
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
        [yes] ditt { $make }-konto
       *[no] ditt konto i biltillverkarens app
    }
account-start =
    { $hasMake ->
        [yes] Ditt { $make }-konto
       *[no] Ditt konto i biltillverkarens app
    }
account-object =
    { $hasMake ->
        [yes] ditt { $make }-konto
       *[no] ditt konto i biltillverkarens app
    }
account-dative =
    { $hasMake ->
        [yes] ditt { $make }-konto
       *[no] ditt konto i biltillverkarens app
    }
maker-app =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] biltillverkarens app
    }
maker-app-start =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] Biltillverkarens app
    }
maker-app-dative =
    { $hasMake ->
        [yes] { $make }-appen
       *[no] biltillverkarens app
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Hej { $name },
       *[no] Hej,
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = Själva bilen fungerar som vanligt, och allt du har ställt in i { $app } finns kvar.
# Heading above the numbered steps. At most 30 characters.
steps-title = Så här gör du
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Öppna { $app } och anslut bilen igen där.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Detsamma gäller:
# Stands in that list for a car whose name nobody knows.
unnamed-car = en annan av dina bilar
# Small print below the button, before the address in full.
link-leads-to = Knappen öppnar { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar är tjänsten som { $app } använder för att ansluta till bilar.
# Small print below the button; the address in full follows on the next line.
link-address = Du kan också kopiera den här adressen till webbläsaren:
# Last line of the message; an e-mail address or a web page follows directly.
help = Kör du fast eller har du frågor? Kontakta supporten hos { $app }:
# The same when the app has given no support address.
help-none = Kör du fast eller har du frågor? Du hittar hjälp i { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Du får det här mejlet för att du har anslutit { car } till { $app }.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Vill du inte längre använda { car } med { $app }?
# A link. At most 30 characters.
stop-action = Ta bort bilen
