//! The cases, each a promise that every transport keeps. A case that a kind of carrier cannot come into is `Met::NotHere`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::Dice;
use dashlight::message::Message;
use dashlight::policy::Channel;
use dashlight::transport::{Parcel, Route, SendError, Transport, Unasked};
use futures_util::future::join_all;

use super::peer::{ADDRESS, Fate, Mode, Peer, SECRET, TOKEN, message};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    Kept,
    NotHere,
}

type Case = fn(Arc<dyn Peer>) -> Pin<Box<dyn Future<Output = Met> + Send>>;

macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        /// Every case, in the order of the table.
        pub(crate) const CASES: &[(&str, Case)] = &[$((stringify!($name), |peer| Box::pin($name(peer)))),+];
    };
}

cases!(
    accepts,
    accepts_again_under_the_same_id,
    refuses_an_address_and_not_its_neighbours,
    is_trusted_however_many_addresses_are_dead,
    takes_no_living_address_for_a_dead_one,
    refuses_a_message,
    refuses_a_message_of_another_channel,
    is_throttled_for_seconds,
    is_throttled_until_a_date,
    is_throttled_absurdly,
    is_broken,
    is_denied_and_heals,
    takes_up_a_key_that_was_replaced,
    follows_nobody_elsewhere,
    is_away,
    is_reset_early,
    falls_silent_at_each_moment,
    answers_by_drips,
    loses_its_answer,
    is_asked_once_though_it_hangs_up,
    answers_a_megabyte,
    refuses_in_megabytes,
    keeps_ten_thousand_within_its_connections,
    survives_cancelled_sends,
    probes,
    closes,
);

async fn send(transport: &dyn Transport, number: usize) -> Result<Option<String>, SendError> {
    let sent = transport.send(&message(transport.channel(), number)).await;
    if let Err(error) = &sent {
        tells_no_secret(error);
    }
    sent.map(|accepted| accepted.provider_id)
}

fn tells_no_secret(error: &SendError) {
    for told in [error.to_string(), format!("{error:?}")] {
        let local = ADDRESS.split('@').next().unwrap();
        assert!(![SECRET, local, TOKEN].iter().any(|secret| told.contains(secret)), "{told}");
        assert!(told.chars().count() < 600 && !told.contains(['\r', '\n']), "{told}");
    }
}

async fn accepts(peer: Arc<dyn Peer>) -> Met {
    let id = send(&*peer.transport(2, false), 1).await.expect("accepted");
    assert!(id.is_some_and(|id| !id.is_empty() && !id.contains('@')));
    assert_eq!(peer.taken(), 1);
    Met::Kept
}

async fn accepts_again_under_the_same_id(peer: Arc<dyn Peer>) -> Met {
    let transport = peer.transport(2, false);
    for _ in 0..2 {
        send(&*transport, 1).await.expect("accepted");
    }
    assert_eq!(peer.taken(), 1, "the same message in the same words");
    Met::Kept
}

async fn refuses_an_address_and_not_its_neighbours(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::RefuseAddress) {
        return Met::NotHere;
    }
    let transport = peer.transport(2, false);
    for number in 0..3 {
        let refused = send(&*transport, number).await;
        assert!(matches!(refused, Err(SendError::AddressInvalid { .. })), "{refused:?}");
    }
    peer.set(Mode::Accept);
    send(&*transport, 3).await.expect("accepted");
    Met::Kept
}

/// As the worker sees it: through its route, which leaves a transport alone that fails.
async fn is_trusted_however_many_addresses_are_dead(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::RefuseAddress) {
        return Met::NotHere;
    }
    let route = || Route::only(peer.transport(2, false), Arc::new(Dice::seeded(1)));
    let send = async |route: &Route, number| {
        let message = message(route.transports()[0].channel(), number);
        route.send(Parcel { app: "volta", message: &message, only: None }, &()).await
    };
    let trusted = route();
    for number in 0..12 {
        let refused = send(&trusted, number).await.result;
        assert!(matches!(refused, Err(SendError::AddressInvalid { .. })), "{refused:?}");
    }
    peer.set(Mode::Accept);
    send(&trusted, 12).await.result.expect("accepted");
    assert_eq!(trusted.trials(), None, "nothing has to be proven");
    // A route does leave alone who lets nobody in: or this would show nothing.
    if !peer.is_one_of_many() && peer.set(Mode::Deny) {
        let left = route();
        let denied = send(&left, 13).await.result;
        assert!(matches!(denied, Err(SendError::Misconfigured { .. })), "{denied:?}");
        let unasked = send(&left, 14).await.unasked;
        assert!(matches!(unasked, Some(Unasked::LeftAlone(_))), "{unasked:?}");
    }
    Met::Kept
}

