//! The product team's tools: see every message, and prove it, before an owner does.
//!
//! They know the content and the configuration; they never touch the broker or the ledger, and of the carriers they
//! know only how large a payload gets.

pub mod check;
pub mod coverage;
mod git;
mod limits;
pub mod preview;
pub mod rendered;
pub mod scenario;
