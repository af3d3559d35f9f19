# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app.
###
### Swedish. Register: du. Quotes ” ”, dash – with spaces.
### “Online services” are “uppkopplade tjänster”, as Swedish car makers say.
### Places and lengths: see the head of the English file.
### { car }, { account }, { maker-app } and their other forms are in common.ftl.

## $app (String) - the product the owner knows, e.g. “Ampwise”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# The car maker wants the owner to accept new terms or to finish activating the account.
# Nothing to click in the e-mail: all happens in the car maker's app.
account-issue =
    .subject = { maker-app-start } väntar på svar från dig
    .preheader = Ofta är det bara nya villkor att godkänna. Det brukar gå på några minuter.
    .title = Du behöver bekräfta något i { maker-app-dative }
    .body = { $app } får ingen kontakt med { car-object } just nu. Först behöver du bekräfta något på { account-dative }, till exempel nya villkor eller sista steget i en aktivering.
    .effect = Tills det är klart får { $app } inga data från bilen, och appens funktioner för bilen är pausade. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Öppna { $make }-appen eller biltillverkarens webbplats och logga in.
           *[no] Öppna biltillverkarens app eller webbplats och logga in.
        }
    .step-2 = Om du blir ombedd att göra något där, till exempel godkänna nya villkor, följer du bara anvisningarna.
    .step-3 = Om inget dyker upp kan du prova att låsa dörrarna eller blinka med lamporna från appen. Då brukar frågan komma upp.
    .time = Det tar några minuter. Sedan ansluter { $app } automatiskt igen.
    .push-title = { maker-app-start } väntar på svar
    .push-body = Öppna { maker-app } och följ anvisningarna. Sedan får { $app } kontakt med { car-object } igen.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
authentication-failed =
    .subject = Anslut { car-object } till { $app } igen
    .preheader = Det räcker att logga in en gång till. Det tar ungefär en minut och inget går förlorat.
    .title = Logga in igen för att ansluta { car-object }
    .body = { $app } kan inte längre logga in på { account-dative }. Det brukar bero på att lösenordet har ändrats.
    .effect = Tills du ansluter igen får { $app } inga data från { car-dative }, och appens funktioner för bilen är pausade. { nothing-lost }
    .todo = Logga in en gång till, så är anslutningen till { $app } tillbaka.
    .action = Anslut bilen igen
    .time = Det tar ungefär en minut. Ha mejladress och lösenord för { account-dative } nära till hands.
    .push-title = Anslut { car-object } igen
    .push-body = { $app } har tappat kontakten med { car-dative }. Logga in igen – det tar ungefär en minut.

# The account holds no car, or none whose online services are active. Steps first, then the button.
# ”Connect” in step 2 is how many makers name such services.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] Ingen bil hittades på ditt { $make }-konto
           *[no] Ingen bil hittades i biltillverkarens app
        }
    .preheader = Lägg till bilen där eller aktivera uppkopplade tjänster. Anslut den sedan till { $app }.
    .title = { $app } hittar ingen bil på ditt konto
    .body = { $app } kan logga in på { account-dative } men hittar ingen bil där. Antingen har bilen inte lagts till på kontot eller så är de uppkopplade tjänsterna inte aktiva.
    .effect = Tills det är löst får { $app } inga data från bilen, och appens funktioner för bilen är pausade. { nothing-lost }
    .step-1 = Öppna { maker-app } och kontrollera att du är inloggad med kontot som du har anslutit till { $app }.
    .step-2 = Lägg till bilen om den saknas. Om den redan finns där aktiverar du de uppkopplade tjänsterna, som ofta heter något med ”Connect”.
    .step-3 = Gå tillbaka till det här mejlet och anslut bilen till { $app }.
    .action = Anslut bilen
    .time = Några minuter brukar räcka. Hos en del biltillverkare tar det längre tid att aktivera en bil.
    .push-title = Ingen bil hittades på ditt konto
    .push-body = { $app } hittar inte din bil i { maker-app-dative }. Lägg till den eller aktivera uppkopplade tjänster.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = Appen saknar åtkomst till { car-dative }
    .preheader = Var det inte meningen? Du ansluter igen på ungefär en minut. Inget går förlorat.
    .title = { $app } har inte längre åtkomst till { car-dative }
    .body = { $app } får inte längre kontakt med { car-dative } eftersom åtkomsten har stängts av på { account-dative }.
    .effect = Utan åtkomst får { $app } inga data från bilen, och appens funktioner för bilen är pausade. { nothing-lost }
    .todo = Om det inte var meningen ansluter du igen och ger åtkomst på nytt.
    .action = Anslut bilen igen
    .time = Det tar ungefär en minut. Ha mejladress och lösenord för { account-dative } nära till hands.
    .otherwise = Om du stängde av åtkomsten med avsikt behöver du inte göra något.
    .push-title = Appens åtkomst är avstängd
    .push-body = { $app } når inte längre { car-object }. Var det inte meningen? Du ansluter igen på en minut.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Kontrollera abonnemanget för { car-dative }
    .preheader =
        { $hasMake ->
            [yes] Det kommer från { $make }, och du hittar det i { maker-app-dative }.
           *[no] Det kommer från biltillverkaren, och du hittar det i tillverkarens app.
        }
    .title = { car-start } behöver ett aktivt abonnemang
    .body = { $app } får ingen kontakt med { car-dative } just nu. Abonnemanget för bilens uppkopplade tjänster är inte aktivt, eller så ingår inte det som { $app } behöver. Abonnemanget kommer från biltillverkaren, inte från { $app }.
    .effect = Tills det är löst får { $app } inga data från bilen, och appens funktioner för bilen är pausade. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Öppna { $make }-appen eller biltillverkarens webbplats och leta upp abonnemang eller uppkopplade tjänster för { car-dative }.
           *[no] Öppna biltillverkarens app eller webbplats och leta upp abonnemang eller uppkopplade tjänster för { car-dative }.
        }
    .step-2 = Aktivera, förnya eller uppgradera abonnemanget där. Biltillverkaren kan ta betalt för det.
    .ask = Osäker på vilket abonnemang som behövs? Fråga supporten hos { $app } innan du köper något.
    .action = Fråga supporten
    .time = Det tar några minuter. Sedan ansluter { $app } automatiskt igen.
    .push-title = Kontrollera bilens abonnemang
    .push-body = { $app } får ingen kontakt med { car-object }. Kontrollera abonnemanget i { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } är inte kvar på ditt konto
    .preheader = Titta i { maker-app }. Det tar bara några minuter att lägga till bilen igen.
    .title = { car-start } saknas på ditt konto
    .body = { $app } hittar inte längre { car-object } på { account-dative }. Oftast har bilen tagits bort från kontot eller så har de uppkopplade tjänsterna gått ut.
    .effect = Tills bilen är tillbaka på kontot får { $app } inga data från den, och appens funktioner för bilen är pausade. { nothing-lost }
    .step-1 = Öppna { maker-app } och kontrollera att du är inloggad med kontot som du har anslutit till { $app }.
    .step-2 = Om bilen inte finns där lägger du till den igen.
    .step-3 = Om den finns där kontrollerar du att de uppkopplade tjänsterna är aktiva och förnyar dem vid behov.
    .time = Det tar några minuter. Sedan ansluter { $app } automatiskt igen.
    .otherwise = Om du har sålt bilen eller inte längre använder den med { $app } behöver du inte göra något.
    .otherwise-stop = Har du sålt bilen eller använder du den inte längre med { $app }?
    .push-title = Bilen är inte kvar på ditt konto
    .push-body = { $app } hittar inte längre { car-object }. Titta i { maker-app } och lägg till bilen igen.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app,
