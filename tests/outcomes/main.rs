//! What the product's own systems are told, over a real broker, and through everything that brokers and networks do.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]
#![allow(clippy::duplicate_mod, reason = "the files of both servers know where their peer is named")]

#[cfg(unix)]
mod killed;
#[path = "../support/logs.rs"]
mod logs;
#[path = "../support/rabbitmq.rs"]
mod rabbitmq;
#[path = "../support/relay.rs"]
mod relay;
mod scene;
#[path = "../support/smtp.rs"]
mod smtp;
mod told;
mod trouble;
#[cfg(unix)]
#[path = "../support/worker.rs"]
mod worker;
