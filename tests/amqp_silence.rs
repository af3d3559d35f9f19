//! A peer that accepts connections and never says a word costs nothing but time. A binary of its own, since it counts
//! the threads and descriptors of its process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

#[path = "support/relay.rs"]
mod relay;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::{Dice, SystemClock};
use dashlight::config::{self, Declare, QueueType, Secret};
use dashlight::source::{AmqpSource, Source};
use relay::{Mode, Relay};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_mins(3);

/// Threads and open descriptors of this process.
fn held() -> (usize, usize) {
    let count = |dir| std::fs::read_dir(dir).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

/// One attempt may be under way then and now: a thread, and two sockets with two handles of one. What is being closed may
/// take a moment.
async fn until_let_go((threads, descriptors): (usize, usize)) {
    while held().0 > threads + 2 || held().1 > descriptors + 6 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_idle(relay: &Relay) {
    while relay.open() > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_peer_that_accepts_and_stays_silent_is_tried_again_and_leaks_nothing() {
    let relay = Relay::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)), Mode::Silent).await;
    let config = config::Rabbitmq {
        url: Secret::new(format!("amqp://127.0.0.1:{}", relay.port())),
        queue: "work".to_owned(),
        dead_letter_queue: "dead".to_owned(),
        declare: Declare::Declare,
        queue_type: QueueType::Quorum,
        prefetch: 10,
        heartbeat: Duration::from_secs(10),
        connect_timeout: Duration::from_millis(50),
        request_timeout: Duration::from_secs(1),
        ca_file: None,
        reconnect_min: Duration::from_millis(1),
        reconnect_max: Duration::from_millis(5),
    };
    let limits = config::Source { max_event_bytes: 1024, batch_size: 10, backlog_limit: 10_000 };
    let mut source = AmqpSource::start(&config, &limits, Arc::new(SystemClock), Arc::new(Dice::seeded(7))).unwrap();

    timeout(PATIENCE, relay.until_accepted(5)).await.expect("the silence is left");
    timeout(PATIENCE, until_idle(&relay)).await.expect("its sockets are closed");
    let before = held();
    timeout(PATIENCE, relay.until_accepted(35)).await.expect("it is tried again");
    let let_go = timeout(PATIENCE, until_let_go(before)).await;
    let_go.unwrap_or_else(|_| panic!("threads and descriptors: {before:?}, then {:?}", held()));
    timeout(PATIENCE, source.close()).await.expect("a source that never connected can be closed");
}
