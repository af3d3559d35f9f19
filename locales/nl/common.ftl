# This file is part of Dashlight. Licence: Apache-2.0.

### Dutch. Register: je. Quotes ‘ ’, apostrophe ’. “E-mail”, “auto” (not “voertuig”).
### The car maker is “automerk”, as people say. Calm, no exclamation marks, no blame.
### Inserted values can be any name: no article or ending that depends on one.
### Compounds take a hyphen: “{ $make }-app”, “{ $make }-account”.
### No markup and no web addresses here: the templates add both.

## What people call their things. Other texts insert these by name: { car }, { account } …
## Dutch has one form for all cases; only -start differs, by its capital.
## “je { $car }” fits any name, since “je” does not inflect (“je Tesla Model 3”, “je Emma”).
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

car =
    { $hasCar ->
        [yes] je { $car }
       *[no] je auto
    }
car-start =
    { $hasCar ->
        [yes] Je { $car }
       *[no] Je auto
    }
car-object =
    { $hasCar ->
        [yes] je { $car }
       *[no] je auto
    }
car-dative =
    { $hasCar ->
        [yes] je { $car }
       *[no] je auto
    }
account =
    { $hasMake ->
        [yes] je { $make }-account
       *[no] je account in de app van je automerk
    }
account-start =
    { $hasMake ->
        [yes] Je { $make }-account
       *[no] Je account in de app van je automerk
    }
account-object =
    { $hasMake ->
        [yes] je { $make }-account
       *[no] je account in de app van je automerk
    }
account-dative =
    { $hasMake ->
        [yes] je { $make }-account
       *[no] je account in de app van je automerk
    }
maker-app =
    { $hasMake ->
        [yes] de { $make }-app
       *[no] de app van je automerk
    }
maker-app-start =
    { $hasMake ->
        [yes] De { $make }-app
       *[no] De app van je automerk
    }
maker-app-dative =
    { $hasMake ->
        [yes] de { $make }-app
       *[no] de app van je automerk
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Hallo { $name },
       *[no] Hallo,
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = De auto zelf werkt zoals altijd, en alles wat je in { $app } hebt ingesteld, blijft bewaard.
# Heading above the numbered steps. At most 30 characters.
steps-title = Dit kun je doen
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Open { $app } en verbind je auto daar opnieuw.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Hetzelfde geldt voor:
# Stands in that list for a car whose name nobody knows.
unnamed-car = nog een van je auto’s
# Small print below the button, before the address in full.
link-leads-to = De knop brengt je naar { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar is de dienst waarmee { $app } verbinding maakt met auto’s.
# Small print below the button; the address in full follows on the next line.
link-address = Je kunt dit adres ook in je browser plakken:
# Last line of the message; an e-mail address or a web page follows directly.
help = Kom je er niet uit of heb je een vraag? Neem contact op met de klantenservice van { $app }:
# The same when the app has given no support address.
help-none = Kom je er niet uit of heb je een vraag? Hulp vind je in { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Je krijgt deze e-mail omdat je { $app } met { car } hebt verbonden.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Wil je { $app } niet meer gebruiken met { car }?
# A link. At most 30 characters.
stop-action = Auto verwijderen