/// An address that this carrier does not take, and another would.
async fn takes_no_living_address_for_a_dead_one(peer: Arc<dyn Peer>) -> Met {
    let Some(takes_it) = peer.takes_all_letters() else { return Met::NotHere };
    let transport = peer.transport(2, false);
    let mut message = message(transport.channel(), 1);
    if let Message::Email(email) = &mut message {
        "søren@example.com".clone_into(&mut email.to.address);
    }
    match transport.send(&message).await {
        Ok(_) => assert!(takes_it),
        Err(error @ SendError::Permanent { .. }) => {
            tells_no_secret(&error);
            assert!(!takes_it && error.to_string().contains("SMTPUTF8"), "{error}");
            assert_eq!(peer.given(), 0, "before it was asked");
        }
        Err(other) => panic!("{other:?}"),
    }
    Met::Kept
}

async fn refuses_a_message(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::RefuseMessage) {
        return Met::NotHere;
    }
    let refused = send(&*peer.transport(2, false), 1).await;
    assert!(matches!(refused, Err(SendError::Permanent { .. })), "{refused:?}");
    Met::Kept
}

async fn refuses_a_message_of_another_channel(peer: Arc<dyn Peer>) -> Met {
    let transport = peer.transport(2, false);
    let other = if transport.channel() == Channel::Email { Channel::Push } else { Channel::Email };
    let refused = transport.send(&message(other, 1)).await;
    assert!(matches!(refused, Err(SendError::Permanent { .. })), "{refused:?}");
    assert_eq!(peer.taken(), 0);
    Met::Kept
}

/// The carrier takes nothing now, and no other is blamed for it; the wait that it asks for.
fn takes_nothing<T: std::fmt::Debug>(peer: &dyn Peer, sent: &Result<T, SendError>) -> Option<Duration> {
    match sent {
        Err(SendError::Unavailable { retry_after, .. }) if !peer.is_one_of_many() => *retry_after,
        Err(SendError::Transient { retry_after, .. }) if peer.is_one_of_many() => *retry_after,
        other => panic!("{other:?}"),
    }
}

async fn is_throttled(peer: &dyn Peer, when: &'static str, expected: Duration) -> Met {
    if !peer.set(Mode::Throttle(when)) {
        return Met::NotHere;
    }
    let throttled = send(&*peer.transport(2, false), 1).await;
    assert_eq!(takes_nothing(peer, &throttled), peer.knows_retry_after().then_some(expected));
    Met::Kept
}

async fn is_throttled_for_seconds(peer: Arc<dyn Peer>) -> Met {
    is_throttled(&*peer, "17", Duration::from_secs(17)).await
}

async fn is_throttled_until_a_date(peer: Arc<dyn Peer>) -> Met {
    is_throttled(&*peer, "date", Duration::from_secs(17)).await
}

async fn is_throttled_absurdly(peer: Arc<dyn Peer>) -> Met {
    is_throttled(&*peer, "99999999999999999999", Duration::from_hours(1)).await
}

async fn is_broken(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::Broken) {
        return Met::NotHere;
    }
    let transport = peer.transport(2, false);
    takes_nothing(&*peer, &send(&*transport, 1).await);
    peer.set(Mode::Accept);
    send(&*transport, 1).await.expect("accepted once it works");
    Met::Kept
}

async fn is_denied_and_heals(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::Deny) {
        return Met::NotHere;
    }
    let transport = peer.transport(2, false);
    match send(&*transport, 1).await {
        Err(SendError::Misconfigured { detail }) => assert!(detail.contains("look at `"), "{detail}"),
        other => panic!("{other:?}"),
    }
    peer.set(Mode::Accept);
    send(&*transport, 1).await.expect("accepted once it is mended");
    Met::Kept
}

