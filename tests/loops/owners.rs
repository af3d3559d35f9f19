//! Owners whose addresses only the directory knows, and a directory that comes and goes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::Dice;
use dashlight::config::{self, Network};
use dashlight::event::Reason;
use dashlight::policy::{Channel, Window};
use dashlight::resilience::Pulse;
use dashlight::transport::{Route, SendError};
use jiff::SignedDuration;

use super::http::{Answer, HttpServer};
use super::support::fakes::{self, FakeTransport};
use super::{Stage, error, until};

/// A worker with both channels, and its directory.
struct Scene {
    stage: Stage,
    directory: HttpServer,
    mail: Arc<FakeTransport>,
    push: Arc<FakeTransport>,
}

impl Scene {
    fn start(mail: Arc<FakeTransport>, directory: HttpServer) -> Self {
        Self::start_with(mail, directory, |_| {})
    }

    /// At its start it is eight in the morning by the app's clock, and the night is just over.
    fn with_nights(directory: HttpServer, grace: SignedDuration) -> Self {
        Self::start_with(FakeTransport::answering([]), directory, |config| {
            config.channels.get_mut(&Channel::Email).unwrap().quiet_hours = Window::parse("21:30-08:00");
            config.policy.all.grace = Some(grace);
        })
    }

    fn start_with(
        mail: Arc<FakeTransport>,
        directory: HttpServer,
        configure: impl FnOnce(&mut config::Config),
    ) -> Self {
        let push = FakeTransport::pushing();
        let config = config::Directory {
            url: Some(format!("{}/{{app}}/{{id}}", directory.url())),
            timeout: Duration::from_secs(10),
            cache_size: 1 << 20,
            ..config::Directory::default()
        };
        let network = Network { connect_timeout: Duration::from_secs(10), ..Network::default() };
        let known = dashlight::directory::from_config(&config, &network, &Pulse::default()).unwrap();
        let route = |carrier: &Arc<FakeTransport>| Arc::new(Route::only(carrier.clone(), Arc::new(Dice::seeded(7))));
        let routes = BTreeMap::from([(Channel::Email, route(&mail)), (Channel::Push, route(&push))]);
        let stage = Stage::staged(routes, known, Duration::from_millis(5), 10_000, |config| {
            config.policy.all.grace = Some(SignedDuration::ZERO);
            configure(config);
        });
        Self { stage, directory, mail, push }
    }

    /// Lets time pass until so many of each have been accepted.
    async fn carried(&self, mails: usize, pushes: usize) {
        until(async || {
            self.stage.clock.advance(SignedDuration::from_secs(1));
            (self.mail.count(), self.push.count()) == (mails, pushes)
        })
        .await;
    }

    /// The next endings, sorted, but for those of what waits for the directory, and of what was looked at seconds ago by the time
    /// that passes here, and is looked at again.
    async fn endings(&mut self, count: usize) -> Vec<String> {
        let mut endings = Vec::new();
        while endings.len() < count {
            let ending = self.stage.ending().await;
            self.stage.clock.advance(SignedDuration::from_secs(1));
            let passes = ["postponed: directory-down", "released"].contains(&&*ending);
            endings.extend(Some(ending).filter(|_| !passes));
        }
        endings.sort();
        endings
    }
}

/// Without an address.
fn left(owner: &str) -> String {
    format!(
        r#"{{"app":"chargeup","recipient":{{"id":"{owner}"}},"error":{{"type":"CONNECTED_SERVICES_ACCOUNT","code":"AUTHENTICATION_FAILED"}}}}"#
    )
}

