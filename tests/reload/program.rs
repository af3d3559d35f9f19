//! SIGHUP, and an edit, in the program itself. It waits for a broker that is not there, which keeps it from none of this.

#[path = "../support/worker.rs"]
mod worker;

use serde_json::{Value as Json, json};
use worker::{Peers, Site as Place, Worker};

use crate::site::{self, BROKEN, Site, TEXT, WORDS};
use crate::until;

/// Nothing listens there.
const NOBODY: Peers<'static> =
    Peers { amqp: "amqp://guest:guest@127.0.0.1:1/%2f", queue: "work", dead_letters: "dead", smtp_port: 1 };

async fn hears(place: &Place, what: &str) {
    until(&format!("{what}\n{}", place.log()), || place.whole_log().contains(what)).await;
}

/// Asked for where the log says.
async fn health(place: &Place) -> (u16, Json) {
    let log = place.whole_log();
    let address = log.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("told");
    // It stays unused, but reqwest asks for one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::get(format!("http://{address}/health/ready")).await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn ends_well(mut worker: Worker) {
    worker.ask_to_stop();
    let mut status = None;
    while status.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        status = worker.ended();
    }
    assert_eq!(status.and_then(|status| status.code()), Some(0));
}

#[tokio::test]
async fn a_worker_takes_up_edits_and_a_hangup_does_not_end_it() {
    let (site, place) = (Site::new(), Place::new(&NOBODY));
    let folder = |name: &str| format!("content.{name}={}", site.file(name).display());
    let worker = place.start_with(&[&folder("templates"), &folder("locales"), "telemetry.listen=127.0.0.1:0"]);
    hears(&place, "started").await;
    let (status, account) = health(&place).await;
    assert_eq!((status, &account["content"]["broken"]), (503, &Json::Null), "there is no broker: {account}");
    worker.signal("HUP");
    hears(&place, "SIGHUP: the content has not changed").await;
    site.save(WORDS, &site::words(2));
    hears(&place, "new content is in force").await;
    site.save(TEXT, BROKEN);
    hears(&place, "the content is broken").await;
    let (status, account) = health(&place).await;
    assert_eq!((status, &account["content"]["broken"]["codes"]), (503, &json!(["template/syntax"])));
    assert!(account["broker"]["reason"].is_string(), "{account}");
    worker.signal("HUP");
    hears(&place, "SIGHUP: the content is still broken").await;
    site.save(TEXT, &site::text(2));
    hears(&place, "the content is mended and in force").await;
    ends_well(worker).await;
}

#[tokio::test]
async fn a_hangup_does_not_end_a_worker_whose_content_is_built_in() {
    let place = Place::new(&NOBODY);
    let worker = place.start();
    hears(&place, "started").await;
    worker.signal("HUP");
    hears(&place, "SIGHUP: the content is built in").await;
    ends_well(worker).await;
}
