//! Values that would go into the HTML as they are.

use crate::diagnostic::{Diagnostic, codes};

use super::{Page, scan};

/// Filters that tell Tera not to escape.
const UNESCAPING: [&str; 1] = ["safe"];

pub(super) fn look(page: &Page<'_>, findings: &mut Vec<Diagnostic>) {
    let text = &page.source.text;
    for mention in scan::mentions(text) {
        let is_filter = text[..mention.span.start].trim_end().ends_with('|');
        if is_filter && mention.child.is_none() && UNESCAPING.contains(&mention.root) {
            let what = format!("template: `| {}` lets markup through", mention.root);
            let finding = Diagnostic::new(&codes::template::UNESCAPED, what).at(page.source, mention.span);
            findings.push(finding.help("delete the filter: what is inserted is a name or a text, never HTML"));
        }
    }
}
