# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app.
###
### Danish. Register: du. Quotes ” ”, dash – with spaces, startkomma.
### Places and lengths: see the head of the English file.
### { car }, { account }, { maker-app } and their other forms are in common.ftl.

## $app (String) - the product the owner knows, e.g. “Ampwise”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# The car maker wants the owner to accept new terms or to finish activating the account.
# Nothing to click in the e-mail: all happens in the car maker's app.
account-issue =
    .subject = { maker-app-start } venter på dit svar
    .preheader = Ofte er det bare nye vilkår, du skal acceptere. Det tager kun et par minutter.
    .title = Der er noget, du skal bekræfte i { maker-app-dative }
    .body = { $app } kan lige nu ikke få forbindelse til { car-object }. Først skal du bekræfte noget på { account-dative }, for eksempel nye vilkår eller det sidste trin i en aktivering.
    .effect = Indtil det er gjort, får { $app } ingen data fra bilen, og appens funktioner til bilen er sat på pause. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Åbn { $make }-appen eller bilproducentens hjemmeside, og log ind.
           *[no] Åbn bilproducentens app eller hjemmeside, og log ind.
        }
    .step-2 = Bliver du bedt om noget, for eksempel at acceptere nye vilkår, så følg bare anvisningerne.
    .step-3 = Dukker der ikke noget op, så prøv at låse dørene eller blinke med lyset fra appen. Så kommer anmodningen som regel frem.
    .time = Det tager et par minutter. Derefter opretter { $app } selv forbindelse igen.
    .push-title = { maker-app-start } venter på dit svar
    .push-body = Åbn { maker-app }, og følg anvisningerne. Så kan { $app } nå { car-object } igen.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
# leaves-out: $app .subject
# leaves-out: $car .push-title
authentication-failed =
    .subject = Genopret forbindelsen til { car-object }
    .preheader = Du skal bare logge ind igen. Det tager cirka et minut, og intet går tabt.
    .title = Log ind igen for at få forbindelse til { car-object }
    .body = { $app } kan ikke længere logge ind på { account-dative }. Det sker typisk, når adgangskoden er blevet ændret.
    .effect = Indtil du genopretter forbindelsen, får { $app } ingen data fra { car-dative }, og appens funktioner til bilen er sat på pause. { nothing-lost }
    .todo = Log ind en gang til, så har { $app } forbindelse igen.
    .action = Genopret forbindelsen
    .time = Det tager cirka et minut. Hav mailadresse og adgangskode til { account-dative } klar.
    .push-title = Genopret forbindelsen til bilen
    .push-body = { $app } har mistet forbindelsen til { car-dative }. Log ind igen – det tager cirka et minut.

# The account holds no car, or none whose online services are active. Steps first, then the button.
# ”Connect” in step 2 is how many makers name such services.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] Ingen bil fundet på din { $make }-konto
           *[no] Ingen bil fundet i bilproducentens app
        }
    .preheader = Tilføj bilen, eller aktivér dens onlinetjenester, og forbind den så med { $app }.
    .title = { $app } kan ikke finde en bil på din konto
    .body = { $app } kan logge ind på { account-dative }, men finder ingen bil dér. Enten er bilen ikke tilføjet til kontoen, eller også er dens onlinetjenester ikke aktive.
    .effect = Indtil det er på plads, får { $app } ingen data fra bilen, og appens funktioner til bilen er sat på pause. { nothing-lost }
    .step-1 = Åbn { maker-app }, og tjek, at du er logget ind med den konto, du har forbundet med { $app }.
    .step-2 = Mangler bilen, så tilføj den. Er den der allerede, så aktivér dens onlinetjenester, som ofte hedder noget med ”Connect”.
    .step-3 = Gå tilbage til denne mail, og forbind bilen med { $app }.
    .action = Forbind bilen
    .time = Som regel er et par minutter nok. Hos nogle bilproducenter tager det længere tid at aktivere en bil.
    .push-title = Ingen bil fundet på din konto
    .push-body = { $app } kan ikke finde din bil i { maker-app-dative }. Tilføj den, eller aktivér dens onlinetjenester.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = Appen har mistet adgangen til { car-dative }
    .preheader = Var det ikke meningen? Du kan genoprette adgangen på et minut. Intet går tabt.
    .title = { $app } har ikke længere adgang til { car-dative }
    .body = { $app } kan ikke længere få forbindelse til { car-dative }, fordi adgangen er slået fra på { account-dative }.
    .effect = Uden adgang får { $app } ingen data fra bilen, og appens funktioner til bilen er sat på pause. { nothing-lost }
    .todo = Var det ikke meningen, så genopret forbindelsen, og giv adgang igen.
    .action = Genopret forbindelsen
    .time = Det tager cirka et minut. Hav mailadresse og adgangskode til { account-dative } klar.
    .otherwise = Har du slået adgangen fra med vilje, behøver du ikke gøre noget.
    .push-title = Appens adgang er slået fra
    .push-body = { $app } kan ikke længere nå { car-object }. Var det ikke meningen? Genopret adgangen på et minut.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Tjek abonnementet til { car-dative }
    .preheader =
        { $hasMake ->
            [yes] Det kommer fra { $make }, og du kan tjekke det i { maker-app-dative }.
           *[no] Det kommer fra bilproducenten, og du kan tjekke det i producentens app.
        }
    .title = { car-start } kræver et aktivt abonnement
    .body = { $app } kan lige nu ikke få forbindelse til { car-dative }. Abonnementet på bilens onlinetjenester er ikke aktivt, eller også dækker det ikke det, { $app } har brug for. Abonnementet kommer fra bilproducenten, ikke fra { $app }.
    .effect = Indtil det er på plads, får { $app } ingen data fra bilen, og appens funktioner til bilen er sat på pause. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Åbn { $make }-appen eller bilproducentens hjemmeside, og find abonnementer eller onlinetjenester til { car-dative }.
           *[no] Åbn bilproducentens app eller hjemmeside, og find abonnementer eller onlinetjenester til { car-dative }.
        }
    .step-2 = Aktivér, forny eller opgradér abonnementet dér. Bilproducenten kan tage betaling for det.
    .ask = Er du i tvivl om, hvilket abonnement der skal til? Spørg supporten hos { $app }, før du køber noget.
    .action = Spørg supporten
    .time = Det tager et par minutter. Derefter opretter { $app } selv forbindelse igen.
    .push-title = Tjek bilens abonnement
    .push-body = { $app } kan ikke nå { car-object }. Tjek abonnementet på onlinetjenester i { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } er ikke længere på din konto
    .preheader = Tjek { maker-app }. Det tager kun et par minutter at tilføje bilen igen.
    .title = { car-start } mangler på din konto
    .body = { $app } kan ikke længere finde { car-object } på { account-dative }. Som regel er bilen blevet fjernet fra kontoen, eller også er dens onlinetjenester udløbet.
    .effect = Indtil bilen er tilbage på kontoen, får { $app } ingen data fra den, og appens funktioner til bilen er sat på pause. { nothing-lost }
    .step-1 = Åbn { maker-app }, og tjek, at du er logget ind med den konto, du har forbundet med { $app }.
    .step-2 = Er bilen der ikke, så tilføj den igen.
    .step-3 = Er den der, så tjek, at dens onlinetjenester er aktive, og forny dem, hvis de ikke er.
    .time = Det tager et par minutter. Derefter opretter { $app } selv forbindelse igen.
    .otherwise = Har du solgt bilen, eller bruger du den ikke længere med { $app }, behøver du ikke gøre noget.
    .otherwise-stop = Har du solgt bilen, eller bruger du den ikke længere med { $app }?
    .push-title = Bilen er ikke længere på din konto
    .push-body = { $app } kan ikke længere finde { car-object }. Tjek { maker-app }, og tilføj bilen igen.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app,
