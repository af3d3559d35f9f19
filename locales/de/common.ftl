# This file is part of Dashlight. Licence: Apache-2.0.

### German. Register: Sie. Quotes „ “, dash – with spaces.
### “E-Mail”, “Auto” (not “Fahrzeug”), “Handy”. Calm, no exclamation marks, no blame.
### Inserted values can be any name: no genitive, no article or ending that depends on one.
### Compounds take a hyphen: “{ $make }-App”, “{ $make }-Konto”.
### No markup and no web addresses here: the templates add both.

## What people call their things. Other texts insert these by name: { car }, { account } …
## The name of a car can be “Tesla Model 3”, “Zoe”, “Emma” or “Familienkutsche”: its gender is
## not known, so it stands in brackets after “Ihr Auto”, which alone is inflected.
## Where that is too long (subjects, push titles) the bare name stands alone: “Tesla Model 3 neu verbinden”.
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# Nominative.
car =
    { $hasCar ->
        [yes] Ihr Auto ({ $car })
       *[no] Ihr Auto
    }
car-start =
    { $hasCar ->
        [yes] Ihr Auto ({ $car })
       *[no] Ihr Auto
    }
# Accusative.
car-object =
    { $hasCar ->
        [yes] Ihr Auto ({ $car })
       *[no] Ihr Auto
    }
car-dative =
    { $hasCar ->
        [yes] Ihrem Auto ({ $car })
       *[no] Ihrem Auto
    }
# Nominative.
account =
    { $hasMake ->
        [yes] Ihr { $make }-Konto
       *[no] Ihr Konto in der App Ihres Autoherstellers
    }
account-start =
    { $hasMake ->
        [yes] Ihr { $make }-Konto
       *[no] Ihr Konto in der App Ihres Autoherstellers
    }
# Accusative.
account-object =
    { $hasMake ->
        [yes] Ihr { $make }-Konto
       *[no] Ihr Konto in der App Ihres Autoherstellers
    }
account-dative =
    { $hasMake ->
        [yes] Ihrem { $make }-Konto
       *[no] Ihrem Konto in der App Ihres Autoherstellers
    }
# Nominative and accusative.
maker-app =
    { $hasMake ->
        [yes] die { $make }-App
       *[no] die App Ihres Autoherstellers
    }
maker-app-start =
    { $hasMake ->
        [yes] Die { $make }-App
       *[no] Die App Ihres Autoherstellers
    }
maker-app-dative =
    { $hasMake ->
        [yes] der { $make }-App
       *[no] der App Ihres Autoherstellers
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail. Ends in a comma: each .body must begin with a name or a noun.
greeting =
    { $hasName ->
        [yes] Guten Tag { $name },
       *[no] Guten Tag,
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = Das Auto selbst funktioniert wie gewohnt, und alles, was Sie in { $app } eingerichtet haben, bleibt erhalten.
# Heading above the numbered steps. At most 30 characters.
steps-title = So gehen Sie vor
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Öffnen Sie { $app } und verbinden Sie Ihr Auto dort neu.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Dasselbe gilt für:
# Stands in that list for a car whose name nobody knows.
unnamed-car = ein weiteres Ihrer Autos
# Small print below the button, before the address in full.
link-leads-to = Der Button führt zu { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar ist der Dienst, über den sich { $app } mit Autos verbindet.
# Small print below the button; the address in full follows on the next line.
link-address = Sie können auch diese Adresse in Ihren Browser kopieren:
# Last line of the message; an e-mail address or a web page follows directly.
help = Sie kommen nicht weiter oder haben eine Frage? Der Support von { $app } hilft Ihnen:
# The same when the app has given no support address.
help-none = Sie kommen nicht weiter oder haben eine Frage? Hilfe finden Sie in { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Sie erhalten diese E-Mail, weil Sie { car-object } mit { $app } verbunden haben.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Möchten Sie { car-object } nicht mehr mit { $app } nutzen?
# A link. At most 30 characters.
stop-action = Auto entfernen
