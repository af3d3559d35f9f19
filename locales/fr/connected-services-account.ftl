# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app. French of France.
###
### Register: “vous”. Typography: ’, « », U+202F before : ; ? and ! (see common.ftl).
### The maker's online services are “services connectés”, an account holds a car “sur le compte”,
### “s’identifier” is the owner's sign-in, “connecter” what joins car and app.
### Never “de” or “que” directly before { $app }.
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
            [yes] { $make } vous demande une confirmation
           *[no] Une demande du constructeur de votre voiture
        }
    .preheader = Souvent, il s’agit d’accepter de nouvelles conditions. Quelques minutes suffisent.
    .title = Une demande vous attend dans { maker-app-dative }
    .body =
        { $hasMake ->
            [yes] { $app } ne peut pas communiquer avec { car-object } pour le moment. { $make } vous demande d’abord une confirmation dans votre compte : accepter de nouvelles conditions d’utilisation, par exemple, ou terminer une activation.
           *[no] { $app } ne peut pas communiquer avec { car-object } pour le moment. Le constructeur vous demande d’abord une confirmation dans votre compte : accepter de nouvelles conditions d’utilisation, par exemple, ou terminer une activation.
        }
    .effect = En attendant, { $app } ne reçoit aucune donnée de la voiture, et les fonctions qui en dépendent sont en pause. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Ouvrez l’application ou le site { $make } et identifiez-vous.
           *[no] Ouvrez l’application ou le site du constructeur et identifiez-vous.
        }
    .step-2 = Si une demande s’affiche, par exemple de nouvelles conditions à accepter, donnez-y suite.
    .step-3 = Si rien ne s’affiche, essayez de verrouiller les portières ou de faire clignoter les phares depuis l’application : en général, cela fait apparaître la demande.
    .time = Comptez quelques minutes. { $app } se reconnecte ensuite automatiquement.
    .push-title = Une demande vous attend
    .push-body = Répondez à la demande dans { maker-app } pour reconnecter { car-object } à { $app }.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
# leaves-out: $app .todo
authentication-failed =
    .subject = Reconnectez { car-object } à { $app }
    .preheader = Il suffit de vous identifier à nouveau : une minute environ, et vous ne perdez rien.
    .title = Identifiez-vous pour reconnecter { car-object }
    .body = { $app } ne parvient plus à se connecter à { account-dative }. Le plus souvent, c’est parce que le mot de passe a changé.
    .effect = Tant que la connexion n’est pas rétablie, { $app } ne reçoit aucune donnée de { car-dative }, et les fonctions qui en dépendent sont en pause. { nothing-lost }
    .todo = Il vous suffit de vous identifier à nouveau pour rétablir la connexion.
    .action = Reconnecter ma voiture
    .time = Comptez environ une minute. Gardez à portée de main l’adresse e-mail et le mot de passe de { account-dative }.
    .push-title = Reconnectez { car-object }
    .push-body = { $app } ne peut plus se connecter à { car-dative }. Identifiez-vous à nouveau : une minute suffit.

