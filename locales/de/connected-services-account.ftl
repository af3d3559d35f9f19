# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app.
###
### German. Register: Sie. Quotes „ “, dash – with spaces.
### Places and lengths: see the head of the English file.
### { car }, { account }, { maker-app } and their other forms are in common.ftl.
### Where “Ihr Auto (…)” is too long (subjects, push titles), the bare name of the car stands alone.
### .body follows the greeting and its comma: begin it with { $app } or a noun.

## $app (String) - the product the owner knows, e.g. “Ampwise”
## $car (String) - the car's name, e.g. “Tesla Model 3”, or what its owner calls it
## $hasCar (String) - “yes” when the car's name is known, else “no”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# The car maker wants the owner to accept new terms or to finish activating the account.
# Nothing to click in the e-mail: all happens in the car maker's app.
account-issue =
    .subject = Bestätigung in { maker-app-dative } nötig
    .preheader = Oft geht es nur um neue Nutzungsbedingungen. Meist reichen ein paar Minuten.
    .title = In { maker-app-dative } ist eine Bestätigung offen
    .body = { $app } kann { car-object } zurzeit nicht erreichen. In { account-dative } müssen Sie zuerst etwas bestätigen, zum Beispiel neue Nutzungsbedingungen oder den letzten Schritt einer Aktivierung.
    .effect = Bis dahin erhält { $app } keine Daten vom Auto und pausiert die Funktionen dafür. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Öffnen Sie die { $make }-App oder die Website von { $make } und melden Sie sich an.
           *[no] Öffnen Sie die App oder die Website Ihres Autoherstellers und melden Sie sich an.
        }
    .step-2 = Wenn Sie dort um etwas gebeten werden, zum Beispiel um die Zustimmung zu neuen Nutzungsbedingungen, folgen Sie den Hinweisen.
    .step-3 = Falls nichts erscheint, versuchen Sie, über die App die Türen zu verriegeln oder die Lichter blinken zu lassen. Meist wird die Anfrage dann angezeigt.
    .time = Das dauert ein paar Minuten. Danach verbindet sich { $app } von selbst wieder.
    .push-title =
        { $hasMake ->
            [yes] { $make }-App: Bestätigung nötig
           *[no] Bestätigung beim Autohersteller nötig
        }
    .push-body = { $app } erreicht { car-object } nicht. Sehen Sie bitte in { maker-app-dative } nach.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
# leaves-out: $car .title
authentication-failed =
    .subject =
        { $hasCar ->
            [yes] { $car } neu mit { $app } verbinden
           *[no] Auto neu mit { $app } verbinden
        }
    .preheader = Eine neue Anmeldung genügt. Das dauert etwa eine Minute, und nichts geht verloren.
    .title = Melden Sie sich an, um Ihr Auto neu zu verbinden
    .body = { $app } kann sich nicht mehr bei { account-dative } anmelden. Meist liegt das an einem geänderten Passwort.
    .effect = Bis Sie sich neu angemeldet haben, erhält { $app } keine Daten von { car-dative } und pausiert die Funktionen dafür. { nothing-lost }
    .todo = Melden Sie sich noch einmal an, dann ist { $app } wieder verbunden.
    .action = Auto neu verbinden
    .time = Das dauert etwa eine Minute. Halten Sie E-Mail-Adresse und Passwort für { account-object } bereit.
    .push-title =
        { $hasCar ->
            [yes] { $car } neu verbinden
           *[no] Auto neu verbinden
        }
    .push-body = { $app } erreicht { car-object } nicht mehr. Bitte neu anmelden, das dauert etwa eine Minute.

# The account holds no car, or none whose online services are active. Steps first, then the button.
# „Connect“ in step 2 is how many makers name such services.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] Kein Auto in Ihrem { $make }-Konto gefunden
           *[no] Kein Auto in der App Ihres Autoherstellers
        }
    .preheader = Auto dort hinzufügen oder Onlinedienste aktivieren, dann mit { $app } verbinden.
    .title = { $app } findet kein Auto in Ihrem Konto
    .body = { $app } kann sich bei { account-dative } anmelden, findet dort aber kein Auto. Entweder wurde das Auto noch nicht zum Konto hinzugefügt, oder seine Onlinedienste sind nicht aktiv.
    .effect = Bis das behoben ist, erhält { $app } keine Daten vom Auto und pausiert die Funktionen dafür. { nothing-lost }
    .step-1 = Öffnen Sie { maker-app } und prüfen Sie, ob Sie mit dem Konto angemeldet sind, das Sie mit { $app } verbunden haben.
    .step-2 = Fügen Sie Ihr Auto hinzu, falls es fehlt. Ist es schon da, aktivieren Sie seine Onlinedienste, die oft „Connect“ oder ähnlich heißen.
    .step-3 = Öffnen Sie dann wieder diese E-Mail und verbinden Sie Ihr Auto mit { $app }.
    .action = Auto verbinden
    .time = Meist reichen ein paar Minuten. Bei manchen Autoherstellern dauert die Aktivierung länger.
    .push-title = Kein Auto in Ihrem Konto gefunden
    .push-body = { $app } findet kein Auto in { maker-app-dative }. Auto hinzufügen oder Onlinedienste aktivieren.

