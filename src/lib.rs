//! Dashlight tells car owners, in their own language, what is wrong with their car's connection and how to mend it.
//!
//! The modules stand in the order of the path that an event takes. Two short loops meet in the ledger:
//! [`intake`] (source → event → policy → ledger → ack) and [`dispatch`] (ledger → catalog → transport → settle).
//!
//! ```text
//!  RabbitMQ / NDJSON                                             SMTP, files, …
//!       │                                                             ▲
//!    source ──► event ──► policy ──► LEDGER ──► catalog ──► transport ┘
//!       ▲         parse     decide     commit     compose      send
//!       └──────────── ack ◄────────────┘ └────── settle ◄──────┘──► outcomes
//! ```

#![warn(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

// Where events come from.
pub mod source;
// What an event says.
pub mod event;
// Who the owner is.
pub mod directory;
// What to do about it.
pub mod policy;
// What is remembered of it.
pub mod ledger;
// The first loop: take, decide, commit, acknowledge.
pub mod intake;
// What the owner reads.
pub mod catalog;
pub mod message;
// What carries it.
pub mod resilience;
pub mod transport;
// The second loop: look again, compose, send, settle.
pub mod dispatch;

// What the product's own systems are told of it.
pub mod outcomes;

// The house around the path.
pub mod app;
mod broker;
pub mod cli;
pub mod clock;
pub mod config;
pub mod content;
pub mod diagnostic;
pub mod failpoint;
mod network;
mod rotating;
pub mod shutdown;
pub mod telemetry;
pub mod upkeep;
pub mod web;
pub mod workbench;