# The account holds no car, or none whose online services are active. Steps first, then the button.
# leaves-out: $app .push-body
no-vehicles =
    .subject = Aucune voiture sur { account-dative }
    .preheader = Ajoutez la vôtre ou activez ses services connectés, puis connectez-la à { $app }.
    .title = { $app } ne trouve aucune voiture sur votre compte
    .body = { $app } parvient à se connecter à { account-dative }, mais n’y trouve aucune voiture. Soit votre voiture n’a pas encore été ajoutée au compte, soit ses services connectés ne sont pas activés.
    .effect = En attendant, { $app } ne reçoit aucune donnée de la voiture, et les fonctions qui en dépendent sont en pause. { nothing-lost }
    .step-1 = Ouvrez { maker-app } et vérifiez que vous y utilisez bien le compte connecté à { $app }.
    .step-2 = Si votre voiture n’y figure pas, ajoutez-la. Si elle y est déjà, activez ses services connectés, souvent appelés « Connect ».
    .step-3 = Revenez à cet e-mail et connectez votre voiture à { $app }.
    .action = Connecter ma voiture
    .time = Quelques minutes suffisent en général. Chez certains constructeurs, l’activation prend plus de temps.
    .push-title = { $app } ne trouve pas votre voiture
    .push-body = Ajoutez-la dans { maker-app-dative } ou activez ses services connectés.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = Connexion à { car-dative } désactivée
    .preheader = Si ce n’est pas volontaire, une minute suffit pour la rétablir. Vous ne perdez rien.
    .title = { $app } n’a plus accès à { car-dative }
    .body = { $app } ne peut plus se connecter à { car-dative }, car l’accès a été désactivé dans { account-dative }.
    .effect = Sans cet accès, { $app } ne reçoit aucune donnée de la voiture, et les fonctions qui en dépendent sont en pause. { nothing-lost }
    .todo = Si ce n’est pas volontaire, reconnectez la voiture et autorisez à nouveau l’accès.
    .action = Reconnecter ma voiture
    .time = Comptez environ une minute. Gardez à portée de main l’adresse e-mail et le mot de passe de { account-dative }.
    .otherwise = Si vous avez désactivé l’accès volontairement, vous n’avez rien à faire.
    .push-title = Connexion désactivée
    .push-body = { $app } n’a plus accès à { car-object }. Ce n’est pas voulu ? Rétablissez l’accès en une minute.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Vérifiez l’abonnement de { car-dative }
    .preheader =
        { $hasMake ->
            [yes] Il est géré par le constructeur et se consulte dans { maker-app-dative }.
           *[no] Il est géré par le constructeur et se consulte dans son application.
        }
    .title = { car-start } a besoin d’un abonnement actif
    .body = { $app } ne peut pas se connecter à { car-dative } pour le moment. L’abonnement aux services connectés de la voiture n’est pas actif, ou n’inclut pas ce dont { $app } a besoin. Cet abonnement est géré par le constructeur, et non par { $app }.
    .effect = Tant que ce n’est pas réglé, { $app } ne reçoit aucune donnée de la voiture, et les fonctions qui en dépendent sont en pause. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Ouvrez l’application ou le site { $make } et cherchez les abonnements ou les services connectés de { car-dative }.
           *[no] Ouvrez l’application ou le site du constructeur et cherchez les abonnements ou les services connectés de { car-dative }.
        }
    .step-2 = Activez ou renouvelez l’abonnement, ou choisissez une formule plus complète. Selon le constructeur, cela peut être payant.
    .ask = Vous hésitez sur l’abonnement à choisir ? L’assistance { $app } peut vous renseigner avant tout achat.
    .action = Contacter l’assistance
    .time = Comptez quelques minutes. { $app } se reconnecte ensuite automatiquement.
    .push-title = Vérifiez l’abonnement de votre voiture
    .push-body = { $app } n’a plus accès à { car-object }. Vérifiez l’abonnement dans { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } n’est plus sur votre compte
    .preheader = Il suffit souvent de l’ajouter à nouveau dans { maker-app }.
    .title = { car-start } n’apparaît plus sur votre compte
    .body = { $app } ne trouve plus { car-object } sur { account-dative }. En général, c’est que la voiture a été retirée du compte ou que ses services connectés ont pris fin.
    .effect = Tant que la voiture n’est pas de retour sur votre compte, { $app } n’en reçoit aucune donnée, et les fonctions correspondantes sont en pause. { nothing-lost }
    .step-1 = Ouvrez { maker-app } et vérifiez que vous y utilisez bien le compte connecté à { $app }.
    .step-2 = Si votre voiture n’y figure pas, ajoutez-la à nouveau.
    .step-3 = Si elle y figure, vérifiez que ses services connectés sont actifs et renouvelez-les si nécessaire.
    .time = Comptez quelques minutes. { $app } se reconnecte ensuite automatiquement.
    .otherwise = Si vous avez vendu la voiture ou si vous ne l’utilisez plus avec { $app }, vous n’avez rien à faire.
    .otherwise-stop = Vous avez vendu la voiture ou vous ne l’utilisez plus avec { $app } ?
    .push-title = Voiture absente de votre compte
    .push-body = { $app } ne trouve plus { car-object }. Pensez à l’ajouter à nouveau dans { maker-app }.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app.
