//! What can be wrong with a sample event.

use super::codes;

codes! {}
