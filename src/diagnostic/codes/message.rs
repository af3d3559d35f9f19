//! What can be wrong with a message as an owner would get it.

use super::codes;

codes! {}
