//! Content while the program runs: the one in force, and how an edit takes its place.
//!
//! It knows the catalog and the runtime, and neither the path nor the ledger.

mod current;
mod hangup;
mod reload;
mod watch;

pub use current::{Broken, Current, Standing};
pub use hangup::Hangup;
pub use reload::{Load, Reloader};
pub use watch::Watch;
