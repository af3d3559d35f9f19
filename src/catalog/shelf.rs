//! The notices: one folder for each error, found by the error's key. Pure bookkeeping.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, codes};
use crate::event::ErrorKey;
use crate::policy::{News, Relief, Rules};

use super::files::Tree;
use super::locale::{LAST_RESORT, Negotiated};
use super::notice::{self, Settings};
use super::templates::{Asked, Templates, html_name};
use super::words::{Needs, Words};

/// The folder of parts that notices share.
const LAYOUT: &str = "layout";
/// The folder for all codes of a type that have no folder of their own.
const GENERAL: &str = "any";
/// The folder of the news that an error is over, whatever it was.
const ALL_IS_WELL: &str = "all-is-well";
/// The folder for errors without a code.
const NO_CODE: &str = "none";
const FILES: [&str; 4] = ["notice.toml", "email.mjml", "email.txt", "push.txt"];

/// What the content says about one error.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) key: ErrorKey,
    /// `connected-services-account`: the file of its words.
    pub(super) kind: String,
    /// `authentication-failed`: the message in that file.
    pub(super) code: String,
    pub(super) settings: Settings,
    /// The notice's own, then with the operator's policy over them.
    pub(super) rules: Arc<Rules>,
    pub(super) email_needs: Needs,
    pub(super) push_needs: Needs,
    /// Languages that can say all of it, proven when the content was loaded.
    pub(super) serves: BTreeSet<Arc<str>>,
}

impl Notice {
    pub(super) fn is_general(&self) -> bool {
        self.code == GENERAL
    }

    pub(super) fn news(&self) -> News {
        news(&self.code)
    }

    /// The name of one of its templates: `connected-services-account/any/email.txt`.
    pub(super) fn template(&self, file: &str) -> String {
        format!("{}/{}/{file}", self.kind, self.code)
    }

    /// The languages of a chain that can say the whole notice.
    pub(super) fn say_whole(&self, negotiated: Negotiated) -> Negotiated {
        let Negotiated { chain, owners } = negotiated;
        let left = chain.iter().take(owners).filter(|name| self.serves.contains(*name)).count();
        // Counted as the owner's only if the nearest is among them: a farther one is a fallback to be told.
        let nearest = chain.first().is_some_and(|name| self.serves.contains(name));
        let chain = chain.into_iter().filter(|name| self.serves.contains(name)).collect();
        Negotiated { chain, owners: if nearest { left } else { 0 } }
    }
}

/// All notices.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<ErrorKey, Notice>);

impl Shelf {
    pub(super) fn load(files: &Tree, faults: &mut Vec<Diagnostic>) -> Self {
        let mut shelf = Self::default();
        let folders: BTreeSet<(&str, &str)> = files.keys().filter_map(|path| folder(path)).collect();
        // Of folders that could not be read, that was told.
        if folders.is_empty() && faults.is_empty() {
            faults.push(
                Diagnostic::new(&codes::notice::NONE, "the templates have no notice")
                    .help("add a folder such as `type/code/`"),
            );
        }
        for (kind, code) in folders {
            if let Some(name) = [kind, code].into_iter().find(|name| !is_kebab(name)) {
                let fault =
                    Diagnostic::new(&codes::notice::FOLDER, format!("`{kind}/{code}` is no folder of a notice"));
                let fault = fault.help(format!("write `{name}` in lower case with hyphens, as `{}`", kebab(name)));
                let inside = files.iter().find(|(path, _)| folder(path) == Some((kind, code)));
                faults.push(match inside {
                    Some((_, source)) => fault.at(source, 0..0),
                    None => fault,
                });
                continue;
            }
            for file in FILES.iter().filter(|file| !files.contains_key(&format!("{kind}/{code}/{file}"))) {
                faults.push(missing(files, kind, code, file));
            }
            let source = files.get(&format!("{kind}/{code}/notice.toml"));
            let Some(settings) = source.and_then(|source| notice::parse(source, news(code), faults)) else { continue };
            let key = key(kind, code);
            let notice = Notice {
                key: key.clone(),
                kind: kind.to_owned(),
                code: code.to_owned(),
                rules: Arc::new(settings.rules.clone()),
                settings,
                email_needs: Needs::default(),
                push_needs: Needs::default(),
                serves: BTreeSet::new(),
            };
            shelf.0.insert(key, notice);
        }
        shelf
    }

