# This file is part of Dashlight. Licence: Apache-2.0.

### Trouble with the account that the owner uses in the car maker's app.
###
### One message per kind of trouble. Where its texts show, and how long they may be,
### counted with names inserted (an app's name of 10 characters, a car's of 16):
###   .subject     e-mail subject. 50. Begins with the matter, not with the app's name
###   .preheader   the grey line after the subject in the inbox. 40 to 90. Adds, does not repeat
###   .title       the headline in the e-mail. 60
###   .body        first paragraph: what happened and why. Says early which app this is about
###   .effect      second paragraph: what stops working; ends with { nothing-lost }
###   .todo        the one thing to do, when one sentence says it; stands right above the button
###   .step-1 …    the same as numbered steps, four at most, as many in every language
###   .ask         only when the app has a support address; stands above the button to it
###   .action      the button. 2 to 4 words, with a verb. Only where there is something to open
###   .time        how long it takes, and what happens then
###   .otherwise   a second way out, when the owner meant it to be so
###   .push-title  notification on the phone, first line. 40
###   .push-body   its text. 110. Complete without opening it
### { car }, { account }, { maker-app } and their other forms are in common.ftl.

## $app (String) - the product the owner knows, e.g. “Ampwise”
## $make (String) - the car maker, e.g. “Tesla”
## $hasMake (String) - “yes” when the maker is known, else “no”

# The car maker wants the owner to accept new terms or to finish activating the account.
# Nothing to click in the e-mail: all happens in the car maker's app.
account-issue =
    .subject = A request is waiting in { maker-app-dative }
    .preheader = Often it is only new terms to accept. A few minutes are usually enough.
    .title = Something to confirm in { maker-app-dative }
    .body =
        { $hasMake ->
            [yes] { $app } cannot reach { car-object } at the moment. { $make } wants you to confirm something in your account first, such as new terms of use or the last step of an activation.
           *[no] { $app } cannot reach { car-object } at the moment. You first have to confirm something in { account-dative }, such as new terms of use or the last step of an activation.
        }
    .effect = Until that is done, { $app } gets no data from the car, and what it does for the car is paused. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Open { maker-app } or the { $make } website, and sign in.
           *[no] Open your car maker’s app or website, and sign in.
        }
    .step-2 = If you see a request there, such as new terms to accept, complete it.
    .step-3 = If nothing comes up, try locking the doors or flashing the lights from the app. This usually brings the request up.
    .time = It takes a few minutes. { $app } then connects again by itself.
    .push-title = Request waiting in { maker-app-dative }
    .push-body = Open { maker-app } and complete the request. Then { $app } can reach { car-object } again.

# The sign-in no longer works, usually since a password was changed. The button lets the owner sign in again.
authentication-failed =
    .subject = Reconnect { car-object } to { $app }
    .preheader = Signing in once more is enough. It takes about a minute, and nothing is lost.
    .title = Sign in again to reconnect { car-object }
    .body = { $app } can no longer sign in to { account-dative }. The usual reason is a changed password.
    .effect = Until you reconnect, { $app } gets no data from { car-dative }, and what it does for the car is paused. { nothing-lost }
    .todo = Sign in once more, and { $app } is connected again.
    .action = Reconnect your car
    .time = It takes about a minute. You will need the email address and password for { account-dative }.
    .push-title = Reconnect { car-object }
    .push-body = { $app } can no longer connect to { car-dative }. Sign in again; it takes about a minute.

# The account holds no car, or none whose online services are active. Steps first, then the button.
# “Connect” in step 2 is how many makers name such services: keep what they say in your market.
no-vehicles =
    .subject =
        { $hasMake ->
            [yes] No car found in your { $make } account
           *[no] No car found in your car maker’s app
        }
    .preheader = Add your car there or activate its online services, then connect it to { $app }.
    .title = { $app } cannot find a car in your account
    .body = { $app } can sign in to { account-dative }, but finds no car there. Either the car has not been added to the account, or its online services are not active.
    .effect = Until that is solved, { $app } gets no data from the car, and what it does for the car is paused. { nothing-lost }
    .step-1 = Open { maker-app }. Check that you are signed in with the account you connected to { $app }.
    .step-2 = Add your car if it is not there. If it is, activate its online services, often called “Connect”.
    .step-3 = Come back to this email and connect your car to { $app }.
    .action = Connect your car
    .time = A few minutes are usually enough. Some car makers take longer to activate a car.
    .push-title = No car found in your account
    .push-body = To use { $app }, add your car in { maker-app-dative } or activate its online services.

# The app's access was turned off at the car maker, perhaps on purpose.
permission =
    .subject = App access to { car-dative } has ended
    .preheader = If you did not mean this, reconnecting takes about a minute. Nothing is lost.
    .title = { $app } no longer has access to { car-dative }
    .body = { $app } can no longer connect to { car-dative }, because its access was turned off in { account-dative }.
    .effect = Without access, { $app } gets no data from the car, and what it does for the car is paused. { nothing-lost }
    .todo = If you did not mean this, reconnect and allow access again.
    .action = Reconnect your car
    .time = It takes about a minute. You will need the email address and password for { account-dative }.
    .otherwise = If you turned access off on purpose, there is nothing to do.
    .push-title = App access has ended
    .push-body = { $app } can no longer reach { car-object }. If you did not mean this, reconnect: it takes a minute.

