# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app.
###
### Norwegian Bokmål. Register: du. Quotes « », dash – with spaces.
### Places and lengths: see the head of the English file.
### { car }, { account }, { maker-app } and their other forms are in common.ftl.

## $app (String) - the product the owner knows, e.g. “Ampwise”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# The car maker wants the owner to accept new terms or to finish activating the account.
# Nothing to click in the e-mail: all happens in the car maker's app.
account-issue =
    .subject = { maker-app-start } venter på svar fra deg
    .preheader = Ofte er det bare nye vilkår som skal godtas. Det er som regel gjort på noen minutter.
    .title = Du må bekrefte noe i { maker-app-dative }
    .body = { $app } får ikke kontakt med { car-object } akkurat nå. Først må du bekrefte noe på { account-dative }, for eksempel nye vilkår eller det siste trinnet i en aktivering.
    .effect = Inntil det er gjort, får { $app } ingen data fra bilen, og appens funksjoner for bilen er satt på pause. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Åpne { $make }-appen eller nettsiden til { $make }, og logg inn.
           *[no] Åpne appen eller nettsiden til bilprodusenten, og logg inn.
        }
    .step-2 = Blir du bedt om noe der, for eksempel å godta nye vilkår, følger du bare anvisningene.
    .step-3 = Dukker det ikke opp noe, kan du prøve å låse dørene eller blinke med lysene fra appen. Da kommer forespørselen som regel fram.
    .time = Det tar noen minutter. Deretter kobler { $app } seg automatisk til igjen.
    .push-title = { maker-app-start } venter på svar
    .push-body = Åpne { maker-app }, og følg anvisningene. Da får { $app } kontakt med { car-object } igjen.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
authentication-failed =
    .subject = Koble { car-object } til { $app } på nytt
    .preheader = Det holder å logge inn én gang til. Det tar omtrent et minutt, og ingenting går tapt.
    .title = Logg inn på nytt for å koble til { car-object }
    .body = { $app } får ikke lenger logget inn på { account-dative }. Den vanligste grunnen er at passordet er endret.
    .effect = Inntil du kobler til på nytt, får { $app } ingen data fra { car-dative }, og appens funksjoner for bilen er satt på pause. { nothing-lost }
    .todo = Logg inn én gang til, så er { $app } koblet til igjen.
    .action = Koble til på nytt
    .time = Det tar omtrent et minutt. Ha e-postadressen og passordet til { account-dative } for hånden.
    .push-title = Koble til { car-object } på nytt
    .push-body = { $app } har mistet kontakten med { car-dative }. Logg inn på nytt – det tar omtrent et minutt.

# The account holds no car, or none whose online services are active. Steps first, then the button.
# «Connect» in step 2 is how many makers name such services.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] Fant ingen bil på { $make }-kontoen din
           *[no] Fant ingen bil i bilprodusentens app
        }
    .preheader = Legg til bilen der, eller aktiver onlinetjenestene. Koble den så til { $app }.
    .title = { $app } finner ingen bil på kontoen din
    .body = { $app } kan logge inn på { account-dative }, men finner ingen bil der. Enten er bilen ikke lagt til på kontoen, eller så er ikke onlinetjenestene aktivert.
    .effect = Inntil det er i orden, får { $app } ingen data fra bilen, og appens funksjoner for bilen er satt på pause. { nothing-lost }
    .step-1 = Åpne { maker-app }, og sjekk at du er logget inn med kontoen du har koblet til { $app }.
    .step-2 = Legg til bilen hvis den mangler. Er den der allerede, aktiverer du onlinetjenestene, som ofte heter noe med «Connect».
    .step-3 = Gå tilbake til denne e-posten, og koble bilen til { $app }.
    .action = Koble til bilen
    .time = Noen minutter er som regel nok. Hos enkelte bilprodusenter tar det lengre tid å aktivere en bil.
    .push-title = Fant ingen bil på kontoen din
    .push-body = { $app } finner ikke bilen din i { maker-app-dative }. Legg den til, eller aktiver onlinetjenestene.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = Appen har mistet tilgang til { car-dative }
    .preheader = Var det ikke meningen? Du kan koble til på nytt på et minutt. Ingenting går tapt.
    .title = { $app } har ikke lenger tilgang til { car-dative }
    .body = { $app } får ikke lenger kontakt med { car-dative } fordi tilgangen er slått av på { account-dative }.
    .effect = Uten tilgang får { $app } ingen data fra bilen, og appens funksjoner for bilen er satt på pause. { nothing-lost }
    .todo = Var det ikke meningen, kobler du til på nytt og gir tilgang igjen.
    .action = Koble til på nytt
    .time = Det tar omtrent et minutt. Ha e-postadressen og passordet til { account-dative } for hånden.
    .otherwise = Slo du av tilgangen med vilje, trenger du ikke å gjøre noe.
    .push-title = Appens tilgang er slått av
    .push-body = { $app } når ikke lenger { car-object }. Var det ikke meningen? Koble til på nytt på et minutt.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Sjekk abonnementet for { car-dative }
    .preheader =
        { $hasMake ->
            [yes] Det kommer fra { $make }, og du kan sjekke det i { maker-app-dative }.
           *[no] Det kommer fra bilprodusenten, og du kan sjekke det i produsentens app.
        }
    .title = { car-start } trenger et aktivt abonnement
    .body = { $app } får ikke kontakt med { car-dative } akkurat nå. Abonnementet på onlinetjenestene i bilen er ikke aktivt, eller det dekker ikke det { $app } trenger. Abonnementet kommer fra bilprodusenten, ikke fra { $app }.
    .effect = Inntil det er i orden, får { $app } ingen data fra bilen, og appens funksjoner for bilen er satt på pause. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Åpne { $make }-appen eller nettsiden til { $make }, og finn abonnementene eller onlinetjenestene for { car-dative }.
           *[no] Åpne appen eller nettsiden til bilprodusenten, og finn abonnementene eller onlinetjenestene for { car-dative }.
        }
    .step-2 = Aktiver, forny eller oppgrader abonnementet der. Bilprodusenten kan ta betalt for det.
    .ask = Usikker på hvilket abonnement som trengs? Spør kundeservice hos { $app } før du kjøper noe.
    .action = Spør kundeservice
    .time = Det tar noen minutter. Deretter kobler { $app } seg automatisk til igjen.
    .push-title = Sjekk abonnementet for bilen
    .push-body = { $app } får ikke kontakt med { car-object }. Sjekk abonnementet i { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } er ikke lenger på kontoen din
    .preheader = Sjekk { maker-app }. Det tar bare noen minutter å legge til bilen igjen.
    .title = { car-start } mangler på kontoen din
    .body = { $app } finner ikke lenger { car-object } på { account-dative }. Som regel er bilen fjernet fra kontoen, eller så er onlinetjenestene utløpt.
    .effect = Inntil bilen er tilbake på kontoen, får { $app } ingen data fra den, og appens funksjoner for bilen er satt på pause. { nothing-lost }
    .step-1 = Åpne { maker-app }, og sjekk at du er logget inn med kontoen du har koblet til { $app }.
    .step-2 = Er bilen ikke der, legger du den til igjen.
    .step-3 = Er den der, sjekker du at onlinetjenestene er aktive, og fornyer dem om nødvendig.
    .time = Det tar noen minutter. Deretter kobler { $app } seg automatisk til igjen.
    .otherwise = Har du solgt bilen, eller bruker du den ikke lenger med { $app }, trenger du ikke å gjøre noe.
    .otherwise-stop = Har du solgt bilen, eller bruker du den ikke lenger med { $app }?
    .push-title = Bilen er ikke lenger på kontoen din
    .push-body = { $app } finner ikke lenger { car-object }. Sjekk { maker-app }, og legg til bilen igjen.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app,
