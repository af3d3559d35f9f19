# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app. Spanish of Spain.
###
### Register: “tú”. Typography: ¿ ?, « » without spaces (see common.ftl).
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
           *[no] El fabricante de tu coche te pide una confirmación
        }
    .preheader = Suele tratarse de aceptar unas condiciones nuevas. Normalmente bastan unos minutos.
    .title = Tienes una solicitud pendiente en { maker-app-dative }
    .body =
        { $hasMake ->
            [yes] { $app } no puede comunicarse con { car-object } en este momento. { $make } te pide que antes confirmes algo en tu cuenta: por ejemplo, unas nuevas condiciones de uso o el último paso de una activación.
           *[no] { $app } no puede comunicarse con { car-object } en este momento. El fabricante te pide que antes confirmes algo en tu cuenta: por ejemplo, unas nuevas condiciones de uso o el último paso de una activación.
        }
    .effect = Mientras tanto, { $app } no recibe datos del coche, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Abre la app o la web de { $make } e inicia sesión.
           *[no] Abre la app o la web del fabricante e inicia sesión.
        }
    .step-2 = Si te aparece alguna solicitud, como aceptar unas condiciones nuevas, complétala.
    .step-3 = Si no aparece nada, prueba a bloquear las puertas o a hacer parpadear las luces desde la app: así suele aparecer la solicitud.
    .time = Solo lleva unos minutos. Después, { $app } se conecta de nuevo automáticamente.
    .push-title = Tienes una solicitud pendiente
    .push-body = Complétala en { maker-app } para que { $app } vuelva a conectarse a { car-object }.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
# leaves-out: $app .todo
authentication-failed =
    .subject = Vuelve a conectar { car-object } a { $app }
    .preheader = Basta con iniciar sesión de nuevo. Lleva alrededor de un minuto y no pierdes nada.
    .title = Inicia sesión para volver a conectar { car-object }
    .body = { $app } ya no puede iniciar sesión en { account-dative }. Lo más habitual es que haya cambiado la contraseña.
    .effect = Hasta que se recupere la conexión, { $app } no recibe datos de { car-dative }, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .todo = Solo tienes que iniciar sesión de nuevo para recuperar la conexión.
    .action = Volver a conectar
    .time = Lleva alrededor de un minuto. Ten a mano el correo electrónico y la contraseña de { account-dative }.
    .push-title = Vuelve a conectar { car-object }
    .push-body = { $app } ya no puede conectarse a { car-dative }. Inicia sesión de nuevo: solo lleva un minuto.

# The account holds no car, or none whose online services are active. Steps first, then the button.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] No hay ningún coche en tu cuenta de { $make }
           *[no] No hay ningún coche en la app del fabricante
        }
    .preheader = Añade el tuyo o activa sus servicios conectados y, después, conéctalo a { $app }.
    .title = { $app } no encuentra ningún coche en tu cuenta
    .body = { $app } puede entrar en { account-dative }, pero no encuentra ningún coche en ella. Puede que el tuyo aún no se haya añadido a la cuenta o que sus servicios conectados no estén activos.
    .effect = Mientras tanto, { $app } no recibe datos del coche, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 = Abre { maker-app } y comprueba que has iniciado sesión con la cuenta que conectaste a { $app }.
    .step-2 = Si tu coche no aparece, añádelo. Si ya está, activa sus servicios conectados, que suelen llamarse «Connect».
    .step-3 = Vuelve a este correo y conecta el coche a { $app }.
    .action = Conectar mi coche
    .time = Normalmente bastan unos minutos. Con algunos fabricantes, la activación tarda más.
    .push-title = No hay ningún coche en tu cuenta
    .push-body = Para usar { $app }, añade tu coche en { maker-app-dative } o activa sus servicios conectados.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = La app ya no tiene acceso a { car-dative }
    .preheader = Si no era tu intención, puedes volver a darle acceso en un minuto. No pierdes nada.
    .title = { $app } ya no tiene acceso a { car-dative }
    .body = { $app } ya no puede conectarse a { car-dative } porque se ha desactivado el acceso en { account-dative }.
    .effect = Sin acceso, { $app } no recibe datos del coche, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .todo = Si no era tu intención, vuelve a conectar el coche y permite de nuevo el acceso.
    .action = Volver a conectar
    .time = Lleva alrededor de un minuto. Ten a mano el correo electrónico y la contraseña de { account-dative }.
    .otherwise = Si desactivaste el acceso a propósito, no tienes que hacer nada.
    .push-title = Conexión desactivada
    .push-body = { $app } ya no tiene acceso a { car-object }. ¿No era tu intención? Vuelve a darle acceso en un minuto.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Revisa la suscripción de { car-dative }
    .preheader =
        { $hasMake ->
            [yes] La gestiona el fabricante y puedes consultarla en { maker-app-dative }.
           *[no] La gestiona el fabricante y puedes consultarla en su app.
        }
    .title = { car-start } necesita una suscripción activa
    .body = { $app } no puede conectarse a { car-dative } en este momento. La suscripción a los servicios conectados del coche no está activa o no incluye lo que { $app } necesita. La gestiona el fabricante, no { $app }.
    .effect = Hasta que se solucione, { $app } no recibe datos del coche, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Abre la app o la web de { $make } y busca las suscripciones o los servicios conectados de { car-dative }.
           *[no] Abre la app o la web del fabricante y busca las suscripciones o los servicios conectados de { car-dative }.
        }
    .step-2 = Activa la suscripción, renuévala o pásate a una más completa. Puede tener un coste.
    .ask = ¿No sabes cuál necesita { $app }? Pregunta a su equipo de soporte antes de contratarla.
    .action = Contactar con soporte
    .time = Solo lleva unos minutos. Después, { $app } se conecta de nuevo automáticamente.
    .push-title = Revisa la suscripción de tu coche
    .push-body = { $app } no puede conectarse a { car-object }. Revisa la suscripción en { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } ya no está en tu cuenta
    .preheader = Compruébalo en { maker-app }: volver a añadir el coche lleva unos minutos.
    .title = { car-start } ya no aparece en tu cuenta
    .body = { $app } ya no encuentra { car-object } en { account-dative }. Lo más habitual es que el coche se haya eliminado de la cuenta o que sus servicios conectados hayan caducado.
    .effect = Hasta que el coche vuelva a estar en tu cuenta, { $app } no recibe sus datos, y las funciones que dependen de ellos quedan en pausa. { nothing-lost }
    .step-1 = Abre { maker-app } y comprueba que has iniciado sesión con la cuenta que conectaste a { $app }.
    .step-2 = Si tu coche no aparece, vuelve a añadirlo.
    .step-3 = Si aparece, comprueba que sus servicios conectados estén activos y, si no lo están, renuévalos.
    .time = Solo lleva unos minutos. Después, { $app } se conecta de nuevo automáticamente.
    .otherwise = Si has vendido el coche o ya no lo usas con { $app }, no tienes que hacer nada.
    .otherwise-stop = ¿Has vendido el coche o ya no lo usas con { $app }?
    .push-title = El coche ya no está en tu cuenta
    .push-body = { $app } ya no encuentra { car-object }. Abre { maker-app } y vuelve a añadir el coche.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app.