# The car maker's subscription is not active, or is too small for what the app does. The button opens the app's support.
subscription =
    .subject = Check the subscription for { car-dative }
    .preheader =
        { $hasMake ->
            [yes] It comes from { $make }, and you can check it in { maker-app-dative }.
           *[no] It comes from the car maker, and you can check it in the car maker’s app.
        }
    .title = { car-start } needs an active subscription
    .body = { $app } cannot connect to { car-dative } at the moment. The subscription for the car’s online services is not active, or it does not include what { $app } needs. It comes from the car maker, not from { $app }.
    .effect = Until that is solved, { $app } gets no data from the car, and what it does for the car is paused. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Open { maker-app } or the { $make } website, and look for the subscriptions or online services of { car-dative }.
           *[no] Open your car maker’s app or website, and look for the subscriptions or online services of { car-dative }.
        }
    .step-2 = Activate, renew or upgrade the subscription there. The car maker may charge for it.
    .ask = Not sure which one { $app } needs? Its support can tell you before you buy.
    .action = Ask support
    .time = It takes a few minutes. { $app } then connects again by itself.
    .push-title = Check your car’s subscription
    .push-body = { $app } cannot reach { car-object }. Check its online subscription in { maker-app-dative }.

# The car is no longer in the owner's account: removed, sold, or its services ended. Nothing to click, except to stop:
# .otherwise-stop takes the place of .otherwise for apps that offer it; the link “stop-action” follows directly.
vehicle-missing =
    .subject = { car-start } is no longer in your account
    .preheader = Check { maker-app }: adding the car again takes a few minutes.
    .title = { car-start } is missing from your account
    .body = { $app } can no longer find { car-object } in { account-dative }. Usually the car was removed from the account, or its online services have ended.
    .effect = Until the car is back in your account, { $app } gets no data from it, and what it does for the car is paused. { nothing-lost }
    .step-1 = Open { maker-app }. Check that you are signed in with the account you connected to { $app }.
    .step-2 = If your car is not there, add it again.
    .step-3 = If it is there, check that its online services are active, and renew them if not.
    .time = It takes a few minutes. { $app } then connects again by itself.
    .otherwise = If you sold the car or no longer use it with { $app }, there is nothing to do.
    .otherwise-stop = Did you sell the car, or do you no longer use it with { $app }?
    .push-title = Car no longer in your account
    .push-body = { $app } can no longer find { car-object }. Check { maker-app } and add the car again there.

# Tesla wants a key for apps that are not its own. It must be added on the phone with the Tesla app,
# so the e-mail has a button for that phone and a QR code for those who read on a computer.
# .qr-caption stands below the code; .qr-alt is read aloud in its place. The text version has no code.
virtual-key-required =
    .subject = Add a virtual key for { car-dative }
    .preheader = Tesla asks for it once. You need the phone with the Tesla app and about a minute.
    .title = { $app } needs a virtual key for { car-dative }
    .body = { $app } needs a virtual key before it can control { car-object }. Tesla requires one for every app that is not its own. You can remove the key again at any time.
    .effect = Until you add it, { $app } cannot control the car. { nothing-lost }
    .step-1 = Take the phone that has the Tesla app, signed in to the account you connected to { $app }.
    .step-2 = If you have several cars in the Tesla app, select the right one first.
    .step-3 = Open the link in this email on that phone.
    .step-4 = The Tesla app opens. Confirm there that you want to add the key.
    .action = Add virtual key
    .time = It takes about a minute, and only once for this car.
    .qr-caption = Reading this on a computer? Scan the code with the phone that has the Tesla app.
    .qr-alt = QR code that opens the page for adding the virtual key
    .push-title = Add a virtual key in the Tesla app
    .push-body = { $app } needs it to control { car-object }. Open the link on the phone with the Tesla app.

# Any trouble with the account that has no text of its own yet: safe for all of them. The button opens the app's support.
any =
    .subject = Connection problem with { car-dative }
    .preheader = Checking { maker-app } often solves it. Here is how.
    .title = { car-start } needs attention in { $app }
    .body = { $app } has trouble connecting to { car-dative }. Something about { account-dative } needs attention.
    .effect = Until that is solved, parts of { $app } may not work for this car. { nothing-lost }
    .step-1 =
        { $hasMake ->
            [yes] Open { maker-app } or the { $make } website, and sign in.
           *[no] Open your car maker’s app or website, and sign in.
        }
    .step-2 = Look for messages there, and do what they ask.
    .ask = Nothing there, or still no connection? Ask { $app } support.
    .action = Ask support
    .time = A few minutes are usually enough.
    .push-title = Connection problem with your car
    .push-body = { $app } has trouble connecting to { car-dative }. Check { maker-app } for messages.

# The news that the trouble is over, for owners who were told of it: the same for every message of this file whose
# notice.toml says `all-is-well = true`. Nothing to click. .effect ends the worry: nothing to do, nothing lost.
all-is-well =
    .subject = { car-start } is connected again
    .preheader = There is nothing left for you to do, and nothing you set up was lost.
    .title = { car-start } is connected to { $app } again
    .body = We wrote to you recently about a problem with the connection. It is solved: { $app } can reach { car-object } again.
    .effect = There is nothing left for you to do. What was paused is running again, and everything you have set up in { $app } is still there.
    .push-title = Your car is connected again
    .push-body = { $app } can reach { car-object } again. There is nothing left for you to do.
