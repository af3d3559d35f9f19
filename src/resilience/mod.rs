//! What keeps a fault of something else from becoming the owner's.

mod backoff;
mod breaker;
mod fatal;
#[cfg(test)]
pub(crate) mod log_for_tests;
mod patience;
mod pulse;
mod rate;
mod trouble;

pub use backoff::Backoff;
pub use breaker::{Breaker, LeftAlone, Pass};
pub use fatal::{Fatal, Fault};
pub use patience::Patience;
pub use pulse::{Ailment, Pulse};
pub use rate::{Meter, Rate};
pub use trouble::Trouble;
