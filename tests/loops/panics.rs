//! Faults of our own in the intake: each costs the event that it is about, and nothing else.

use dashlight::directory::DirectoryError;
use dashlight::event::Recipient;
use dashlight::failpoint;

use super::*;

/// Knows everybody, and panics about one.
struct Trapped;

#[async_trait]
impl Directory for Trapped {
    async fn find(&self, _: &str, recipient: &str) -> Result<Option<Recipient>, DirectoryError> {
        assert!(recipient != "user-2", "the directory was told to panic");
        let email = Some(format!("{recipient}@example.com"));
        Ok(Some(Recipient { id: recipient.to_owned(), email, ..Recipient::default() }))
    }

    async fn probe(&self, _: &str) -> Result<Option<Recipient>, DirectoryError> {
        Ok(None)
    }
}

/// Of three events the second is kept with its reason, and the worker goes on.
async fn costs_only_the_second(directory: Arc<dyn Directory>, events: [String; 3], doing: &str) {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with_directory(Arc::clone(&transport), directory);
    stage.give(&events);
    let (count, mut rejected) = patiently(stage.feed.finished.recv()).await.expect("the worker runs");
    let rejected = rejected.pop().filter(|_| rejected.is_empty()).expect("one is rejected");
    assert_eq!((count, rejected.index, rejected.reject.reason), (3, 1, Reason::Panicked));
    assert_eq!(rejected.reject.detail, format!("{doing} made dashlight panic; please report it"));
    stage.give(&[error(4)]);
    assert_eq!(stage.finished().await, (1, vec![]));
    for _ in 0..3 {
        assert_eq!(stage.ending().await, "sent");
    }
    let mut addresses = transport.addresses();
    addresses.sort();
    assert_eq!(addresses, [1, 3, 4].map(|owner| format!("user-{owner}@example.com")));
    stage.stop().await;
}

#[tokio::test]
async fn a_panic_while_an_event_is_routed_costs_that_event() {
    failpoint::arm("routing=panic@2");
    let events = [1, 2, 3].map(error);
    costs_only_the_second(Arc::new(NoDirectory), events, "finding out how its owner can be reached").await;
}

#[tokio::test]
async fn a_panic_while_the_directory_is_asked_costs_that_event() {
    let events = [1, 2, 3].map(|owner| error(owner).replace(&format!(r#","email":"user-{owner}@example.com""#), ""));
    costs_only_the_second(Arc::new(Trapped), events, "finding out how its owner can be reached").await;
}

#[tokio::test]
async fn a_panic_while_an_event_is_decided_about_costs_that_event() {
    failpoint::arm("deciding=panic@2");
    costs_only_the_second(Arc::new(NoDirectory), [1, 2, 3].map(error), "deciding about it").await;
}
