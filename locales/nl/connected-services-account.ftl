# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app.
###
### Dutch. Register: je. Quotes ‘ ’.
### Places and lengths: see the head of the English file.
### { car }, { account }, { maker-app } and their other forms are in common.ftl.

## $app (String) - the product the owner knows, e.g. “Ampwise”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# The car maker wants the owner to accept new terms or to finish activating the account.
# Nothing to click in the e-mail: all happens in the car maker's app.
account-issue =
    .subject = Bevestiging nodig in { maker-app-dative }
    .preheader = Vaak gaat het om nieuwe voorwaarden. Meestal is het in een paar minuten geregeld.
    .title = Je moet nog iets bevestigen in { maker-app-dative }
    .body = { $app } kan { car-object } nu even niet bereiken. Je moet eerst iets bevestigen in { account-dative }, zoals nieuwe voorwaarden of de laatste stap van een activering.
    .effect = Zolang dat niet is geregeld, krijgt { $app } geen gegevens van de auto en staan de functies voor de auto op pauze. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Open de { $make }-app of de website van { $make } en log in.
           *[no] Open de app of de website van je automerk en log in.
        }
    .step-2 = Wordt daar iets van je gevraagd, zoals akkoord gaan met nieuwe voorwaarden? Rond dat dan af.
    .step-3 = Zie je niets? Probeer dan via de app de deuren te vergrendelen of met de lichten te knipperen. Meestal verschijnt de vraag dan alsnog.
    .time = Dit duurt een paar minuten. Daarna maakt { $app } vanzelf weer verbinding.
    .push-title =
        { $hasMake ->
            [yes] Bevestiging nodig bij { $make }
           *[no] Bevestiging nodig bij je automerk
        }
    .push-body = Open { maker-app } en volg de stappen. Dan kan { $app } { car-object } weer bereiken.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
authentication-failed =
    .subject = Verbind { car-object } opnieuw met { $app }
    .preheader = Eén keer inloggen is genoeg. Het duurt ongeveer een minuut en je raakt niets kwijt.
    .title = Log opnieuw in om { car-object } te verbinden
    .body = { $app } kan niet meer inloggen op { account-dative }. Meestal komt dat doordat het wachtwoord is gewijzigd.
    .effect = Totdat je opnieuw verbindt, krijgt { $app } geen gegevens van { car-dative } en staan de functies voor de auto op pauze. { nothing-lost }
    .todo = Log nog één keer in en { $app } is weer verbonden.
    .action = Opnieuw verbinden
    .time = Dit duurt ongeveer een minuut. Houd het e-mailadres en wachtwoord van { account-dative } bij de hand.
    .push-title = Verbind { car-object } opnieuw
    .push-body = { $app } is de verbinding met { car-dative } kwijt. Log opnieuw in. Dat duurt ongeveer een minuut.

# The account holds no car, or none whose online services are active. Steps first, then the button.
# ‘Connect’ in step 2 is how many makers name such services.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] Geen auto gevonden in je { $make }-account
           *[no] Geen auto gevonden in de app van je automerk
        }
    .preheader = Voeg je auto daar toe of activeer de onlinediensten. Verbind hem dan met { $app }.
    .title = { $app } vindt geen auto in je account
    .body = { $app } kan inloggen op { account-dative }, maar vindt daar geen auto. De auto is nog niet aan het account toegevoegd, of de onlinediensten zijn niet actief.
    .effect = Zolang dat niet is geregeld, krijgt { $app } geen gegevens van de auto en staan de functies voor de auto op pauze. { nothing-lost }
    .step-1 = Open { maker-app } en controleer of je bent ingelogd met het account dat je met { $app } hebt verbonden.
    .step-2 = Staat je auto er niet bij? Voeg hem dan toe. Staat hij er wel? Activeer dan de onlinediensten, die vaak iets met ‘Connect’ heten.
    .step-3 = Ga terug naar deze e-mail en verbind je auto met { $app }.
    .action = Auto verbinden
    .time = Een paar minuten is meestal genoeg. Bij sommige automerken duurt het activeren langer.
    .push-title = Geen auto gevonden in je account
    .push-body = { $app } vindt je auto niet in { maker-app-dative }. Voeg hem toe of activeer de onlinediensten.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = App-toegang tot { car-dative } is uitgezet
    .preheader = Was dat niet de bedoeling? Opnieuw verbinden duurt een minuut en je raakt niets kwijt.
    .title = { $app } heeft geen toegang meer tot { car-dative }
    .body = { $app } kan geen verbinding meer maken met { car-dative }, omdat de toegang in { account-dative } is uitgezet.
    .effect = Zonder toegang krijgt { $app } geen gegevens van de auto en staan de functies voor de auto op pauze. { nothing-lost }
    .todo = Was dat niet de bedoeling? Verbind dan opnieuw en geef weer toegang.
    .action = Opnieuw verbinden
    .time = Dit duurt ongeveer een minuut. Houd het e-mailadres en wachtwoord van { account-dative } bij de hand.
    .otherwise = Heb je de toegang bewust uitgezet? Dan hoef je niets te doen.
    .push-title = App-toegang is uitgezet
    .push-body = { $app } kan { car-object } niet meer bereiken. Niet de bedoeling? Opnieuw verbinden duurt een minuut.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Controleer het abonnement van { car-dative }
    .preheader =
        { $hasMake ->
            [yes] Het loopt via { $make }. Je vindt het in { maker-app-dative }.
           *[no] Het loopt via je automerk. Je vindt het in de app van dat merk.
        }
    .title = { car-start } heeft een actief abonnement nodig
    .body = { $app } kan nu geen verbinding maken met { car-dative }. Het abonnement op de onlinediensten van de auto is niet actief, of er zit niet in wat { $app } nodig heeft. Dat abonnement loopt via je automerk, niet via { $app }.
    .effect = Zolang dat niet is geregeld, krijgt { $app } geen gegevens van de auto en staan de functies voor de auto op pauze. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Open de { $make }-app of de website van { $make } en zoek de abonnementen of onlinediensten van { car-dative } op.
           *[no] Open de app of de website van je automerk en zoek de abonnementen of onlinediensten van { car-dative } op.
        }
    .step-2 = Activeer, verleng of upgrade het abonnement daar. Je automerk kan hiervoor kosten rekenen.
    .ask = Weet je niet zeker welk abonnement je nodig hebt? Vraag het aan de klantenservice van { $app } voordat je iets koopt.
    .action = Neem contact op
    .time = Dit duurt een paar minuten. Daarna maakt { $app } vanzelf weer verbinding.
    .push-title = Controleer het abonnement van je auto
    .push-body = { $app } kan { car-object } niet bereiken. Controleer het abonnement in { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } staat niet meer in je account
    .preheader = Kijk in { maker-app }: de auto weer toevoegen duurt maar een paar minuten.
    .title = { car-start } ontbreekt in je account
    .body = { $app } kan { car-object } niet meer vinden in { account-dative }. Meestal is de auto uit het account verwijderd of zijn de onlinediensten verlopen.
    .effect = Totdat de auto weer in je account staat, krijgt { $app } geen gegevens en staan de functies voor de auto op pauze. { nothing-lost }
    .step-1 = Open { maker-app } en controleer of je bent ingelogd met het account dat je met { $app } hebt verbonden.
    .step-2 = Staat je auto er niet bij? Voeg hem dan weer toe.
    .step-3 = Staat hij er wel? Controleer dan of de onlinediensten actief zijn en verleng ze zo nodig.
    .time = Dit duurt een paar minuten. Daarna maakt { $app } vanzelf weer verbinding.
    .otherwise = Heb je de auto verkocht of gebruik je hem niet meer met { $app }? Dan hoef je niets te doen.
    .otherwise-stop = Heb je de auto verkocht of gebruik je hem niet meer met { $app }?
    .push-title = Auto staat niet meer in je account
    .push-body = { $app } kan { car-object } niet meer vinden. Kijk in { maker-app } en voeg de auto weer toe.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app,
