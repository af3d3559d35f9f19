# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app. Italian.
###
### Register: “tu”. Typography: ’, « » without spaces. The car is feminine (see common.ftl).
### The maker is “la casa automobilistica”, its online services are “servizi connessi”.
### { car-dative }, { account-dative } and { maker-app-dative } have no article: write “alla”, “nel”, “nell’” before them.
### No adjective or participle may agree with { $app }.
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
            [yes] { $make } ti chiede una conferma
           *[no] La casa automobilistica ti chiede una conferma
        }
    .preheader = Spesso basta accettare le nuove condizioni. Di solito ci vogliono pochi minuti.
    .title = Richiesta in sospeso nell’{ maker-app-dative }
    .body =
        { $hasMake ->
            [yes] { $app } al momento non riesce a comunicare con { car-object }. { $make } ti chiede innanzitutto di confermare qualcosa nel tuo account, per esempio le nuove condizioni d’uso o l’ultimo passaggio di un’attivazione.
           *[no] { $app } al momento non riesce a comunicare con { car-object }. La casa automobilistica ti chiede innanzitutto di confermare qualcosa nel tuo account, per esempio le nuove condizioni d’uso o l’ultimo passaggio di un’attivazione.
        }
    .effect = Nel frattempo { $app } non riceve dati dall’auto e le funzioni che ne dipendono sono sospese. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Apri l’app o il sito { $make } e accedi.
           *[no] Apri l’app o il sito della casa automobilistica e accedi.
        }
    .step-2 = Se compare una richiesta, per esempio di accettare nuove condizioni, completala.
    .step-3 = Se non compare nulla, prova a bloccare le portiere o a far lampeggiare i fari dall’app: di solito basta per far comparire la richiesta.
    .time = Bastano pochi minuti. Poi { $app } si ricollega automaticamente.
    .push-title = Hai una richiesta in sospeso
    .push-body = Completala nell’{ maker-app-dative } e { $app } si ricollegherà alla { car-dative }.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
# leaves-out: $app .todo
authentication-failed =
    .subject = Ricollega { car-object } a { $app }
    .preheader = Basta accedere di nuovo: ci vuole circa un minuto e non perdi nulla.
    .title = Accedi di nuovo per ricollegare { car-object }
    .body = { $app } non riesce più ad accedere al { account-dative }. Di solito succede dopo un cambio di password.
    .effect = Nel frattempo { $app } non riceve dati dalla { car-dative } e le funzioni che ne dipendono sono sospese. { nothing-lost }
    .todo = Ti basta accedere di nuovo per ripristinare il collegamento.
    .action = Ricollega l’auto
    .time = Ci vuole circa un minuto. Tieni a portata di mano l’indirizzo e-mail e la password del { account-dative }.
    .push-title = Ricollega { car-object }
    .push-body = { $app } non riesce più a collegarsi alla { car-dative }. Accedi di nuovo: basta un minuto.

# The account holds no car, or none whose online services are active. Steps first, then the button.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] Nessuna auto nel tuo account { $make }
           *[no] Nessuna auto nell’app della casa automobilistica
        }
    .preheader = Aggiungi la tua auto o attiva i suoi servizi connessi, poi collegala a { $app }.
    .title = { $app } non trova nessuna auto nel tuo account
    .body = { $app } riesce ad accedere al { account-dative }, ma non trova nessuna auto. Può darsi che l’auto non sia ancora stata aggiunta all’account o che i suoi servizi connessi non siano attivi.
    .effect = Nel frattempo { $app } non riceve dati dall’auto e le funzioni che ne dipendono sono sospese. { nothing-lost }
    .step-1 = Apri { maker-app } e controlla di aver fatto l’accesso con l’account che hai collegato a { $app }.
    .step-2 = Se la tua auto non c’è, aggiungila. Se c’è già, attiva i suoi servizi connessi, spesso chiamati «Connect».
    .step-3 = Torna a questa e-mail e collega l’auto a { $app }.
    .action = Collega l’auto
    .time = Di solito bastano pochi minuti. Con alcune case automobilistiche l’attivazione richiede più tempo.
    .push-title = Nessuna auto nel tuo account
    .push-body = Per usare { $app }, aggiungi l’auto nell’{ maker-app-dative } o attiva i suoi servizi connessi.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = L’app non ha più accesso alla { car-dative }
    .preheader = Se non era tua intenzione, ricollega l’auto: basta un minuto e non perdi nulla.
    .title = { $app } non ha più accesso alla { car-dative }
    .body = { $app } non può più collegarsi alla { car-dative } perché l’accesso è stato disattivato nel { account-dative }.
    .effect = Senza accesso, { $app } non riceve dati dall’auto e le funzioni che ne dipendono sono sospese. { nothing-lost }
    .todo = Se non era tua intenzione, ricollega l’auto e consenti di nuovo l’accesso.
    .action = Ricollega l’auto
    .time = Ci vuole circa un minuto. Tieni a portata di mano l’indirizzo e-mail e la password del { account-dative }.
    .otherwise = Se hai disattivato l’accesso di proposito, non devi fare nulla.
    .push-title = Collegamento disattivato
    .push-body = { $app } non ha più accesso alla { car-dative }. Non era tua intenzione? Ricollegala in un minuto.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Controlla l’abbonamento della { car-dative }
    .preheader =
        { $hasMake ->
            [yes] È gestito dalla casa automobilistica e lo trovi nell’{ maker-app-dative }.
           *[no] È gestito dalla casa automobilistica e lo trovi nella sua app.
        }
    .title = Serve un abbonamento attivo per la { car-dative }
    .body = { $app } al momento non riesce a collegarsi alla { car-dative }. L’abbonamento ai servizi connessi dell’auto non è attivo oppure non comprende ciò che serve a { $app }. È gestito dalla casa automobilistica, non da { $app }.
    .effect = Finché il problema non è risolto, { $app } non riceve dati dall’auto e le funzioni che ne dipendono sono sospese. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Apri l’app o il sito { $make } e cerca gli abbonamenti o i servizi connessi della { car-dative }.
           *[no] Apri l’app o il sito della casa automobilistica e cerca gli abbonamenti o i servizi connessi della { car-dative }.
        }
    .step-2 = Attiva l’abbonamento, rinnovalo o passa a uno più completo. Potrebbe essere a pagamento.
    .ask = Non sai quale abbonamento serve a { $app }? Chiedi all’assistenza prima di acquistarlo.
    .action = Contatta l’assistenza
    .time = Bastano pochi minuti. Poi { $app } si ricollega automaticamente.
    .push-title = Controlla l’abbonamento dell’auto
    .push-body = { $app } non si collega più alla { car-dative }. Controlla l’abbonamento nell’{ maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } non è più nel tuo account
    .preheader = Bastano pochi minuti per aggiungerla di nuovo nell’{ maker-app-dative }.
    .title = { car-start } non risulta più nel tuo account
    .body = { $app } non trova più { car-object } nel { account-dative }. Di solito succede perché l’auto è stata rimossa dall’account o perché i suoi servizi connessi sono scaduti.
    .effect = Finché l’auto non torna nell’account, { $app } non ne riceve i dati e le funzioni collegate sono sospese. { nothing-lost }
    .step-1 = Apri { maker-app } e controlla di aver fatto l’accesso con l’account che hai collegato a { $app }.
    .step-2 = Se la tua auto non c’è, aggiungila di nuovo.
    .step-3 = Se c’è, controlla che i suoi servizi connessi siano attivi e, se non lo sono, rinnovali.
    .time = Bastano pochi minuti. Poi { $app } si ricollega automaticamente.
    .otherwise = Se hai venduto l’auto o non la usi più con { $app }, non devi fare nulla.
    .otherwise-stop = Hai venduto l’auto o non la usi più con { $app }?
    .push-title = L’auto non è più nel tuo account
    .push-body = { $app } non trova più { car-object }. Aggiungila di nuovo nell’{ maker-app-dative }.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app.
