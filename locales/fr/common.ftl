# This file is part of Dashlight. Licence: Apache-2.0.

### Words that every message shares. French of France.
###
### Register: “vous”, calm and plain; “voiture” (never “véhicule”), “e-mail”, “constructeur”.
### Typography: ’ as apostrophe; « » with narrow no-break spaces (U+202F) inside, and one
### before : ; ? and !, written as real characters. No exclamation marks.
### No “de”, “que”, “lorsque” or “jusque” directly before { $app }: before a vowel they would be elided.

## What people call their things. All begin with “votre” or “l’application” in both branches,
## so they may follow “à”, “de”, “dans”, “sur”, “avec” and “pour” unchanged, and nothing agrees with $car.
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

car =
    { $hasCar ->
        [yes] votre { $car }
       *[no] votre voiture
    }
car-start =
    { $hasCar ->
        [yes] Votre { $car }
       *[no] Votre voiture
    }
car-object =
    { $hasCar ->
        [yes] votre { $car }
       *[no] votre voiture
    }
car-dative =
    { $hasCar ->
        [yes] votre { $car }
       *[no] votre voiture
    }
account =
    { $hasMake ->
        [yes] votre compte { $make }
       *[no] votre compte constructeur
    }
account-start =
    { $hasMake ->
        [yes] Votre compte { $make }
       *[no] Votre compte constructeur
    }
account-object =
    { $hasMake ->
        [yes] votre compte { $make }
       *[no] votre compte constructeur
    }
account-dative =
    { $hasMake ->
        [yes] votre compte { $make }
       *[no] votre compte constructeur
    }
maker-app =
    { $hasMake ->
        [yes] l’application { $make }
       *[no] l’application du constructeur
    }
maker-app-start =
    { $hasMake ->
        [yes] L’application { $make }
       *[no] L’application du constructeur
    }
maker-app-dative =
    { $hasMake ->
        [yes] l’application { $make }
       *[no] l’application du constructeur
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Bonjour { $name },
       *[no] Bonjour,
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = Rien ne change pour la voiture elle-même, et tous vos réglages dans { $app } sont conservés.
# Heading above the numbered steps. At most 30 characters.
steps-title = Marche à suivre
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Ouvrez { $app } et reconnectez-y votre voiture.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Il en va de même pour :
# Stands in that list for a car whose name nobody knows.
unnamed-car = une autre de vos voitures
# Small print below the button, before the address in full.
link-leads-to = Ce bouton ouvre le site { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar est le service utilisé par { $app } pour se connecter aux voitures.
# Small print below the button; the address in full follows on the next line.
link-address = Vous pouvez aussi copier cette adresse dans votre navigateur :
# Last line of the message; an e-mail address or a web page follows directly.
help = Une question, une difficulté ? Contactez l’assistance { $app } :
# The same when the app has given no support address.
help-none = Une question, une difficulté ? Vous trouverez de l’aide dans { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Vous recevez cet e-mail parce que vous avez connecté { car } à { $app }.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Vous ne souhaitez plus utiliser { car } avec { $app } ?
# A link. At most 30 characters.
stop-action = Retirer cette voiture