# The app's access was turned off at the car maker, perhaps on purpose.
# leaves-out: $car .title
permission =
    .subject =
        { $hasCar ->
            [yes] Kein App-Zugriff mehr auf { $car }
           *[no] Kein App-Zugriff mehr auf Ihr Auto
        }
    .preheader = Nicht beabsichtigt? Neu verbinden dauert etwa eine Minute, und nichts geht verloren.
    .title = { $app } hat keinen Zugriff mehr auf Ihr Auto
    .body = { $app } kann sich nicht mehr mit { car-dative } verbinden, weil der Zugriff in { account-dative } beendet wurde.
    .effect = Ohne Zugriff erhält { $app } keine Daten vom Auto und pausiert die Funktionen dafür. { nothing-lost }
    .todo = Falls das nicht beabsichtigt war, verbinden Sie Ihr Auto neu und erlauben Sie den Zugriff wieder.
    .action = Auto neu verbinden
    .time = Das dauert etwa eine Minute. Halten Sie E-Mail-Adresse und Passwort für { account-object } bereit.
    .otherwise = Wenn Sie den Zugriff absichtlich beendet haben, müssen Sie nichts tun.
    .push-title = App-Zugriff wurde beendet
    .push-body = { $app } hat keinen Zugriff mehr auf { car-object }. Nicht beabsichtigt? Einfach neu verbinden.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Abo für { car-object } prüfen
    .preheader =
        { $hasMake ->
            [yes] Gemeint ist das Abo von { $make }. Sie finden es in { maker-app-dative }.
           *[no] Gemeint ist das Abo Ihres Autoherstellers. Sie finden es in dessen App.
        }
    .title = { car-start } braucht ein aktives Abo
    .body = { $app } kann sich zurzeit nicht mit { car-dative } verbinden. Das Abo für die Onlinedienste des Autos ist nicht aktiv oder enthält nicht alles, was { $app } braucht. Dieses Abo kommt vom Autohersteller, nicht von { $app }.
    .effect = Bis das behoben ist, erhält { $app } keine Daten vom Auto und pausiert die Funktionen dafür. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Öffnen Sie die { $make }-App oder die Website von { $make } und suchen Sie die Abos oder Onlinedienste für { car-object }.
           *[no] Öffnen Sie die App oder die Website Ihres Autoherstellers und suchen Sie dort die Abos oder Onlinedienste für { car-object }.
        }
    .step-2 = Aktivieren, verlängern oder erweitern Sie das Abo. Dafür können beim Autohersteller Kosten anfallen.
    .ask = Nicht sicher, welches Abo Sie brauchen? Fragen Sie den Support von { $app }, bevor Sie etwas buchen.
    .action = Support fragen
    .time = Das dauert ein paar Minuten. Danach verbindet sich { $app } von selbst wieder.
    .push-title = Abo für Ihr Auto prüfen
    .push-body = { $app } erreicht { car-object } nicht. Prüfen Sie das Abo in { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } fehlt in Ihrem Konto
    .preheader = In { maker-app-dative } ist das Auto in wenigen Minuten wieder hinzugefügt.
    .title = { car-start } ist nicht mehr in Ihrem Konto
    .body = { $app } findet { car-object } nicht mehr in { account-dative }. Meist wurde das Auto aus dem Konto entfernt, oder seine Onlinedienste sind abgelaufen.
    .effect = Bis das Auto wieder im Konto ist, erhält { $app } keine Daten und pausiert die Funktionen dafür. { nothing-lost }
    .step-1 = Öffnen Sie { maker-app } und prüfen Sie, ob Sie mit dem Konto angemeldet sind, das Sie mit { $app } verbunden haben.
    .step-2 = Fehlt Ihr Auto dort, fügen Sie es wieder hinzu.
    .step-3 = Ist es da, prüfen Sie, ob seine Onlinedienste aktiv sind, und verlängern Sie sie bei Bedarf.
    .time = Das dauert ein paar Minuten. Danach verbindet sich { $app } von selbst wieder.
    .otherwise = Wenn Sie das Auto verkauft haben oder nicht mehr mit { $app } nutzen, müssen Sie nichts tun.
    .otherwise-stop = Haben Sie das Auto verkauft oder nutzen Sie es nicht mehr mit { $app }?
    .push-title = Auto nicht mehr in Ihrem Konto
    .push-body =
        { $hasMake ->
            [yes] { $app } findet { car-object } nicht mehr. Fügen Sie es in { maker-app-dative } wieder hinzu.
           *[no] { $app } findet { car-object } nicht mehr. Fügen Sie es in der App des Herstellers neu hinzu.
        }

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app,
# so the e-mail has a button for that phone and a QR code for those who read on a computer.
# .qr-caption stands below the code; .qr-alt is read aloud in its place. The text version has no code.
# leaves-out: $app .title
# leaves-out: $car .title
virtual-key-required =
    .subject =
        { $hasCar ->
            [yes] Virtueller Schlüssel für { $car } nötig
           *[no] Virtueller Schlüssel für Ihr Auto nötig
        }
    .preheader = Tesla verlangt ihn einmalig. Sie brauchen das Handy mit der Tesla-App und eine Minute.
    .title = Virtuellen Schlüssel für Ihr Auto hinzufügen
    .body = { $app } braucht einen virtuellen Schlüssel, um { car-object } steuern zu können. Tesla verlangt ihn für jede App, die nicht von Tesla selbst stammt. Sie können den Schlüssel jederzeit wieder entfernen.
    .effect = Bis Sie ihn hinzufügen, kann { $app } das Auto nicht steuern. { nothing-lost }
    .step-1 = Nehmen Sie das Handy mit der Tesla-App zur Hand. Dort müssen Sie mit dem Konto angemeldet sein, das Sie mit { $app } verbunden haben.
    .step-2 = Wenn Sie mehrere Autos in der Tesla-App haben, wählen Sie zuerst das richtige aus.
    .step-3 = Öffnen Sie auf diesem Handy den Link in dieser E-Mail.
    .step-4 = Die Tesla-App öffnet sich. Bestätigen Sie dort, dass Sie den Schlüssel hinzufügen möchten.
    .action = Schlüssel hinzufügen
    .time = Das dauert etwa eine Minute und ist für dieses Auto nur einmal nötig.
    .qr-caption = Sie lesen dies am Computer? Scannen Sie den Code mit dem Handy, auf dem die Tesla-App ist.
    .qr-alt = QR-Code, der die Seite zum Hinzufügen des virtuellen Schlüssels öffnet
    .push-title = Virtuellen Schlüssel hinzufügen
    .push-body = { $app } braucht ihn für { car-object }. Öffnen Sie den Link auf dem Handy mit der Tesla-App.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
