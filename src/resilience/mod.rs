//! What keeps a carrier's fault from becoming the owner's.

mod backoff;

pub use backoff::Backoff;