fn owner(email: &str, devices: &[&str]) -> Answer {
    let devices: Vec<String> =
        devices.iter().map(|token| format!(r#"{{"platform":"apns","token":"{token}"}}"#)).collect();
    Answer::reply(200, format!(r#"{{"email":"{email}","locale":"sv","devices":[{}]}}"#, devices.join(",")))
}

#[tokio::test]
async fn an_owner_is_looked_up_and_each_of_the_devices_that_are_named_is_reached_once() {
    let directory = HttpServer::start(|_| owner("found@example.com", &["a", "b", "a"]));
    let mut scene = Scene::start(FakeTransport::answering([]), directory);
    scene.stage.give(&[left("u")]);
    assert_eq!(scene.stage.finished().await, (1, vec![]));
    assert_eq!(scene.endings(4).await, ["addressed", "sent", "sent", "sent"]);
    assert_eq!(scene.mail.addresses(), ["found@example.com"]);
    let mut reached = scene.push.addresses();
    reached.sort();
    assert_eq!(reached, ["a", "b"]);
    let message = scene.mail.accepted.lock().unwrap()[0].clone();
    assert!(matches!(message, dashlight::message::Message::Email(email) if email.locale == "sv"));
    scene.stage.stop().await;
}

#[tokio::test]
async fn while_the_directory_is_down_nobody_is_held_up_and_those_it_knows_are_told_when_it_is_back() {
    let mut scene = Scene::start(FakeTransport::answering([]), HttpServer::start(|_| Answer::reply(503, "")));
    let owners: Vec<String> = (0..20).map(|number| left(&format!("u{number}"))).collect();
    scene.stage.give(&owners);
    scene.stage.give(&[error(1)]);
    assert_eq!(scene.stage.finished().await, (20, vec![]));
    assert_eq!(scene.stage.finished().await, (1, vec![]));
    assert_eq!(scene.endings(1).await, ["sent"]);
    assert_eq!(scene.mail.addresses(), ["user-1@example.com"]);
    scene
        .directory
        .set(|request| owner(&format!("{}@example.com", request.path.replace("/chargeup/", "")), &["a", "b"]));
    scene.carried(21, 40).await;
    // No try was counted, and none was lost.
    let census = scene.stage.stop().await;
    assert_eq!((census.sent, census.failed, census.retrying), (61, 0, 0));
}

#[tokio::test]
async fn an_owner_about_whom_the_directory_stumbles_waits_and_no_other_does() {
    let directory = HttpServer::start(|request| match &*request.path {
        "/chargeup/sick" => Answer::reply(500, ""),
        _ => owner("well@example.com", &[]),
    });
    let mut scene = Scene::start(FakeTransport::answering([]), directory);
    scene.stage.give(&[left("sick")]);
    scene.stage.give(&[left("well")]);
    for _ in 0..2 {
        assert_eq!(scene.stage.finished().await, (1, vec![]));
    }
    assert_eq!(scene.endings(1).await, ["sent"]);
    assert_eq!(scene.mail.addresses(), ["well@example.com"]);
    assert_eq!(scene.stage.stop().await.planned, 5 + 2, "all of the ladder; the reminders");
}

#[tokio::test]
async fn a_reminder_goes_to_todays_address_also_where_the_first_was_dead() {
    let directory = HttpServer::start(|_| owner("old@example.com", &["old"]));
    let dead = SendError::AddressInvalid { detail: "550 5.1.1".into() };
    let mail = FakeTransport::answering([fakes::Answer::Refuse(dead)]);
    let mut scene = Scene::start(mail, directory);
    scene.stage.give(&[left("u")]);
    assert_eq!(scene.endings(3).await, ["addressed", "failed: address-invalid", "sent"]);
    scene.stage.clock.advance(SignedDuration::from_hours(3 * 24));
    assert_eq!(scene.endings(1).await, ["failed: suppressed"], "nobody has brought another address");
    scene.directory.set(|_| owner("new@example.com", &["new"]));
    scene.stage.clock.advance(SignedDuration::from_hours(4 * 24));
    assert_eq!(scene.endings(3).await, ["addressed", "sent", "sent"]);
    assert_eq!(
        (scene.mail.addresses(), scene.push.addresses()),
        (vec!["new@example.com".into()], vec!["old".into(), "new".into()])
    );
    scene.stage.stop().await;
}

#[tokio::test]
async fn an_owner_whom_the_directory_does_not_know_comes_to_a_clear_end() {
    let mut scene = Scene::start(FakeTransport::answering([]), HttpServer::start(|_| Answer::reply(404, "")));
    scene.stage.give(&[left("unknown")]);
    assert_eq!(scene.stage.finished().await, (1, vec![Reason::NoAddress]));
    scene.directory.set(|_| Answer::reply(503, ""));
    scene.stage.give(&[left("gone")]);
    assert_eq!(scene.stage.finished().await, (1, vec![]));
    assert_eq!(scene.stage.ending().await, "postponed: directory-down");
    scene.directory.set(|_| Answer::reply(404, ""));
    assert_eq!(scene.endings(2).await, ["failed: no-address"; 2]);
    scene.stage.stop().await;
}

#[tokio::test]
async fn an_owner_whom_the_directory_has_lost_is_asked_about_once_more_before_a_reminder_fails() {
    for is_found_again in [true, false] {
        let mut scene = Scene::start(FakeTransport::answering([]), HttpServer::start(|_| owner("u@example.com", &[])));
        scene.stage.give(&[left("u")]);
        assert_eq!(scene.endings(1).await, ["sent"]);
        scene.directory.set(|_| Answer::reply(404, ""));
        scene.stage.clock.advance(SignedDuration::from_hours(3 * 24));
        assert_eq!(scene.stage.ending().await, "postponed: owner-unknown");
        // A minute is not enough: what it said last would still be in its caches, and in those between.
        scene.stage.clock.advance(SignedDuration::from_mins(9));
        scene.stage.give(&[error(1)]);
        assert_eq!(scene.stage.ending().await, "sent");
        if is_found_again {
            scene.directory.set(|_| owner("new@example.com", &[]));
        }
        scene.stage.clock.advance(SignedDuration::from_mins(6));
        let expected = if is_found_again { "sent" } else { "failed: no-address" };
        assert_eq!(scene.stage.ending().await, expected);
        assert_eq!(scene.mail.addresses().contains(&"new@example.com".to_owned()), is_found_again);
        scene.stage.stop().await;
    }
}

#[tokio::test]
async fn a_directory_that_never_answers_slows_no_message_that_does_not_need_it() {
    let mut scene = Scene::start(FakeTransport::answering([]), HttpServer::start(|_| Answer::Silence));
    let owners: Vec<String> = (0..200).map(|number| left(&format!("u{number}"))).collect();
    scene.stage.give(&owners);
    assert_eq!(scene.stage.finished().await, (200, vec![]));
    for number in 0..100 {
        scene.stage.give(&[error(number)]);
    }
    until(async || scene.mail.count() == 100).await;
    assert_eq!(scene.push.count(), 0);
    // Nothing is lost on the way out either.
    let census = scene.stage.stop().await;
    assert_eq!((census.sent, census.failed, census.sending, census.planned), (100, 0, 0, 200 * 5));
}

/// Of an owner in New York, where the night lasts five hours longer.
fn in_new_york() -> Answer {
    Answer::reply(200, r#"{"email":"other@example.com","timezone":"America/New_York"}"#)
}

#[tokio::test]
async fn an_owner_of_whom_the_event_brings_an_address_and_no_zone_is_not_woken() {
    let mut scene = Scene::with_nights(HttpServer::start(|_| in_new_york()), SignedDuration::ZERO);
    scene.stage.give(&[error(1), error(2).replace(r#""id":"user-2","#, r#""id":"user-2","timezone":"Europe/Paris","#)]);
    assert_eq!(scene.stage.finished().await, (2, vec![]));
    // The event's own word goes first.
    assert_eq!(scene.stage.ending().await, "sent");
    assert_eq!(scene.mail.addresses(), ["user-2@example.com"]);
    scene.stage.clock.advance(SignedDuration::from_hours(5) - SignedDuration::from_secs(1));
    scene.stage.give(&[error(3).replace(r#""id":"user-3","#, r#""id":"user-3","timezone":"UTC","#)]);
    assert_eq!(scene.stage.ending().await, "sent");
    assert_eq!(scene.mail.count(), 2);
    scene.stage.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(scene.stage.ending().await, "sent");
    // What it says of the address is none of the event's.
    assert_eq!(scene.mail.addresses().last().map(String::as_str), Some("user-1@example.com"));
    scene.stage.stop().await;
}

#[tokio::test]
async fn a_zone_that_could_not_be_asked_for_at_first_is_asked_for_before_the_send() {
    let grace = SignedDuration::from_mins(10);
    let mut scene = Scene::with_nights(HttpServer::start(|_| Answer::reply(503, "")), grace);
    scene.stage.give(&[error(1)]);
    assert_eq!(scene.stage.finished().await, (1, vec![]));
    scene.directory.set(|_| in_new_york());
    scene.stage.clock.advance(grace);
    assert_eq!(scene.stage.ending().await, "postponed: quiet-hours");
    assert_eq!(scene.mail.count(), 0);
    scene.stage.clock.advance(SignedDuration::from_hours(5) - grace);
    assert_eq!(scene.stage.ending().await, "sent");
    scene.stage.stop().await;
}

#[tokio::test]
async fn without_a_word_of_where_they_live_owners_with_an_address_are_told_by_the_apps_clock() {
    for answer in [|| Answer::reply(503, ""), || Answer::Silence, || Answer::reply(404, "")] {
        let mut scene = Scene::with_nights(HttpServer::start(move |_| answer()), SignedDuration::ZERO);
        scene.stage.give(&(0..50).map(error).collect::<Vec<_>>());
        assert_eq!(scene.stage.finished().await, (50, vec![]));
        for _ in 0..50 {
            assert_eq!(scene.stage.ending().await, "sent");
        }
        scene.stage.stop().await;
    }
}
