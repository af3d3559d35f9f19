//! Who is asked, in which order, and who is not.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::time::Instant;

use super::rung::Now;
use super::*;
use crate::ledger::DispatchId;
use crate::message::{Email, Mailbox};
use crate::policy::Channel;
use crate::resilience::Rate;
use crate::resilience::log_for_tests::Log;

/// A carrier that answers as it was told, and then accepts.
struct Scripted {
    name: &'static str,
    after_doubt: AfterDoubt,
    is_one: bool,
    answers: Mutex<VecDeque<SendError>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn new(name: &'static str, answers: impl IntoIterator<Item = SendError>) -> Arc<Self> {
        Arc::new(Self::told(name, answers))
    }

    fn told(name: &'static str, answers: impl IntoIterator<Item = SendError>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect());
        Self { name, after_doubt: AfterDoubt::Resend, is_one: true, answers, asked: Mutex::default() }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for Scripted {
    fn name(&self) -> &str {
        self.name
    }
    fn channel(&self) -> Channel {
        Channel::Email
    }
    fn is_one_carrier(&self) -> bool {
        self.is_one
    }
    fn concurrency(&self) -> usize {
        4
    }
    fn after_doubt(&self) -> AfterDoubt {
        self.after_doubt
    }
    fn longest_send(&self) -> Duration {
        Duration::from_secs(10)
    }
    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        self.asked.lock().unwrap().push(message.id().as_str().to_owned());
        match self.answers.lock().unwrap().pop_front() {
            Some(fault) => Err(fault),
            None => Ok(Accepted::default()),
        }
    }
    async fn probe(&self) -> Result<String, SendError> {
        Ok("scripted".to_owned())
    }
    async fn close(&self) {}
}

fn mail(id: &str) -> Message {
    let mailbox = || Mailbox { name: None, address: "a@b.example".to_owned() };
    Message::Email(Email {
        id: DispatchId::from_stored(id.to_owned()),
        date: jiff::Timestamp::UNIX_EPOCH,
        from: mailbox(),
        reply_to: None,
        to: mailbox(),
        subject: "s".to_owned(),
        html: "h".to_owned(),
        text: "t".to_owned(),
        inline: Vec::new(),
        locale: "en".to_owned(),
        feedback_id: "f".to_owned(),
        list_unsubscribe: None,
        test: false,
    })
}

/// A watch that a test moves.
fn watch() -> (Arc<Mutex<Instant>>, Now) {
    let watch = Arc::new(Mutex::new(Instant::now()));
    let shown = Arc::clone(&watch);
    (watch, Arc::new(move || *shown.lock().unwrap()))
}

/// Its time stands still.
fn ladder(transports: &[&Arc<Scripted>], weights: &[u32]) -> Ladder {
    ladder_by(&watch().1, transports, weights)
}

fn ladder_by(now: &Now, transports: &[&Arc<Scripted>], weights: &[u32]) -> Ladder {
    let dice = Arc::new(Dice::seeded(1));
    let rung = |transport: &&Arc<Scripted>| {
        Arc::new(Rung::with(Arc::clone(transport) as _, Arc::clone(&dice), Arc::clone(now)))
    };
    Ladder::new(transports.iter().map(rung).collect(), weights.to_vec())
}

fn route(transports: &[&Arc<Scripted>]) -> Route {
    Route::new(ladder(transports, &[]), BTreeMap::new())
}

async fn send(route: &Route, id: &str, only: Option<&str>) -> Carried {
    let message = mail(id);
    route.send(Parcel { app: "volta", message: &message, only }, &()).await
}

fn down() -> SendError {
    SendError::Unavailable { detail: "down".to_owned(), retry_after: None }
}

#[tokio::test]
async fn another_carries_what_the_first_has_certainly_not_accepted() {
    let denied = SendError::Misconfigured { detail: "wrong key".to_owned() };
    for fault in [down(), denied] {
        let (first, second) = (Scripted::new("first", [fault]), Scripted::new("second", []));
        let carried = send(&route(&[&first, &second]), "1", None).await;
        assert!(carried.result.is_ok());
        assert_eq!((carried.transport.as_str(), first.asked(), second.asked()), ("second", 1, 1));
    }
}

/// Writes down whom a message was about to be given to, and how many times that one had been asked.
struct Notes {
    lines: Mutex<Vec<String>>,
    second: Arc<Scripted>,
    agrees: bool,
}

#[async_trait]
impl Witness for Notes {
    async fn knows(&self, transport: &str) -> bool {
        self.lines.lock().unwrap().push(format!("{transport} after {}", self.second.asked()));
        self.agrees
    }
}

#[tokio::test]
async fn whoever_stands_in_is_asked_only_when_it_is_known_that_they_are() {
    for (faults, agrees, lines, asked) in
        [(0, true, vec![], 0), (1, true, vec!["second after 0"], 1), (1, false, vec!["second after 0"], 0)]
    {
        let (first, second) = (Scripted::new("first", vec![down(); faults]), Scripted::new("second", []));
        let notes = Notes { lines: Mutex::default(), second: Arc::clone(&second), agrees };
        let message = mail("1");
        let carried =
            route(&[&first, &second]).send(Parcel { app: "volta", message: &message, only: None }, &notes).await;
        assert_eq!(
            (notes.lines.into_inner().unwrap(), second.asked()),
            (lines.into_iter().map(str::to_owned).collect(), asked)
        );
        assert_eq!(carried.result.is_ok(), agrees);
    }
}

#[tokio::test]
async fn nobody_else_is_asked_about_a_message_in_doubt_or_at_fault() {
    let detail = || "x".to_owned();
    for fault in [
        SendError::Unknown { detail: detail(), retry_after: None },
        SendError::AddressInvalid { detail: detail() },
        SendError::Permanent { detail: detail() },
        SendError::Transient { detail: detail(), retry_after: None },
    ] {
        let (first, second) = (Scripted::new("first", [fault.clone()]), Scripted::new("second", []));
        let carried = send(&route(&[&first, &second]), "1", None).await;
        assert_eq!((carried.result, carried.transport.as_str()), (Err(fault), "first"));
        assert_eq!(second.asked(), 0);
    }
}

#[tokio::test]
async fn a_message_in_doubt_stays_with_the_one_that_may_have_accepted_it() {
    let (first, second) = (Scripted::new("first", []), Scripted::new("second", [down(), down()]));
    let route = route(&[&first, &second]);
    let carried = send(&route, "1", Some("second")).await;
    assert_eq!((carried.result, carried.transport.as_str()), (Err(down()), "second"));
    let gone = send(&route, "1", Some("third")).await;
    assert!(matches!(gone.result, Err(SendError::Unknown { .. })));
    assert_eq!((gone.after_doubt, route.after_doubt("volta", "third")), (AfterDoubt::Park, AfterDoubt::Park));
    assert_eq!(first.asked(), 0);
}

#[tokio::test]
async fn a_first_choice_that_recovers_gets_its_work_back_by_degrees() {
    let (first, second) = (Scripted::new("first", std::iter::repeat_n(down(), 3)), Scripted::new("second", []));
    let (watch, now) = watch();
    let route = Route::new(ladder_by(&now, &[&first, &second], &[]), BTreeMap::new());
    for number in 0..10 {
        assert!(send(&route, &number.to_string(), None).await.result.is_ok());
    }
    assert_eq!((first.asked(), second.asked()), (3, 10), "after three faults it is left alone");
    *watch.lock().unwrap() += Duration::from_secs(2);
    assert_eq!(send(&route, "trial", None).await.transport, "first");
    for number in 0..4 {
        assert_eq!(send(&route, &number.to_string(), None).await.transport, "first");
    }
    assert!(route.shared.rungs[0].allowance().is_none());
}

#[tokio::test]
async fn a_first_choice_that_others_stand_in_for_is_told_of_once_and_once_it_is_trusted_again() {
    let (log, _listening) = Log::listen();
    let (first, second) = (Scripted::new("first", std::iter::repeat_n(down(), 3)), Scripted::new("second", []));
    let (watch, now) = watch();
    let route = Route::new(ladder_by(&now, &[&first, &second], &[]), BTreeMap::new());
    for number in 0..10 {
        send(&route, &number.to_string(), None).await.result.unwrap();
    }
    let warning = " WARN out of service; trying again until it works: unavailable: down \
                   what=\"transport `first`, which others stand in for\"\n";
    assert_eq!(log.text(), warning, "one line for ten messages");
    *watch.lock().unwrap() += Duration::from_secs(2);
    for number in 0..5 {
        assert_eq!(send(&route, &number.to_string(), None).await.transport, "first");
    }
    let text = log.text();
    let end = text.strip_prefix(warning).expect("the warning is told once");
    let told = " INFO in service again what=\"transport `first`, which others stand in for\" tries=10 ";
    assert!(end.starts_with(told) && end.lines().count() == 1, "{end}");
}

#[tokio::test]
async fn a_first_choice_that_has_taken_its_share_is_waited_for_and_not_at_fault() {
    let (first, second) = (Scripted::new("first", []), Scripted::new("second", []));
    let (watch, now) = watch();
    let dice = Arc::new(Dice::seeded(1));
    let rung = |transport: &Arc<Scripted>| Rung::with(Arc::clone(transport) as _, Arc::clone(&dice), Arc::clone(&now));
    let limited = rung(&first).at_most(Rate::parse("1/h").unwrap());
    let route = Route::new(Ladder::new(vec![Arc::new(limited), Arc::new(rung(&second))], Vec::new()), BTreeMap::new());
    assert_eq!(route.room(Duration::ZERO), None, "the second takes as many as come");
    assert!(send(&route, "1", None).await.result.is_ok());
    let hour = Duration::from_hours(1);
    assert_eq!(send(&route, "2", None).await.unasked, Some(Unasked::Full(hour)));
    assert_eq!(send(&route, "3", None).await.unasked, Some(Unasked::Full(hour)));
    assert_eq!((first.asked(), second.asked()), (1, 0));
    assert!(route.shared.rungs[0].allowance().is_none());
    *watch.lock().unwrap() += hour;
    assert_eq!(send(&route, "2", None).await.transport, "first");
}

#[tokio::test]
async fn when_all_are_down_every_cause_is_told_and_the_first_to_be_back_is_waited_for() {
    let throttled =
        SendError::Unavailable { detail: "slow down".to_owned(), retry_after: Some(Duration::from_secs(30)) };
    let denied = SendError::Misconfigured { detail: "wrong key".to_owned() };
    let (first, second) = (Scripted::new("first", [denied]), Scripted::new("second", [throttled]));
    let route = route(&[&first, &second]);
    let told = "`first`: misconfigured: wrong key; `second`: unavailable: slow down";
    for _ in 0..3 {
        let carried = send(&route, "1", None).await;
        assert_eq!(
            carried.result,
            Err(SendError::Unavailable { detail: told.to_owned(), retry_after: Some(Duration::from_secs(30)) })
        );
    }
    assert_eq!((first.asked(), second.asked()), (1, 1), "no hot loop");
}

#[tokio::test]
async fn a_dead_address_is_no_fault_of_the_carrier() {
    let dead = || SendError::AddressInvalid { detail: "x".to_owned() };
    let first = Scripted::new("first", std::iter::repeat_with(dead).take(20));
    let route = route(&[&first]);
    for _ in 0..20 {
        assert_eq!(send(&route, "1", None).await.result, Err(dead()));
    }
    assert!(send(&route, "1", None).await.result.is_ok());
}

#[tokio::test]
async fn one_of_many_services_that_is_silent_stops_none_of_the_others() {
    let silence = || SendError::Unknown { detail: "silence".to_owned(), retry_after: None };
    let many =
        Arc::new(Scripted { is_one: false, ..Scripted::told("webpush", std::iter::repeat_with(silence).take(10)) });
    let route = route(&[&many]);
    for id in 0..10 {
        assert_eq!(send(&route, &id.to_string(), None).await.result, Err(silence()));
    }
    assert!(send(&route, "11", None).await.result.is_ok());
}

#[tokio::test]
async fn an_app_whose_sender_is_refused_waits_and_the_others_do_not() {
    let only = Scripted::new("smtp", [SendError::SenderRefused { detail: "not verified".to_owned() }]);
    let route = route(&[&only]);
    let send = async |app, id| route.send(Parcel { app, message: &mail(id), only: None }, &()).await;
    let refused = send("ampwise", "1").await;
    assert_eq!(refused.result, Err(SendError::SenderRefused { detail: "not verified".to_owned() }));
    let waits = send("ampwise", "2").await;
    assert!(matches!(waits.unasked, Some(Unasked::LeftAlone(_))), "{waits:?}");
    for id in ["3", "4", "5"] {
        assert!(send("chargeup", id).await.result.is_ok());
    }
    assert_eq!(only.asked(), 4);
    assert_eq!(route.trials(), None, "the carrier itself is trusted");
}

#[tokio::test]
async fn weights_share_the_messages_and_each_keeps_its_place() {
    let (first, second) = (Scripted::new("first", []), Scripted::new("second", []));
    let route = Route::new(ladder(&[&first, &second], &[3, 1]), BTreeMap::new());
    for number in 0..400 {
        let id = number.to_string();
        assert_eq!(send(&route, &id, None).await.transport, send(&route, &id, None).await.transport);
    }
    assert!((140..=260).contains(&second.asked()), "{} of 800", second.asked());
}

#[tokio::test]
async fn an_app_may_have_transports_of_its_own() {
    let (shared, own) = (Scripted::new("shared", []), Scripted::new("own", []));
    let route = Route::new(ladder(&[&shared], &[]), BTreeMap::from([("volta".to_owned(), ladder(&[&own], &[]))]));
    assert_eq!(send(&route, "1", None).await.transport, "own");
    let message = mail("2");
    let other = route.send(Parcel { app: "ampwise", message: &message, only: None }, &()).await;
    assert_eq!(other.transport, "shared");
    assert_eq!((route.transports().len(), route.concurrency()), (2, 4));
}