# “Commander une voiture” would mean to order one: the app “envoie des commandes”.
# leaves-out: $car .title
virtual-key-required =
    .subject = Ajoutez une clé virtuelle à { car-dative }
    .preheader = À faire une seule fois, en une minute, sur le téléphone avec l’application Tesla.
    .title = { $app } a besoin d’une clé virtuelle
    .body = { $app } a besoin d’une clé virtuelle pour envoyer des commandes à { car-object }. Tesla en demande une pour toute application autre que la sienne. Vous pourrez la supprimer à tout moment.
    .effect = Sans cette clé, { $app } ne peut pas envoyer de commandes à la voiture. { nothing-lost }
    .step-1 = Prenez le téléphone où vous utilisez l’application Tesla avec le compte connecté à { $app }.
    .step-2 = Si vous avez plusieurs voitures dans l’application Tesla, sélectionnez d’abord la bonne.
    .step-3 = Sur ce téléphone, ouvrez le lien de cet e-mail.
    .step-4 = L’application Tesla s’ouvre : confirmez l’ajout de la clé.
    .action = Ajouter la clé virtuelle
    .time = Cela prend environ une minute, une seule fois pour cette voiture.
    .qr-caption = Vous lisez cet e-mail sur un ordinateur ? Scannez ce code avec le téléphone où se trouve l’application Tesla.
    .qr-alt = Code QR ouvrant la page d’ajout de la clé virtuelle
    .push-title = Ajoutez une clé virtuelle
    .push-body = { $app } en a besoin pour { car-object }. Ouvrez le lien sur le téléphone avec l’application Tesla.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
# leaves-out: $app .title
any =
    .subject = Problème de connexion à { car-dative }
    .preheader = Un coup d’œil dans { maker-app-dative } suffit souvent. Voici comment faire.
    .title = Un point à vérifier pour { car-dative }
    .body = { $app } a du mal à se connecter à { car-dative }. Il reste quelque chose à régler sur { account-dative }.
    .effect = Tant que ce n’est pas réglé, certaines fonctions peuvent être indisponibles dans { $app } pour cette voiture. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Ouvrez l’application ou le site { $make } et identifiez-vous.
           *[no] Ouvrez l’application ou le site du constructeur et identifiez-vous.
        }
    .step-2 = Regardez si un message vous y attend et suivez ses indications.
    .ask = Aucun message, ou toujours pas de connexion ? Contactez l’assistance { $app }.
    .action = Contacter l’assistance
    .time = Quelques minutes suffisent en général.
    .push-title = Problème de connexion à votre voiture
    .push-body = { $app } peine à joindre { car-dative }. Consultez les messages dans { maker-app }.

# The news that the trouble is over, for owners who were told of it. Nothing to click.
all-is-well =
    .subject = La connexion à { car-dative } est rétablie
    .preheader = Vous n’avez plus rien à faire, et tous vos réglages ont été conservés.
    .title = { $app } communique de nouveau avec { car-dative }
    .body = Nous vous avons écrit récemment au sujet d’un problème de connexion. Il est résolu : { $app } peut de nouveau se connecter à { car-dative }.
    .effect = Vous n’avez plus rien à faire. Les fonctions en pause ont repris, et tous vos réglages dans { $app } sont conservés.
    .push-title = Votre voiture est de nouveau connectée
    .push-body = { $app } peut de nouveau se connecter à { car-dative }. Vous n’avez plus rien à faire.