/// Others replace keys under a running worker.
async fn takes_up_a_key_that_was_replaced(peer: Arc<dyn Peer>) -> Met {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let Some((transport, good)) = peer.with_key_in(&file) else { return Met::NotHere };
    peer.set(Mode::Accept);
    let denied = send(&*transport, 1).await;
    assert!(matches!(denied, Err(SendError::Misconfigured { .. })), "{denied:?}");
    std::fs::write(&file, format!("{good}\n")).unwrap();
    send(&*transport, 1).await.expect("accepted under the key that is there by now");
    std::fs::remove_file(&file).unwrap();
    send(&*transport, 2).await.expect("accepted under the key that was there last");
    assert_eq!(peer.taken(), 2);
    Met::Kept
}

/// A message is for the carrier that the configuration names, and so are its credentials.
async fn follows_nobody_elsewhere(peer: Arc<dyn Peer>) -> Met {
    for status in [301, 302, 303, 307, 308] {
        if !peer.set(Mode::Elsewhere(status)) {
            return Met::NotHere;
        }
        match send(&*peer.transport(2, false), 1).await {
            Err(SendError::Misconfigured { detail }) if !peer.is_one_of_many() => {
                assert!(detail.contains("elsewhere: look at `") && detail.contains(&status.to_string()), "{detail}");
            }
            Err(SendError::Permanent { detail }) if peer.is_one_of_many() => {
                assert!(detail.contains(&status.to_string()), "{detail}");
            }
            other => panic!("{status}: {other:?}"),
        }
        assert_eq!(peer.taken(), 0, "{status}");
    }
    Met::Kept
}

/// Nobody listens where the carrier should be.
async fn is_away(peer: Arc<dyn Peer>) -> Met {
    let Some(transport) = peer.away() else { return Met::NotHere };
    takes_nothing(&*peer, &send(&*transport, 1).await);
    Met::Kept
}

async fn is_reset_early(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::ResetEarly) {
        return Met::NotHere;
    }
    let transport = peer.transport(2, false);
    let reset = send(&*transport, 1).await;
    if !matches!(reset, Err(SendError::Unknown { .. })) {
        takes_nothing(&*peer, &reset);
    }
    peer.set(Mode::Accept);
    send(&*transport, 1).await.expect("accepted");
    Met::Kept
}

async fn falls_silent_at_each_moment(peer: Arc<dyn Peer>) -> Met {
    for (moment, fate) in peer.moments() {
        peer.set(Mode::Silent(moment));
        let silent = send(&*peer.transport(2, true), 1).await;
        let as_it_must = match (fate, &silent) {
            (Fate::Unavailable, Err(SendError::Unavailable { .. })) => !peer.is_one_of_many(),
            (Fate::Unavailable, Err(SendError::Transient { .. })) => peer.is_one_of_many(),
            (Fate::Unknown, Err(SendError::Unknown { .. })) | (Fate::Accepted, Ok(_)) => true,
            _ => false,
        };
        assert!(as_it_must, "silent at `{moment}`: {silent:?}");
    }
    if peer.moments().is_empty() { Met::NotHere } else { Met::Kept }
}

async fn answers_by_drips(peer: Arc<dyn Peer>) -> Met {
    is_unknown(&*peer, Mode::Drip).await
}

async fn loses_its_answer(peer: Arc<dyn Peer>) -> Met {
    is_unknown(&*peer, Mode::LoseAnswer).await
}

/// Neither the transport nor a client library under it asks again by itself, on a new connection or on one that was kept.
async fn is_asked_once_though_it_hangs_up(peer: Arc<dyn Peer>) -> Met {
    for mode in [Mode::LoseAnswer, Mode::HangUp] {
        for kept in [false, true] {
            let transport = peer.transport(1, false);
            peer.set(Mode::Accept);
            if kept {
                send(&*transport, 1).await.expect("accepted");
            }
            let before = peer.given();
            if !peer.set(mode) {
                return Met::NotHere;
            }
            let lost = send(&*transport, 2).await;
            assert!(matches!(lost, Err(SendError::Unknown { .. })), "{mode:?}, kept {kept}: {lost:?}");
            assert_eq!(peer.given() - before, 1, "{mode:?}, kept {kept}");
        }
    }
    Met::Kept
}

