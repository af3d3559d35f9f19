//! `inhibited-by` of the notices: which errors hold back which. Names that are none, and circles, are faults.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, codes};
use crate::event::ErrorKey;
use crate::policy::Inhibitor;

use super::files::Tree;
use super::notice::suggestion;
use super::shelf::{Notice, Shelf, key};

/// Tells of what holds back nothing, itself, or in a circle.
pub(super) fn check(shelf: &Shelf, files: &Tree, faults: &mut Vec<Diagnostic>) {
    for notice in shelf.iter() {
        let Some(source) = files.get(&notice.template("notice.toml")) else { continue };
        for (code, span) in &notice.settings.inhibited_by {
            let fault = |kind, what: String| Diagnostic::new(kind, what).at(source, span.clone());
            let others: Vec<&str> = shelf
                .iter()
                .filter(|other| other.kind == notice.kind && other.code != notice.code && !other.is_general())
                .map(|other| other.code.as_str())
                .collect();
            let wanted = key(&notice.kind, code);
            if others.contains(&code.as_str()) {
                if waits_for(shelf, &wanted, &notice.key, &mut Vec::new()) {
                    let what = format!("`{code}` waits for `{}` in turn: neither would ever be sent", notice.code);
                    let help = "leave it to the less fundamental of the two";
                    faults.push(fault(&codes::notice::CONTRADICTION, what).help(help));
                }
                continue;
            }
            // One that has a folder and does not stand on the shelf could not be read, which was told.
            let exists = files.keys().any(|path| path.starts_with(&format!("{}/{code}/", notice.kind)));
            if exists && shelf.exact(&wanted).is_none() {
                continue;
            }
            let what = if *code == notice.code {
                "a notice cannot wait for itself".to_owned()
            } else {
                format!("`{code}` is no other notice of `{}`", notice.kind)
            };
            faults.push(fault(&codes::notice::VALUE, what).help(suggestion(code, &others)));
        }
    }
}

/// Writes into the rules what `inhibited-by` names, as the rules are now.
pub(super) fn link(shelf: &mut Shelf) {
    let expiries: BTreeMap<ErrorKey, _> =
        shelf.iter().map(|notice| (notice.key.clone(), notice.rules.expiry)).collect();
    for notice in shelf.iter_mut() {
        let keys: Vec<ErrorKey> = inhibitors(notice).collect();
        let known = keys.into_iter().filter_map(|key| Some(Inhibitor { expiry: *expiries.get(&key)?, key }));
        Arc::make_mut(&mut notice.rules).inhibited_by = known.collect();
    }
}

fn inhibitors(notice: &Notice) -> impl Iterator<Item = ErrorKey> {
    notice.settings.inhibited_by.iter().map(|(code, _)| key(&notice.kind, code))
}

fn waits_for(shelf: &Shelf, waiting: &ErrorKey, wanted: &ErrorKey, seen: &mut Vec<ErrorKey>) -> bool {
    if waiting == wanted {
        return true;
    }
    if seen.contains(waiting) {
        return false;
    }
    seen.push(waiting.clone());
    shelf.exact(waiting).is_some_and(|notice| inhibitors(notice).any(|key| waits_for(shelf, &key, wanted, seen)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    const TOML: &str = "cooldown = \"1d\"\nexpiry = \"EXPIRY\"\n[[steps]]\nchannels = [\"push\"]";

    /// What is told of notices of one type, each with what holds it back.
    fn told(notices: &[(&str, &str)]) -> (Shelf, Vec<String>) {
        let mut files = Tree::new();
        for (code, inhibited_by) in notices {
            let toml = TOML.replace("EXPIRY", if *code == "root" { "3d" } else { "2d" });
            let toml = format!("inhibited-by = {inhibited_by}\n{toml}");
            for (file, text) in
                [("notice.toml", toml.as_str()), ("email.mjml", ""), ("email.txt", ""), ("push.txt", "")]
            {
                let path = format!("account/{code}/{file}");
                let source = Source { path: path.as_str().into(), text: text.to_owned() };
                files.insert(path, Arc::new(source));
            }
        }
        let mut faults = Vec::new();
        let mut shelf = Shelf::load(&files, &mut faults);
        check(&shelf, &files, &mut faults);
        link(&mut shelf);
        (shelf, faults.into_iter().map(|fault| fault.message).collect())
    }

    #[test]
    fn a_notice_waits_for_those_it_names_as_long_as_they_are_worth_a_message() {
        let (shelf, faults) = told(&[("root", "[]"), ("leaf", "[\"root\"]")]);
        assert_eq!(faults, [""; 0]);
        let rules = &shelf.exact(&key("account", "leaf")).unwrap().rules;
        let expected = Inhibitor { key: key("account", "root"), expiry: jiff::SignedDuration::from_hours(72) };
        assert_eq!(rules.inhibited_by, [expected]);
    }

    #[test]
    fn what_waits_for_itself_for_nobody_or_in_a_circle_is_told() {
        assert_eq!(told(&[("a", "[\"a\"]")]).1, ["a notice cannot wait for itself"]);
        assert_eq!(told(&[("a", "[\"b\"]")]).1, ["`b` is no other notice of `account`"]);
        assert_eq!(told(&[("a", "[\"any\"]"), ("any", "[]")]).1, ["`any` is no other notice of `account`"]);
        let circle = told(&[("a", "[\"b\"]"), ("b", "[\"c\"]"), ("c", "[\"a\"]"), ("d", "[\"a\"]")]).1;
        assert_eq!(circle.len(), 3, "{circle:?}");
        assert!(circle.iter().all(|fault| fault.ends_with("neither would ever be sent")), "{circle:?}");
        let wrong = "`inhibited-by` is a list of other notices of this type: `[\"authentication-failed\"]`";
        assert_eq!(told(&[("a", "\"b\"")]).1, [wrong]);
    }
}