# so the e-mail has a button for that phone and a QR code for those who read on a computer.
# .qr-caption stands below the code; .qr-alt is read aloud in its place. The text version has no code.
virtual-key-required =
    .subject = Tilføj en virtuel nøgle til { car-dative }
    .preheader = Det skal kun gøres én gang. Hav telefonen med Tesla-appen klar – det tager cirka et minut.
    .title = { $app } mangler en virtuel nøgle til { car-dative }
    .body = { $app } skal have en virtuel nøgle for at kunne styre { car-object }. Tesla kræver det af alle andre apps end sin egen. Du kan altid fjerne nøglen igen.
    .effect = Indtil du tilføjer den, kan { $app } ikke styre bilen. { nothing-lost }
    .step-1 = Find telefonen med Tesla-appen frem. Du skal være logget ind med den konto, du har forbundet med { $app }.
    .step-2 = Har du flere biler i Tesla-appen, så vælg først den rigtige.
    .step-3 = Åbn linket i denne mail på samme telefon.
    .step-4 = Tesla-appen åbner. Bekræft dér, at du vil tilføje nøglen.
    .action = Tilføj virtuel nøgle
    .time = Det tager cirka et minut og skal kun gøres én gang for denne bil.
    .qr-caption = Læser du dette på en computer? Scan koden med den telefon, der har Tesla-appen.
    .qr-alt = QR-kode, der åbner siden, hvor du tilføjer den virtuelle nøgle
    .push-title = Tilføj en virtuel nøgle i Tesla-appen
    .push-body = Så kan { $app } styre { car-object }. Åbn linket på telefonen med Tesla-appen.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
# leaves-out: $app .title
any =
    .subject = Problem med forbindelsen til { car-dative }
    .preheader = Et kig i { maker-app-dative } løser det ofte. Her kan du se hvordan.
    .title = Forbindelsen til { car-dative } driller
    .body = { $app } har problemer med at få forbindelse til { car-dative }. Det tyder på, at der er noget på { account-dative }, der skal ordnes.
    .effect = Indtil det er på plads, virker dele af { $app } måske ikke med denne bil. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Åbn { $make }-appen eller bilproducentens hjemmeside, og log ind.
           *[no] Åbn bilproducentens app eller hjemmeside, og log ind.
        }
    .step-2 = Se, om der ligger beskeder, og gør det, de beder om.
    .ask = Er der ingen beskeder, eller er der stadig ingen forbindelse? Spørg supporten hos { $app }.
    .action = Spørg supporten
    .time = Som regel tager det kun et par minutter.
    .push-title = Problem med forbindelsen til bilen
    .push-body = { $app } har problemer med at nå { car-dative }. Se, om der er beskeder i { maker-app }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = { car-start } er forbundet igen
    .preheader = Du behøver ikke gøre mere, og intet af det, du har sat op, er gået tabt.
    .title = { car-start } er forbundet med { $app } igen
    .body = Vi skrev for nylig til dig om et problem med forbindelsen. Det er løst: { $app } har igen kontakt til { car-dative }.
    .effect = Du behøver ikke gøre mere. Det, der var sat på pause, kører igen, og alt det, du har sat op i { $app }, er der stadig.
    .push-title = Din bil er forbundet igen
    .push-body = { $app } har igen kontakt til { car-dative }. Du behøver ikke gøre mere.
