# This file is part of Dashlight. Licence: Apache-2.0.

### Words that every message shares. Spanish of Spain.
###
### Register: “tú”, calm and plain; “coche” (never “vehículo”), “correo”, “móvil”, “ordenador”, “añadir”,
### “fabricante”; “has conectado” rather than “conectaste” where the past is near.
### Typography: ¿ ? at both ends, « » without spaces; a greeting has a comma before the name and ends in a colon.
### No exclamation marks.

## What people call their things. All begin with “tu” or “la” in both branches, so they may follow
## “a”, “de”, “en”, “con” and “para” unchanged, and nothing agrees with $car.
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

car =
    { $hasCar ->
        [yes] tu { $car }
       *[no] tu coche
    }
car-start =
    { $hasCar ->
        [yes] Tu { $car }
       *[no] Tu coche
    }
car-object =
    { $hasCar ->
        [yes] tu { $car }
       *[no] tu coche
    }
car-dative =
    { $hasCar ->
        [yes] tu { $car }
       *[no] tu coche
    }
account =
    { $hasMake ->
        [yes] tu cuenta de { $make }
       *[no] la cuenta que usas en la app del fabricante
    }
account-start =
    { $hasMake ->
        [yes] Tu cuenta de { $make }
       *[no] La cuenta que usas en la app del fabricante
    }
account-object =
    { $hasMake ->
        [yes] tu cuenta de { $make }
       *[no] la cuenta que usas en la app del fabricante
    }
account-dative =
    { $hasMake ->
        [yes] tu cuenta de { $make }
       *[no] la cuenta que usas en la app del fabricante
    }
maker-app =
    { $hasMake ->
        [yes] la app de { $make }
       *[no] la app del fabricante
    }
maker-app-start =
    { $hasMake ->
        [yes] La app de { $make }
       *[no] La app del fabricante
    }
maker-app-dative =
    { $hasMake ->
        [yes] la app de { $make }
       *[no] la app del fabricante
    }

## The e-mail around a notice, in the order in which it shows.
## $app (String) - the product the owner knows, e.g. “Ampwise”
## $name (String) - the owner's first or full name
## $hasName (String) - “yes” when the name is known, else “no”
## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”

# First line of the e-mail.
greeting =
    { $hasName ->
        [yes] Hola, { $name }:
       *[no] Hola:
    }
# Ends the paragraph about what stops working, in every notice.
nothing-lost = Por lo demás, el coche funciona como siempre y no pierdes nada de lo que tienes configurado en { $app }.
# Heading above the numbered steps. At most 30 characters.
steps-title = Sigue estos pasos
# In place of a button, where the car can only be reconnected inside the app (some makers allow nothing else).
reconnect-in-app = Abre { $app } y vuelve a conectar tu coche desde ahí.
# Before the names of the owner’s other cars with the same trouble, in an e-mail one to a line, in a push one after the other.
others = Lo mismo ocurre con:
# Stands in that list for a car whose name nobody knows.
unnamed-car = otro de tus coches
# Small print below the button, before the address in full.
link-leads-to = El botón te lleva a { $host }.
# Follows the line above when the button opens a page of Smartcar, a name owners do not know.
link-smartcar = Smartcar es el servicio que usa { $app } para conectarse a los coches.
# Small print below the button; the address in full follows on the next line.
link-address = También puedes copiar esta dirección en el navegador:
# Last line of the message; an e-mail address or a web page follows directly.
help = ¿Tienes alguna duda o algún problema? Contacta con el equipo de soporte de { $app }:
# The same when the app has given no support address.
help-none = ¿Tienes alguna duda o algún problema? Encontrarás ayuda en { $app }.

## The footer.
## $app (String) - the product the owner knows, e.g. “Ampwise”

# Why the owner gets this e-mail.
reason = Recibes este correo porque has conectado { car } a { $app }.
# Only for apps that offer it; the link “stop-action” follows directly.
stop = ¿Ya no quieres usar { car } con { $app }?
# A link. At most 30 characters.
stop-action = Desconectar este coche
