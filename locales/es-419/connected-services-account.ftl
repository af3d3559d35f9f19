# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app. Latin American Spanish.
###
### Register: “tú” (no voseo). Typography: ¿ ?, “ ”. Vocabulary and simple past: see common.ftl.
### The maker's online services are “servicios conectados”; to reconnect is “volver a conectar”.
### Lengths with names inserted: .subject 50, .preheader 40 to 90, .title 60, .action 2 to 4 words,
### .push-title 40, .push-body 110.

## $app (String) - the product the owner knows, e.g. “Ampwise”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# The car maker wants the owner to accept new terms or to finish activating the account. No button.
# leaves-out: $make .push-title
account-issue =
    .subject =
        { $hasMake ->
            [yes] { $make } te pide una confirmación
           *[no] El fabricante de tu auto te pide una confirmación
        }
    .preheader = Por lo general, se trata de aceptar nuevos términos. Suele tomar unos minutos.
    .title = Tienes una solicitud pendiente en { maker-app-dative }
    .body =
        { $hasMake ->
            [yes] { $app } no puede comunicarse con { car-object } en este momento. { $make } te pide que antes confirmes algo en tu cuenta: por ejemplo, los nuevos términos de uso o el último paso de una activación.
           *[no] { $app } no puede comunicarse con { car-object } en este momento. El fabricante te pide que antes confirmes algo en tu cuenta: por ejemplo, los nuevos términos de uso o el último paso de una activación.
        }
    .effect = Mientras tanto, { $app } no recibe datos del auto, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Abre la app o el sitio web de { $make } e inicia sesión.
           *[no] Abre la app o el sitio web del fabricante e inicia sesión.
        }
    .step-2 = Si te aparece alguna solicitud, como aceptar nuevos términos, complétala.
    .step-3 = Si no aparece nada, intenta bloquear las puertas o hacer parpadear las luces desde la app: así suele aparecer la solicitud.
    .time = Solo toma unos minutos. Después, { $app } se vuelve a conectar automáticamente.
    .push-title = Tienes una solicitud pendiente
    .push-body = Complétala en { maker-app } para que { $app } se vuelva a conectar a { car-object }.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
# leaves-out: $app .todo
authentication-failed =
    .subject = Vuelve a conectar { car-object } a { $app }
    .preheader = Solo tienes que iniciar sesión de nuevo. Toma cerca de un minuto y no pierdes nada.
    .title = Inicia sesión para volver a conectar { car-object }
    .body = { $app } ya no puede iniciar sesión en { account-dative }. Lo más común es que haya cambiado la contraseña.
    .effect = Hasta que se recupere la conexión, { $app } no recibe datos de { car-dative }, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .todo = Inicia sesión de nuevo para recuperar la conexión.
    .action = Volver a conectar
    .time = Toma cerca de un minuto. Ten a la mano el correo electrónico y la contraseña de { account-dative }.
    .push-title = Vuelve a conectar { car-object }
    .push-body = { $app } ya no puede conectarse a { car-dative }. Inicia sesión de nuevo: solo toma un minuto.

# The account holds no car, or none whose online services are active. Steps first, then the button.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] No hay ningún auto en tu cuenta de { $make }
           *[no] No hay ningún auto en la app del fabricante
        }
    .preheader = Agrega el tuyo o activa sus servicios conectados y, después, conéctalo a { $app }.
    .title = { $app } no encuentra ningún auto en tu cuenta
    .body = { $app } puede iniciar sesión en { account-dative }, pero no encuentra ningún auto en ella. Es posible que el tuyo aún no se haya agregado a la cuenta o que sus servicios conectados no estén activos.
    .effect = Mientras tanto, { $app } no recibe datos del auto, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 = Abre { maker-app } y verifica que iniciaste sesión con la cuenta que conectaste a { $app }.
    .step-2 = Si tu auto no aparece, agrégalo. Si ya está, activa sus servicios conectados, que suelen llamarse “Connect”.
    .step-3 = Regresa a este correo electrónico y conecta el auto a { $app }.
    .action = Conectar mi auto
    .time = Por lo general, bastan unos minutos. Con algunos fabricantes, la activación tarda más.
    .push-title = No hay ningún auto en tu cuenta
    .push-body = Para usar { $app }, agrega tu auto en { maker-app-dative } o activa sus servicios conectados.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = La app ya no tiene acceso a { car-dative }
    .preheader = Si no fue a propósito, puedes volver a darle acceso en un minuto. No pierdes nada.
    .title = { $app } ya no tiene acceso a { car-dative }
    .body = { $app } ya no puede conectarse a { car-dative } porque se desactivó el acceso en { account-dative }.
    .effect = Sin acceso, { $app } no recibe datos del auto, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .todo = Si no fue a propósito, vuelve a conectar el auto y permite el acceso de nuevo.
    .action = Volver a conectar
    .time = Toma cerca de un minuto. Ten a la mano el correo electrónico y la contraseña de { account-dative }.
    .otherwise = Si desactivaste el acceso a propósito, no tienes que hacer nada.
    .push-title = Conexión desactivada
    .push-body = { $app } ya no tiene acceso a { car-object }. ¿No fue a propósito? Vuelve a darle acceso en un minuto.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Revisa la suscripción de { car-dative }
    .preheader =
        { $hasMake ->
            [yes] La administra el fabricante y puedes consultarla en { maker-app-dative }.
           *[no] La administra el fabricante y puedes consultarla en su app.
        }
    .title = { car-start } necesita una suscripción activa
    .body = { $app } no puede conectarse a { car-dative } en este momento. La suscripción a los servicios conectados del auto no está activa o no incluye lo que { $app } necesita. La administra el fabricante, no { $app }.
    .effect = Hasta que se resuelva, { $app } no recibe datos del auto, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Abre la app o el sitio web de { $make } y busca las suscripciones o los servicios conectados de { car-dative }.
           *[no] Abre la app o el sitio web del fabricante y busca las suscripciones o los servicios conectados de { car-dative }.
        }
    .step-2 = Activa la suscripción, renuévala o cámbiala por una más completa. Puede tener un costo.
    .ask = ¿No sabes cuál necesita { $app }? Pregúntale a su equipo de soporte antes de contratarla.
    .action = Contactar a soporte
    .time = Solo toma unos minutos. Después, { $app } se vuelve a conectar automáticamente.
    .push-title = Revisa la suscripción de tu auto
    .push-body = { $app } no puede conectarse a { car-object }. Revisa la suscripción en { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } ya no está en tu cuenta
    .preheader = Revisa { maker-app }: volver a agregar el auto toma unos minutos.
    .title = { car-start } ya no aparece en tu cuenta
    .body = { $app } ya no encuentra { car-object } en { account-dative }. Lo más común es que el auto se haya eliminado de la cuenta o que sus servicios conectados hayan vencido.
    .effect = Hasta que el auto vuelva a estar en tu cuenta, { $app } no recibe sus datos, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 = Abre { maker-app } y verifica que iniciaste sesión con la cuenta que conectaste a { $app }.
    .step-2 = Si tu auto no aparece, vuelve a agregarlo.
    .step-3 = Si aparece, verifica que sus servicios conectados estén activos y, si no lo están, renuévalos.
    .time = Solo toma unos minutos. Después, { $app } se vuelve a conectar automáticamente.
    .otherwise = Si vendiste el auto o ya no lo usas con { $app }, no tienes que hacer nada.
    .otherwise-stop = ¿Vendiste el auto o ya no lo usas con { $app }?
    .push-title = El auto ya no está en tu cuenta
    .push-body = { $app } ya no encuentra { car-object }. Abre { maker-app } y vuelve a agregar el auto.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app.