# leaves-out: $car .subject
# leaves-out: $app .title
virtual-key-required =
    .subject = Aggiungi una chiave virtuale alla tua Tesla
    .preheader = Tesla la chiede una volta sola: bastano un minuto e il telefono con l’app Tesla.
    .title = Serve una chiave virtuale per la { car-dative }
    .body = { $app } ha bisogno di una chiave virtuale per inviare comandi alla { car-dative }. Tesla la richiede per ogni app che non sia la sua. Puoi rimuoverla in qualsiasi momento.
    .effect = Senza la chiave, { $app } non può inviare comandi all’auto. { nothing-lost }
    .step-1 = Prendi il telefono con l’app Tesla in cui hai fatto l’accesso con l’account collegato a { $app }.
    .step-2 = Se nell’app Tesla hai più auto, seleziona prima quella giusta.
    .step-3 = Su quel telefono, apri il link di questa e-mail.
    .step-4 = Si apre l’app Tesla: conferma di voler aggiungere la chiave.
    .action = Aggiungi chiave virtuale
    .time = Ci vuole circa un minuto e per quest’auto va fatto una volta sola.
    .qr-caption = Stai leggendo al computer? Inquadra il codice con il telefono che ha l’app Tesla.
    .qr-alt = Codice QR che apre la pagina per aggiungere la chiave virtuale
    .push-title = Aggiungi una chiave virtuale
    .push-body = Serve a { $app } per inviare comandi alla { car-dative }. Apri il link sul telefono con l’app Tesla.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
# leaves-out: $app .title
any =
    .subject = Problema di connessione alla { car-dative }
    .preheader = Spesso basta un’occhiata all’{ maker-app-dative }. Ecco come fare.
    .title = C’è qualcosa da verificare per la { car-dative }
    .body = { $app } ha difficoltà a collegarsi alla { car-dative }. Nel { account-dative } c’è qualcosa da sistemare.
    .effect = Nel frattempo alcune funzioni di { $app } potrebbero non essere disponibili per quest’auto. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Apri l’app o il sito { $make } e accedi.
           *[no] Apri l’app o il sito della casa automobilistica e accedi.
        }
    .step-2 = Controlla se ci sono messaggi e segui le indicazioni.
    .ask = Nessun messaggio, o il problema resta? Contatta l’assistenza di { $app }.
    .action = Contatta l’assistenza
    .time = Di solito bastano pochi minuti.
    .push-title = Problema di connessione all’auto
    .push-body = { $app } ha difficoltà a collegarsi alla { car-dative }. Leggi i messaggi nell’{ maker-app-dative }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = { car-start } è di nuovo collegata
    .preheader = Non devi fare altro e non hai perso nulla di ciò che avevi impostato.
    .title = { car-start } è di nuovo collegata a { $app }
    .body = Di recente ti abbiamo scritto per un problema di connessione. Ora è risolto: { $app } riesce di nuovo a collegarsi alla { car-dative }.
    .effect = Non devi fare altro. Ciò che era in pausa ha ripreso a funzionare e tutto quello che hai impostato in { $app } è ancora lì.
    .push-title = La tua auto è di nuovo collegata
    .push-body = { $app } riesce di nuovo a collegarsi alla { car-dative }. Non devi fare altro.