# so the e-mail has a button for that phone and a QR code for those who read on a computer.
# .qr-caption stands below the code; .qr-alt is read aloud in its place. The text version has no code.
virtual-key-required =
    .subject = Lägg till virtuell nyckel för { car-dative }
    .preheader = Det behövs bara en gång. Ha mobilen med Tesla-appen redo – det tar ungefär en minut.
    .title = { $app } behöver virtuell nyckel till { car-dative }
    .body = { $app } behöver en virtuell nyckel för att kunna styra { car-object }. Tesla kräver det av alla andra appar än sin egen. Du kan ta bort nyckeln igen när du vill.
    .effect = Tills du har lagt till den kan { $app } inte styra bilen. { nothing-lost }
    .step-1 = Ta fram mobilen med Tesla-appen. Där ska du vara inloggad med kontot som du har anslutit till { $app }.
    .step-2 = Om du har flera bilar i Tesla-appen väljer du först rätt bil.
    .step-3 = Öppna länken i det här mejlet på samma mobil.
    .step-4 = Tesla-appen öppnas. Bekräfta där att du vill lägga till nyckeln.
    .action = Lägg till virtuell nyckel
    .time = Det tar ungefär en minut och behövs bara en gång för den här bilen.
    .qr-caption = Läser du det här på en dator? Skanna koden med mobilen som har Tesla-appen.
    .qr-alt = QR-kod som öppnar sidan där du lägger till den virtuella nyckeln
    .push-title = Lägg till virtuell nyckel i Tesla-appen
    .push-body = Då kan { $app } styra { car-object }. Öppna länken på mobilen med Tesla-appen.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
any =
    .subject = Problem med anslutningen till { car-dative }
    .preheader = Det brukar hjälpa att titta i { maker-app-dative }. Så här gör du.
    .title = { $app } har svårt att nå { car-dative }
    .body = { $app } har problem med att ansluta till { car-dative }. Det verkar som att något på { account-dative } behöver åtgärdas.
    .effect = Tills det är löst kan det hända att delar av { $app } inte fungerar för den här bilen. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Öppna { $make }-appen eller biltillverkarens webbplats och logga in.
           *[no] Öppna biltillverkarens app eller webbplats och logga in.
        }
    .step-2 = Se om du har fått några meddelanden där och gör det de ber om.
    .ask = Inga meddelanden, eller fortfarande ingen kontakt? Fråga supporten hos { $app }.
    .action = Fråga supporten
    .time = Det brukar bara ta några minuter.
    .push-title = Problem med anslutningen till bilen
    .push-body = { $app } har problem med att nå { car-dative }. Se om du har meddelanden i { maker-app }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = { car-start } är ansluten igen
    .preheader = Du behöver inte göra något mer, och allt du har ställt in finns kvar.
    .title = { car-start } är ansluten till { $app } igen
    .body = Vi skrev nyligen till dig om ett problem med anslutningen. Det är löst: { $app } har kontakt med { car-dative } igen.
    .effect = Du behöver inte göra något mer. Det som var pausat är i gång igen, och allt du har ställt in i { $app } finns kvar.
    .push-title = Din bil är ansluten igen
    .push-body = { $app } har kontakt med { car-dative } igen. Du behöver inte göra något mer.