# so the e-mail has a button for that phone and a QR code for those who read on a computer.
# .qr-caption stands below the code; .qr-alt is read aloud in its place. The text version has no code.
# leaves-out: $app .title
virtual-key-required =
    .subject = Virtuele sleutel nodig voor { car-dative }
    .preheader = Toevoegen duurt een minuut en hoeft maar één keer. Pak de telefoon met de Tesla-app erbij.
    .title = Voeg een virtuele sleutel toe voor { car-dative }
    .body = { $app } heeft een virtuele sleutel nodig om { car-object } te kunnen bedienen. Tesla vereist dat voor elke app die niet van Tesla zelf is. Je kunt de sleutel altijd weer verwijderen.
    .effect = Totdat je de sleutel toevoegt, kan { $app } de auto niet bedienen. { nothing-lost }
    .step-1 = Pak de telefoon met de Tesla-app. Zorg dat je daar bent ingelogd met het account dat je met { $app } hebt verbonden.
    .step-2 = Heb je meer auto’s in de Tesla-app? Kies dan eerst de juiste.
    .step-3 = Open op die telefoon de link in deze e-mail.
    .step-4 = De Tesla-app gaat open. Bevestig daar dat je de sleutel wilt toevoegen.
    .action = Virtuele sleutel toevoegen
    .time = Dit duurt ongeveer een minuut en hoeft voor deze auto maar één keer.
    .qr-caption = Lees je dit op een computer? Scan de code met de telefoon waarop de Tesla-app staat.
    .qr-alt = QR-code die de pagina opent waar je de virtuele sleutel toevoegt
    .push-title = Voeg een virtuele sleutel toe
    .push-body = Dan kan { $app } { car-object } bedienen. Open de link op de telefoon met de Tesla-app.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
# leaves-out: $app .title
any =
    .subject = Verbindingsprobleem met { car-dative }
    .preheader = Vaak helpt het om even in { maker-app-dative } te kijken. Hier lees je hoe.
    .title = De verbinding met { car-dative } hapert
    .body = { $app } heeft moeite om verbinding te maken met { car-dative }. Het lijkt erop dat je nog iets moet regelen in { account-dative }.
    .effect = Zolang dat niet is geregeld, werkt { $app } misschien niet helemaal voor deze auto. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Open de { $make }-app of de website van { $make } en log in.
           *[no] Open de app of de website van je automerk en log in.
        }
    .step-2 = Kijk of er berichten voor je zijn en doe wat daarin wordt gevraagd.
    .ask = Niets gevonden, of nog steeds geen verbinding? Vraag het aan de klantenservice van { $app }.
    .action = Neem contact op
    .time = Een paar minuten is meestal genoeg.
    .push-title = Verbindingsprobleem met je auto
    .push-body = { $app } kan { car-dative } niet goed bereiken. Kijk of er berichten zijn in { maker-app }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = { car-start } is weer verbonden
    .preheader = Je hoeft niets meer te doen, en alles wat je hebt ingesteld, is bewaard gebleven.
    .title = { car-start } is weer verbonden met { $app }
    .body = Onlangs schreven we je over een probleem met de verbinding. Dat is opgelost: { $app } kan { car-object } weer bereiken.
    .effect = Je hoeft niets meer te doen. Wat op pauze stond, werkt weer, en alles wat je in { $app } hebt ingesteld, is bewaard gebleven.
    .push-title = Je auto is weer verbonden
    .push-body = { $app } kan { car-object } weer bereiken. Je hoeft niets meer te doen.
