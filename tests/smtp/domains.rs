//! What one domain may have, and what it has no part in.

use std::time::Duration;

use dashlight::config::{self, DomainLimits};
use dashlight::transport::{SendError, Transport as _};
use futures_util::future::join_all;

use super::send;
use super::support::{Server, settings};

#[tokio::test]
async fn a_domain_that_asks_for_less_is_left_alone_while_the_others_flow() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = super::smtp(&config::Smtp { max_connections: 2, ..settings(server.port) });
    for (reply, domain) in [("rcpt421.4.7.28", "busy.example"), ("data450.4.7.1", "picky.example")] {
        let Err(SendError::Transient { retry_after: Some(wait), .. }) = send(&smtp, &format!("{reply}@{domain}")).await
        else {
            panic!("{domain} was not understood")
        };
        assert_eq!(wait, Duration::from_secs(30));
        let held = send(&smtp, &format!("anna@{domain}")).await;
        assert!(matches!(held, Err(SendError::Held { wait: left, .. }) if left <= wait), "{held:?}");
        for _ in 0..3 {
            send(&smtp, "anna@example.com").await.unwrap();
        }
    }
    assert_eq!(server.messages().len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_gets_as_many_at_once_and_over_one_connection_as_it_may() {
    let Some(server) = Server::start(&["--delay", "0.02"]) else { return };
    let limits = DomainLimits { max_connections: Some(1), max_messages_per_connection: Some(2) };
    let domains = [("narrow.example".to_owned(), limits)].into();
    let smtp = super::smtp(&config::Smtp { domains, ..settings(server.port) });
    let addresses = ["anna@narrow.example", "anna@example.com", "bob@narrow.example", "bob@example.com"];
    let sent = join_all(addresses.map(|address| send(&smtp, address))).await;
    assert!(matches!(&sent[..], [Ok(_), Ok(_), Err(SendError::Held { .. }), Ok(_)]), "{sent:?}");
    smtp.close().await;

    let smtp = super::smtp(&config::Smtp {
        domains: [("narrow.example".to_owned(), limits)].into(),
        max_connections: 1,
        ..settings(server.port)
    });
    let before = server.connections().len();
    for address in ["a@narrow.example", "b@example.com", "c@narrow.example", "d@example.com", "e@narrow.example"] {
        send(&smtp, address).await.unwrap();
    }
    let used = &server.connections()[before..];
    assert_eq!(used.iter().map(|number| number - used[0]).collect::<Vec<_>>(), [0, 0, 0, 1, 1]);
}
