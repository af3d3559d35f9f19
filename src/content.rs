//! Content while the program runs: who learns of its edits.
//!
//! It knows the catalog and the runtime, and neither the path nor the ledger.

mod watch;

pub use watch::Watch;
