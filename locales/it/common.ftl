# This file is part of Dashlight. Licence: Apache-2.0.

### Words that every message shares. Italian.
###
### Register: “tu”, calm and plain; “auto” (never “veicolo”), feminine throughout, also with a name:
### “la tua Fulmine”. “e-mail” is feminine. Typography: ’ as apostrophe, « » without spaces,
### è and é, È as a real letter. No exclamation marks.

## What people call their things.
## -dative has no article: it stands after an articulated preposition that the text writes itself,
## such as “alla { car-dative }”, “della { car-dative }”, “per la { car-dative }”, “nel { account-dative }”
## or “nell’{ maker-app-dative }”. Both branches must begin alike, so that all of these fit.
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

car =
    { $hasCar ->
        [yes] la tua { $car }
       *[no] la tua auto
    }
car-start =
    { $hasCar ->
        [yes] La tua { $car }
       *[no] La tua auto
    }
car-object =
    { $hasCar ->
        [yes] la tua { $car }
       *[no] la tua auto
    }
car-dative =
    { $hasCar ->
        [yes] tua { $car }
       *[no] tua auto
    }
account =
    { $hasMake ->
        [yes] il tuo account { $make }
       *[no] il tuo account della casa automobilistica
    }
account-start =
    { $hasMake ->
        [yes] Il tuo account { $make }
       *[no] Il tuo account della casa automobilistica
    }
account-object =
    { $hasMake ->
        [yes] il tuo account { $make }
       *[no] il tuo account della casa automobilistica
    }
account-dative =
    { $hasMake ->
        [yes] tuo account { $make }
       *[no] tuo account della casa automobilistica
    }
maker-app =
    { $hasMake ->
        [yes] l’app { $make }
       *[no] l’app della casa automobilistica
    }
maker-app-start =
    { $hasMake ->
        [yes] L’app { $make }
       *[no] L’app della casa automobilistica
    }
maker-app-dative =
    { $hasMake ->
        [yes] app { $make }
       *[no] app della casa automobilistica
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Ciao { $name },
       *[no] Ciao,
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = Per il resto, l’auto funziona come sempre e non perdi nulla di ciò che hai impostato in { $app }.
# Heading above the numbered steps. At most 30 characters.
steps-title = Che cosa fare
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Apri { $app } e ricollega lì la tua auto.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Lo stesso vale per:
# Stands in that list for a car whose name nobody knows.
unnamed-car = un’altra delle tue auto
# Small print below the button, before the address in full.
link-leads-to = Il pulsante apre il sito { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar è il servizio che { $app } usa per collegarsi alle auto.
# Small print below the button; the address in full follows on the next line.
link-address = Puoi anche copiare questo indirizzo nel browser:
# Last line of the message; an e-mail address or a web page follows directly.
help = Hai dubbi o ti serve aiuto? Contatta l’assistenza di { $app }:
# The same when the app has given no support address.
help-none = Hai dubbi o ti serve aiuto? Trovi assistenza in { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Ricevi questa e-mail perché hai collegato { car } a { $app }.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Non vuoi più usare { car } con { $app }?
# A link. At most 30 characters.
stop-action = Scollega quest’auto
