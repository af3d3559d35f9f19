//! What a reader of the templates would find wrong with them, before a message is made of them.

use crate::catalog::files::Tree;
use crate::diagnostic::Diagnostic;

/// Reads all templates, and adds what is found to the other findings.
pub(in crate::catalog) fn lint(_files: &Tree, _findings: &mut Vec<Diagnostic>) {}