    /// What the notices ask of their templates.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let asked = |notice: &Notice| Asked {
            folder: format!("{}/{}", notice.kind, notice.code),
            link: notice.settings.link,
            qr: notice.settings.qr,
        };
        self.0.values().map(asked).collect()
    }

    /// The MJML files that are whole mails.
    pub(super) fn mails(&self) -> Vec<String> {
        self.0.values().map(|notice| notice.template("email.mjml")).collect()
    }

    /// English is the reference: what it says of a notice, every language must say.
    pub(super) fn set_needs(&mut self, templates: &Templates, words: &Words) {
        for notice in self.0.values_mut() {
            let known = words.known(LAST_RESORT, &notice.kind, &notice.code).unwrap_or_default();
            let html = templates.needs(&html_name(&notice.template("email.mjml")), &known);
            let text = templates.needs(&notice.template("email.txt"), &known);
            notice.email_needs.text = html.text.into_iter().chain(text.text).chain(["subject".to_owned()]).collect();
            notice.email_needs.common = html.common.into_iter().chain(text.common).collect();
            notice.push_needs = templates.needs(&notice.template("push.txt"), &known);
            let files = ["email.mjml", "email.txt", "push.txt"].map(|file| html_name(&notice.template(file)));
            Arc::make_mut(&mut notice.rules).bundles = files.iter().all(|file| templates.lists_others(file));
        }
    }

    pub(super) fn exact(&self, key: &ErrorKey) -> Option<&Notice> {
        self.0.get(key)
    }

    /// The error's own notice, else the general one of its type. What an error is called makes no good news of it.
    pub(super) fn serving(&self, key: &ErrorKey) -> Option<&Notice> {
        let own = self.exact(key).filter(|notice| notice.news() == News::Problem);
        own.or_else(|| self.general(key.kind()))
    }

    /// What tells that an error of this type is over.
    pub(super) fn relief(&self, kind: &str) -> Option<&Notice> {
        self.exact(&key(&kind.replace('_', "-").to_lowercase(), ALL_IS_WELL))
    }

    pub(super) fn general(&self, kind: &str) -> Option<&Notice> {
        self.exact(&ErrorKey::new(kind, Some(GENERAL)))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &ErrorKey> {
        self.0.keys()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.0.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Notice> {
        self.0.values_mut()
    }
}

/// Finds who asks for good news that the type does not have.
pub(super) fn check_relief(shelf: &Shelf, files: &Tree, faults: &mut Vec<Diagnostic>) {
    for notice in shelf.iter() {
        let Some(span) = notice.settings.all_is_well.clone() else { continue };
        let folder = format!("{}/{ALL_IS_WELL}", notice.kind);
        // One that is there and could not be read was told.
        let is_there = files.keys().any(|path| path.starts_with(&format!("{folder}/")));
        let source = files.get(&notice.template("notice.toml")).filter(|_| !is_there);
        if let Some(source) = source {
            let what = format!("`all-is-well` is true, but there is no `{folder}/` to say it with");
            let help = format!(
                "add that folder with a message `{ALL_IS_WELL}` in each `{}.ftl`, or leave `all-is-well` out",
                notice.kind
            );
            faults.push(Diagnostic::new(&codes::notice::MISSING_FILE, what).at(source, span).help(help));
        }
    }
}

/// Writes into the rules what `all-is-well` asks for, as the rules are now.
pub(super) fn link_relief(shelf: &mut Shelf) {
    let reliefs: BTreeMap<String, Relief> = shelf
        .iter()
        .filter(|notice| notice.news() == News::AllIsWell)
        .map(|notice| {
            let Rules { grace, expiry, bundles, .. } = *notice.rules;
            (notice.kind.clone(), Relief { grace, expiry, bundles })
        })
        .collect();
    for notice in shelf.iter_mut() {
        let relief = reliefs.get(&notice.kind).filter(|_| notice.settings.all_is_well.is_some()).copied();
        Arc::make_mut(&mut notice.rules).relief = relief;
    }
}

fn news(code: &str) -> News {
    if code == ALL_IS_WELL { News::AllIsWell } else { News::Problem }
}

/// The folder of all templates, as a person would type it.
fn root(files: &Tree) -> Option<&Path> {
    let (path, source) = files.first_key_value()?;
    source.path.ancestors().nth(path.split('/').count())
}

/// A file of a notice that is not there, told where it should be.
fn missing(files: &Tree, kind: &str, code: &str, file: &str) -> Diagnostic {
    let what = format!("the notice `{kind}/{code}` has no `{file}`");
    let other = files.keys().find(|path| path.split('/').count() == 3 && path.ends_with(&format!("/{file}")));
    let fault = Diagnostic::new(&codes::notice::MISSING_FILE, what).help(match other {
        Some(path) => format!("copy `{path}` into the folder, and change it"),
        None => "each notice has `notice.toml`, `email.mjml`, `email.txt` and `push.txt`".to_owned(),
    });
    match root(files) {
        Some(root) => fault.in_file(root.join(kind).join(code).join(file)),
        None => fault,
    }
}

/// Type and code of `type/code/file`.
fn folder(path: &str) -> Option<(&str, &str)> {
    let (kind, rest) = path.split_once('/')?;
    let (code, _) = rest.split_once('/')?;
    (kind != LAYOUT).then_some((kind, code))
}

/// `connected-services-account/any` is `CONNECTED_SERVICES_ACCOUNT:ANY`.
pub(super) fn key(kind: &str, code: &str) -> ErrorKey {
    let upper = |name: &str| name.replace('-', "_");
    ErrorKey::new(&upper(kind), (code != NO_CODE).then(|| upper(code)).as_deref())
}

fn is_kebab(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn kebab(name: &str) -> String {
    name.to_lowercase().replace(['_', ' '], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    const TOML: &str = "cooldown = \"1d\"\nexpiry = \"1d\"\n[[steps]]\nchannels = [\"push\"]";

    fn load(paths: &[&str]) -> (Shelf, Vec<String>) {
        let source = |path: &&str| Arc::new(Source { path: path.into(), text: TOML.to_owned() });
        let files: Tree = paths.iter().map(|path| ((*path).to_owned(), source(path))).collect();
        let mut faults = Vec::new();
        let shelf = Shelf::load(&files, &mut faults);
        (shelf, faults.into_iter().map(|fault| fault.message).collect())
    }

    fn whole(folder: &str) -> Vec<String> {
        FILES.iter().map(|file| format!("{folder}/{file}")).collect()
    }

    #[test]
    fn folders_are_the_keys_of_errors() {
        let paths: Vec<String> =
            ["permission/none", "a-b/c-d", "a-b/any"].iter().flat_map(|folder| whole(folder)).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).chain(["layout/x.txt", "README.txt"]).collect();
        let (shelf, faults) = load(&paths);
        assert_eq!(faults, [""; 0]);
        let keys: Vec<String> = shelf.keys().map(ToString::to_string).collect();
        assert_eq!(keys, ["A_B:ANY", "A_B:C_D", "PERMISSION:null"]);
    }

    #[test]
    fn an_unknown_code_is_served_by_its_types_general_notice_and_by_nothing_else() {
        let paths: Vec<String> = ["permission/none", "a-b/c-d", "a-b/any"].iter().flat_map(|f| whole(f)).collect();
        let (shelf, _) = load(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        let serving = |key: &str| shelf.serving(&key.parse().unwrap()).map(|notice| notice.key.to_string());
        assert_eq!(serving("a_b:c_d").as_deref(), Some("A_B:C_D"));
        assert_eq!(serving("A_B:NEW").as_deref(), Some("A_B:ANY"));
        assert_eq!(serving("A_B:null").as_deref(), Some("A_B:ANY"));
        assert_eq!(serving("PERMISSION:null").as_deref(), Some("PERMISSION:null"));
        assert_eq!(serving("PERMISSION:NEW"), None);
        assert_eq!(serving("BILLING:null"), None);
    }

    #[test]
    fn good_news_is_found_by_the_type_and_never_by_the_code_of_an_error() {
        let paths: Vec<String> = ["a-b/all-is-well", "a-b/c", "a-b/any", "d/c"].iter().flat_map(|f| whole(f)).collect();
        let mut files = Tree::new();
        for path in &paths {
            let text = match path.as_str() {
                "a-b/all-is-well/notice.toml" => "grace = \"1h\"\nexpiry = \"2h\"".to_owned(),
                "a-b/c/notice.toml" | "d/c/notice.toml" => format!("all-is-well = true\n{TOML}"),
                _ => TOML.to_owned(),
            };
            files.insert(path.clone(), Arc::new(Source { path: path.into(), text }));
        }
        let mut faults = Vec::new();
        let mut shelf = Shelf::load(&files, &mut faults);
        check_relief(&shelf, &files, &mut faults);
        link_relief(&mut shelf);
        let told: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        assert_eq!(told, ["`all-is-well` is true, but there is no `d/all-is-well/` to say it with"]);
        let serving = |key: &str| shelf.serving(&key.parse().unwrap()).map(|notice| notice.key.to_string());
        assert_eq!(serving("A_B:ALL_IS_WELL").as_deref(), Some("A_B:ANY"));
        assert_eq!(shelf.relief("A_B").map(|notice| notice.key.to_string()).as_deref(), Some("A_B:ALL_IS_WELL"));
        let relief = |key: &str| shelf.exact(&key.parse().unwrap()).unwrap().rules.relief.map(|relief| relief.grace);
        assert_eq!(relief("A_B:C"), Some(jiff::SignedDuration::from_hours(1)));
        assert_eq!((relief("A_B:ANY"), relief("D:C")), (None, None), "who does not ask for it has none");
    }

    #[test]
    fn folders_that_are_no_notices_are_faults() {
        let (_, faults) = load(&["a/B_C/notice.toml", "a/b/notice.toml"]);
        let expected = [
            "`a/B_C` is no folder of a notice",
            "the notice `a/b` has no `email.mjml`",
            "the notice `a/b` has no `email.txt`",
            "the notice `a/b` has no `push.txt`",
        ];
        assert_eq!(faults, expected);
        assert_eq!(load(&["layout/x.txt"]).1, ["the templates have no notice"]);
    }
}
