//! What happens is told here, once, as facts: to the log, to the summary of a batch, to the demo's page.
//!
//! Facts hold ids and hashes; no addresses, names, tokens or bodies.