async fn is_unknown(peer: &dyn Peer, mode: Mode) -> Met {
    if !peer.set(mode) {
        return Met::NotHere;
    }
    // Only what never ends needs a hurry.
    let lost = send(&*peer.transport(2, mode == Mode::Drip), 1).await;
    assert!(matches!(lost, Err(SendError::Unknown { .. })), "{lost:?}");
    assert_eq!(peer.taken(), 1);
    Met::Kept
}

/// What the carrier has accepted stays accepted, or is in doubt, and is never read to the end.
async fn answers_a_megabyte(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::Verbose) {
        return Met::NotHere;
    }
    let transport = peer.transport(2, false);
    let sent = send(&*transport, 1).await;
    assert!(matches!(sent, Ok(_) | Err(SendError::Unknown { .. })), "{sent:?}");
    peer.set(Mode::Accept);
    send(&*transport, 2).await.expect("accepted");
    Met::Kept
}

/// What it says is cut short, and what its status says is heard. `send` looks at how much is repeated.
async fn refuses_in_megabytes(peer: Arc<dyn Peer>) -> Met {
    if !peer.set(Mode::RefuseAtLength) {
        return Met::NotHere;
    }
    let refused = send(&*peer.transport(2, false), 1).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(peer.taken(), 0);
    peer.set(Mode::DenyAtLength);
    let denied = send(&*peer.transport(2, false), 1).await;
    assert!(denied.is_err(), "{denied:?}");
    peer.set(Mode::Accept);
    send(&*peer.transport(2, false), 2).await.expect("accepted");
    Met::Kept
}

async fn keeps_ten_thousand_within_its_connections(peer: Arc<dyn Peer>) -> Met {
    let many = 10_000;
    let cap = 4;
    let transport = peer.transport(cap, false);
    let results = join_all((0..many).map(|number| send(&*transport, number))).await;
    assert!(results.iter().all(Result::is_ok), "{:?}", results.iter().find(|result| result.is_err()));
    assert_eq!(peer.taken(), many);
    let allowed = cap + peer.spare_connections(cap);
    assert!(peer.most_connections().is_none_or(|most| most <= allowed), "{:?}", peer.most_connections());
    Met::Kept
}

async fn survives_cancelled_sends(peer: Arc<dyn Peer>) -> Met {
    let transport = peer.transport(1, false);
    for moment in 0..12 {
        let moment = Duration::from_micros(moment * 300);
        let _ = tokio::time::timeout(moment, send(&*transport, 901)).await;
        send(&*transport, 902).await.expect("accepted after a cancelled one");
    }
    // With a half-used connection this would read the answer to another message.
    if peer.set(Mode::RefuseAddress) {
        let refused = send(&*transport, 903).await;
        assert!(matches!(refused, Err(SendError::AddressInvalid { .. })), "{refused:?}");
    }
    Met::Kept
}

async fn probes(peer: Arc<dyn Peer>) -> Met {
    let transport = peer.transport(2, false);
    let said = transport.probe().await.expect("a good end");
    assert!(!said.is_empty() && !said.contains(SECRET));
    // Of many carriers none can be asked about credentials that they all are shown.
    if !peer.is_one_of_many() && peer.sees_probes() && peer.set(Mode::Deny) {
        let denied = transport_of(&*peer).probe().await.expect_err("wrong credentials");
        assert!(matches!(denied, SendError::Misconfigured { .. }), "{denied:?}");
        tells_no_secret(&denied);
    }
    if let Some(away) = peer.away() {
        let away = away.probe().await.expect_err("nobody is there");
        assert!(matches!(away, SendError::Unavailable { .. }), "{away:?}");
    }
    assert_eq!(peer.taken(), 0, "a probe sends nothing");
    Met::Kept
}

fn transport_of(peer: &dyn Peer) -> Arc<dyn Transport> {
    peer.transport(2, false)
}

async fn closes(peer: Arc<dyn Peer>) -> Met {
    let transport = peer.transport(2, false);
    assert!(transport.concurrency() > 0 && !transport.name().is_empty());
    assert!(transport.longest_send() > Duration::ZERO);
    send(&*transport, 1).await.expect("accepted");
    transport.close().await;
    // Where nothing has to be closed, nothing is.
    let after = send(&*transport, 2).await;
    if after.is_err() {
        takes_nothing(&*peer, &after);
    }
    Met::Kept
}
