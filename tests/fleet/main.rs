//! Many workers on one queue, and the PostgreSQL under them: what is that ledger's alone (the contract is
//! `tests/ledger_contract`), and the promise held against kills, stops and clocks that differ.

#![cfg(unix)]
#![allow(clippy::duplicate_mod, reason = "the files of all servers know where their peer is named")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test says what went wrong by panicking"
)]

mod clocks;
mod commits;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/relay.rs"]
mod relay;
mod scene;
mod schema;
mod server;
mod trap;
