//! What keeps a fault of something else from becoming the owner's.

mod backoff;
mod patience;

pub use backoff::Backoff;
pub use patience::Patience;
