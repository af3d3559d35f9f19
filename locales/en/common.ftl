# This file is part of Dashlight. Licence: Apache-2.0.

### Words that every message shares.
###
### The reader is a car owner on a phone, between two other things, who did nothing wrong.
### Plain, calm, active; no exclamation marks, no blame, “car” and not “vehicle”.
### No markup and no web addresses here: the templates add both.
### Inserted values can be any name, so no sentence may need an article, a gender
### or an ending that depends on one.

## What people call their things. Other texts insert these by name: { car }, { account } …
## English has one form for all cases. A language that inflects gives each form its own
## wording (-start: first words of a sentence; -object: “we cannot reach …”;
## -dative: after “with”, “of”, “in”).
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

car =
    { $hasCar ->
        [yes] your { $car }
       *[no] your car
    }
car-start =
    { $hasCar ->
        [yes] Your { $car }
       *[no] Your car
    }
car-object =
    { $hasCar ->
        [yes] your { $car }
       *[no] your car
    }
car-dative =
    { $hasCar ->
        [yes] your { $car }
       *[no] your car
    }
account =
    { $hasMake ->
        [yes] your { $make } account
       *[no] the account you use in your car maker’s app
    }
account-start =
    { $hasMake ->
        [yes] Your { $make } account
       *[no] The account you use in your car maker’s app
    }
account-object =
    { $hasMake ->
        [yes] your { $make } account
       *[no] the account you use in your car maker’s app
    }
account-dative =
    { $hasMake ->
        [yes] your { $make } account
       *[no] the account you use in your car maker’s app
    }
maker-app =
    { $hasMake ->
        [yes] the { $make } app
       *[no] your car maker’s app
    }
maker-app-start =
    { $hasMake ->
        [yes] The { $make } app
       *[no] Your car maker’s app
    }
maker-app-dative =
    { $hasMake ->
        [yes] the { $make } app
       *[no] your car maker’s app
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Hello { $name },
       *[no] Hello,
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = The car itself works as usual, and nothing you have set up in { $app } is lost.
# Heading above the numbered steps. At most 30 characters.
steps-title = What to do
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Open { $app } and reconnect your car there.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = The same goes for:
# Stands in that list for a car whose name nobody knows.
unnamed-car = another of your cars
# Small print below the button, before the address in full.
link-leads-to = The button leads to { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar is the service { $app } uses to connect to cars.
# Small print below the button; the address in full follows on the next line.
link-address = You can also copy this address into your browser:
# Last line of the message; an e-mail address or a web page follows directly.
help = If you get stuck or have a question, ask { $app } support:
# The same when the app has given no support address.
help-none = If you get stuck or have a question, look for help in { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = You get this email because you connected { car } to { $app }.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = Do you no longer want to use { car } with { $app }?
# A link. At most 30 characters.
stop-action = Stop using this car
