//! The product team's tools: see every message, and prove it, before an owner does.
//!
//! They know the content and the configuration; they never touch the broker, the ledger or a carrier.

pub mod check;
pub mod coverage;
mod git;
pub mod preview;
pub mod rendered;
pub mod scenario;
