//! Names that templates do not have: at run time they are silently nothing, so they are faults when content is loaded.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::catalog::{notice, view};
use crate::diagnostic::{Diagnostic, Source, codes};

use super::{Templates, scan};

/// A name that nobody knows, where it stands, and those that there are in its place.
struct Unknown {
    name: String,
    span: Range<usize>,
    known: Vec<&'static str>,
}

impl Templates {
    /// `{% if nope %}` and `{% if app.nope %}` are silently false at run time.
    pub(super) fn check_names(&self, name: &str, faults: &mut Vec<Diagnostic>) {
        let used = self.tera.get_template_variables(name).unwrap_or_default();
        let sources = self.sources.get(name).map(Vec::as_slice).unwrap_or_default();
        for source in sources {
            for fault in unknown(source, &used).into_iter().map(|unknown| unknown.told(source)) {
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
        }
    }
}

fn unknown(source: &Source, used: &HashSet<&str>) -> Vec<Unknown> {
    // A name that the template itself gives to something is its own affair.
    let own: BTreeSet<&str> = scan::bound(&source.text).into_iter().collect();
    let mentions = scan::mentions(&source.text).into_iter();
    let free = mentions.filter(|mention| used.contains(mention.root) && !own.contains(mention.root));
    let unknown = free.filter_map(|mention| {
        let (root, start) = (mention.root, mention.span.start);
        let Some(children) = view::KNOWN.get(root) else {
            let known = view::KNOWN.keys().map(String::as_str).collect();
            return Some(Unknown { name: root.to_owned(), span: start..start + root.len(), known });
        };
        // The words of `text` and `common` are the languages', and looked for there.
        let child = mention
            .child
            .filter(|child| !view::OPEN.contains(&root) && !children.iter().any(|known| known == child))?;
        let at = start + root.len() + 1;
        let known = children.iter().map(String::as_str).collect();
        Some(Unknown { name: format!("{root}.{child}"), span: at..at + child.len(), known })
    });
    unknown.collect()
}

impl Unknown {
    fn told(self, source: &Arc<Source>) -> Diagnostic {
        let Self { name, span, known } = self;
        let help = match name.split_once('.') {
            Some((root, _)) if known.is_empty() => format!("`{root}` has no parts"),
            Some((_, child)) => notice::suggestion(child, &known),
            None => notice::suggestion(&name, &known),
        };
        Diagnostic::new(&codes::template::UNKNOWN_NAME, format!("template: nobody knows `{name}`"))
            .at(source, span)
            .help(help)
    }
}