# leaves-out: $app .title
virtual-key-required =
    .subject = Agrega una llave virtual a { car-dative }
    .preheader = Tesla la pide una sola vez. Necesitas un minuto y el celular con la app de Tesla.
    .title = Falta una llave virtual para { car-dative }
    .body = { $app } necesita una llave virtual para poder controlar { car-object }. Tesla la pide a todas las apps que no son suyas. Puedes eliminarla en cualquier momento.
    .effect = Hasta que la agregues, { $app } no puede controlar el auto. { nothing-lost }
    .step-1 = Usa el celular en el que tienes la app de Tesla, con la sesión iniciada en la cuenta que conectaste a { $app }.
    .step-2 = Si tienes varios autos en la app de Tesla, primero selecciona el correcto.
    .step-3 = Abre en ese celular el enlace de este correo electrónico.
    .step-4 = Se abrirá la app de Tesla. Confirma que quieres agregar la llave.
    .action = Agregar llave virtual
    .time = Toma cerca de un minuto y solo se hace una vez para este auto.
    .qr-caption = ¿Lees esto en una computadora? Escanea el código con el celular en el que tienes la app de Tesla.
    .qr-alt = Código QR que abre la página para agregar la llave virtual
    .push-title = Agrega la llave virtual de Tesla
    .push-body = { $app } la necesita para controlar { car-object }. Abre el enlace en el celular con la app de Tesla.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
any =
    .subject = Problema de conexión con { car-dative }
    .preheader = Muchas veces basta con revisar { maker-app-dative }. Te explicamos cómo.
    .title = Revisa la conexión de { car-dative } con { $app }
    .body = { $app } tiene problemas para conectarse a { car-dative }. Hay algo pendiente en { account-dative }.
    .effect = Hasta que se resuelva, es posible que algunas funciones de { $app } no estén disponibles para este auto. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Abre la app o el sitio web de { $make } e inicia sesión.
           *[no] Abre la app o el sitio web del fabricante e inicia sesión.
        }
    .step-2 = Revisa si tienes algún mensaje y sigue sus indicaciones.
    .ask = ¿No hay ningún mensaje o sigue sin haber conexión? Comunícate con el equipo de soporte de { $app }.
    .action = Contactar a soporte
    .time = Por lo general, bastan unos minutos.
    .push-title = Problema de conexión con tu auto
    .push-body = { $app } tiene problemas para conectarse a { car-dative }. Lee los mensajes en { maker-app }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = Ya hay conexión de nuevo con { car-dative }
    .preheader = No tienes que hacer nada más, y no se perdió nada de lo que configuraste.
    .title = { $app } vuelve a tener conexión con { car-dative }
    .body = Hace poco te escribimos por un problema de conexión. Ya se resolvió, y { $app } puede conectarse de nuevo a { car-dative }.
    .effect = No tienes que hacer nada más. Lo que estaba en pausa vuelve a funcionar, y todo lo que configuraste en { $app } sigue ahí.
    .push-title = Tu auto vuelve a tener conexión
    .push-body = { $app } vuelve a tener conexión con { car-dative }. No tienes que hacer nada más.