# so the e-mail has a button for that phone and a QR code for those who read on a computer.
# .qr-caption stands below the code; .qr-alt is read aloud in its place. The text version has no code.
virtual-key-required =
    .subject = Legg til virtuell nøkkel for { car-dative }
    .preheader = Det trengs bare én gang. Ha telefonen med Tesla-appen klar – det tar omtrent et minutt.
    .title = { $app } trenger virtuell nøkkel til { car-dative }
    .body = { $app } trenger en virtuell nøkkel for å kunne styre { car-object }. Tesla krever det av alle andre apper enn sin egen. Du kan fjerne nøkkelen igjen når du vil.
    .effect = Inntil du legger den til, kan ikke { $app } styre bilen. { nothing-lost }
    .step-1 = Finn fram telefonen med Tesla-appen. Der må du være logget inn med kontoen du har koblet til { $app }.
    .step-2 = Har du flere biler i Tesla-appen, velger du først den riktige.
    .step-3 = Åpne lenken i denne e-posten på samme telefon.
    .step-4 = Tesla-appen åpnes. Bekreft der at du vil legge til nøkkelen.
    .action = Legg til virtuell nøkkel
    .time = Det tar omtrent et minutt og trengs bare én gang for denne bilen.
    .qr-caption = Leser du dette på en datamaskin? Skann koden med telefonen som har Tesla-appen.
    .qr-alt = QR-kode som åpner siden der du legger til den virtuelle nøkkelen
    .push-title = Legg til virtuell nøkkel i Tesla-appen
    .push-body = Da kan { $app } styre { car-object }. Åpne lenken på telefonen med Tesla-appen.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
any =
    .subject = Problem med tilkoblingen til { car-dative }
    .preheader = En titt i { maker-app-dative } løser det ofte. Her ser du hvordan.
    .title = { $app } sliter med å nå { car-dative }
    .body = { $app } har problemer med å koble seg til { car-dative }. Det ser ut til at noe på { account-dative } må ordnes.
    .effect = Inntil det er i orden, kan det hende at deler av { $app } ikke fungerer for denne bilen. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Åpne { $make }-appen eller nettsiden til { $make }, og logg inn.
           *[no] Åpne appen eller nettsiden til bilprodusenten, og logg inn.
        }
    .step-2 = Se om du har fått meldinger der, og gjør det de ber om.
    .ask = Ingen meldinger, eller fortsatt ingen kontakt? Spør kundeservice hos { $app }.
    .action = Spør kundeservice
    .time = Det tar som regel bare noen minutter.
    .push-title = Problem med tilkoblingen til bilen
    .push-body = { $app } har problemer med å nå { car-dative }. Se om du har meldinger i { maker-app }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = { car-start } er koblet til igjen
    .preheader = Du trenger ikke å gjøre noe mer, og alt du har satt opp, er fortsatt der.
    .title = { car-start } er koblet til { $app } igjen
    .body = Vi skrev nylig til deg om et problem med tilkoblingen. Det er løst: { $app } har kontakt med { car-dative } igjen.
    .effect = Du trenger ikke å gjøre noe mer. Det som var satt på pause, er i gang igjen, og alt du har satt opp i { $app }, er fortsatt der.
    .push-title = Bilen din er koblet til igjen
    .push-body = { $app } har kontakt med { car-dative } igjen. Du trenger ikke å gjøre noe mer.