# leaves-out: $app .title
virtual-key-required =
    .subject = Añade una llave virtual a { car-dative }
    .preheader = Tesla la pide una sola vez. Solo necesitas un minuto y el móvil con la app de Tesla.
    .title = Falta una llave virtual para { car-dative }
    .body = { $app } necesita una llave virtual para poder controlar { car-object }. Tesla la pide a todas las apps que no son suyas. Puedes eliminarla en cualquier momento.
    .effect = Hasta que la añadas, { $app } no puede controlar el coche. { nothing-lost }
    .step-1 = Usa el móvil en el que tienes la app de Tesla, con la sesión iniciada en la cuenta que conectaste a { $app }.
    .step-2 = Si tienes varios coches en la app de Tesla, selecciona antes el que corresponda.
    .step-3 = Abre en ese móvil el enlace de este correo.
    .step-4 = Se abrirá la app de Tesla. Confirma que quieres añadir la llave.
    .action = Añadir llave virtual
    .time = Lleva alrededor de un minuto y con este coche solo hay que hacerlo una vez.
    .qr-caption = ¿Lees este correo en un ordenador? Escanea el código con el móvil en el que tienes la app de Tesla.
    .qr-alt = Código QR que abre la página para añadir la llave virtual
    .push-title = Añade la llave virtual de Tesla
    .push-body = { $app } la necesita para controlar { car-object }. Abre el enlace en el móvil con la app de Tesla.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
any =
    .subject = Problema de conexión con { car-dative }
    .preheader = Suele bastar con echar un vistazo a { maker-app-dative }. Te explicamos cómo.
    .title = Revisa la conexión de { car-dative } con { $app }
    .body = { $app } tiene problemas para conectarse a { car-dative }. Hay algo pendiente en { account-dative }.
    .effect = Hasta que se solucione, puede que algunas funciones de { $app } no estén disponibles para este coche. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Abre la app o la web de { $make } e inicia sesión.
           *[no] Abre la app o la web del fabricante e inicia sesión.
        }
    .step-2 = Mira si tienes algún mensaje y sigue sus indicaciones.
    .ask = ¿No hay ningún mensaje o sigue sin haber conexión? Contacta con el equipo de soporte de { $app }.
    .action = Contactar con soporte
    .time = Normalmente bastan unos minutos.
    .push-title = Problema de conexión con tu coche
    .push-body = { $app } tiene problemas para conectarse a { car-dative }. Mira los mensajes en { maker-app }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = Ya hay conexión de nuevo con { car-dative }
    .preheader = No tienes que hacer nada más, y no se ha perdido nada de lo que configuraste.
    .title = { $app } vuelve a tener conexión con { car-dative }
    .body = Hace poco te escribimos por un problema de conexión. Ya está resuelto, y { $app } puede conectarse de nuevo a { car-dative }.
    .effect = No tienes que hacer nada más. Lo que estaba en pausa vuelve a funcionar, y todo lo que tienes configurado en { $app } sigue ahí.
    .push-title = Tu coche vuelve a tener conexión
    .push-body = { $app } vuelve a tener conexión con { car-dative }. No tienes que hacer nada más.