# leaves-out: $app .title
any =
    .subject =
        { $hasCar ->
            [yes] Verbindungsproblem mit { $car }
           *[no] Verbindungsproblem mit Ihrem Auto
        }
    .preheader = Ein Blick in { maker-app } hilft oft schon. Hier steht, wie es geht.
    .title = Die Verbindung zu { car-dative } ist gestört
    .body = { $app } hat Probleme, sich mit { car-dative } zu verbinden. Wie es aussieht, ist in { account-dative } noch etwas zu erledigen.
    .effect = Bis das behoben ist, funktionieren Teile von { $app } für dieses Auto möglicherweise nicht. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Öffnen Sie die { $make }-App oder die Website von { $make } und melden Sie sich an.
           *[no] Öffnen Sie die App oder die Website Ihres Autoherstellers und melden Sie sich an.
        }
    .step-2 = Sehen Sie nach, ob dort Nachrichten vorliegen, und folgen Sie den Hinweisen darin.
    .ask = Nichts gefunden oder immer noch keine Verbindung? Fragen Sie den Support von { $app }.
    .action = Support fragen
    .time = Meist reichen ein paar Minuten.
    .push-title = Verbindungsproblem mit Ihrem Auto
    .push-body =
        { $hasMake ->
            [yes] { $app } erreicht { car-object } nicht richtig. Sehen Sie bitte in { maker-app-dative } nach.
           *[no] { $app } erreicht { car-object } nicht richtig. Sehen Sie in der App des Herstellers nach.
        }

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = { car-start } ist wieder verbunden
    .preheader = Sie müssen nichts weiter tun, und alle Ihre Einstellungen sind erhalten.
    .title = { car-start } ist wieder mit { $app } verbunden
    .body = Vor Kurzem haben wir Ihnen wegen eines Problems mit der Verbindung geschrieben. Es ist behoben: { $app } erreicht { car-object } wieder.
    .effect = Sie müssen nichts weiter tun. Was pausiert war, läuft wieder, und alles, was Sie in { $app } eingerichtet haben, ist noch da.
    .push-title = Ihr Auto ist wieder verbunden
    .push-body = { $app } erreicht { car-object } wieder. Sie müssen nichts weiter tun.
