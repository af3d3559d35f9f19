//! Content as it was at a git revision, laid out in a temporary folder.

use std::fs;
use std::io;
use std::path::{Component, Path};

use tempfile::TempDir;

use crate::catalog::Origin;
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::workbench::git;

/// The content of a revision. Its files go when it is dropped.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) origin: Origin,
    /// As it was asked for.
    pub(super) revision: String,
    /// What git calls it: short hash and subject.
    pub(super) title: String,
    folder: TempDir,
}

impl Past {
    /// Reads what git has of both folders at `revision`. A folder that was not there is empty.
    pub(super) fn of(templates: &Path, locales: &Path, revision: &str) -> Result<Self, String> {
        // It would be taken for an option.
        if revision.starts_with('-') {
            return Err(format!("`{revision}` is no revision"));
        }
        let commit = format!("{revision}^{{commit}}");
        let commit = text(git::ask(templates, &["rev-parse", "--verify", "--quiet", &commit])).map_err(|fault| {
            if fault == "git says: " { format!("git knows no revision `{revision}`") } else { fault }
        })?;
        let title = text(git::ask(templates, &["show", "--no-patch", "--format=%h %s", &commit]))?;
        let temporary = |error: io::Error| format!("a temporary folder cannot be written: {error}");
        let folder = tempfile::tempdir().map_err(temporary)?;
        let (old_templates, old_locales) = (folder.path().join("templates"), folder.path().join("locales"));
        for (now, then) in [(templates, &old_templates), (locales, &old_locales)] {
            fs::create_dir(then).map_err(temporary)?;
            for (path, bytes) in files(now, &commit)? {
                let path = then.join(path);
                path.parent()
                    .map_or(Ok(()), fs::create_dir_all)
                    .and_then(|()| fs::write(&path, bytes))
                    .map_err(temporary)?;
            }
        }
        let origin = Origin::Folders { templates: old_templates, locales: old_locales };
        Ok(Self { origin, revision: revision.to_owned(), title, folder })
    }

    /// A finding, with the revision in place of the temporary folder.
    pub(super) fn named(&self, finding: &Diagnostic) -> Diagnostic {
        let root = self.folder.path();
        let name = |path: &Path| format!("{}:{}", self.revision, path.strip_prefix(root).unwrap_or(path).display());
        let place = finding.place.as_ref().map(|place| {
            let source = Source { path: name(&place.source.path).into(), text: place.source.text.clone() };
            Place { source: source.into(), ..place.clone() }
        });
        let message = finding.message.replace(&format!("{}/", root.display()), &format!("{}:", self.revision));
        Diagnostic { message, place, ..finding.clone() }
    }
}

/// Path and contents of each file that git has of a folder.
fn files(folder: &Path, commit: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let list = git::ask(folder, &["ls-tree", "-r", "-z", commit])?;
    let list = String::from_utf8_lossy(&list).into_owned();
    let mut names = Vec::new();
    let mut wanted = String::new();
    for entry in list.split('\0').filter(|entry| !entry.is_empty()) {
        let Some((about, path)) = entry.split_once('\t') else { continue };
        let [mode, "blob", object] = about.split(' ').collect::<Vec<_>>()[..] else { continue };
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        // A link leads to who knows where.
        if mode.starts_with("100") && inside {
            names.push(path.to_owned());
            wanted.push_str(object);
            wanted.push('\n');
        }
    }
    let answer = git::ask_with(folder, &["cat-file", "--batch"], wanted.into_bytes())?;
    let mut rest = answer.as_slice();
    let cut = || "git's answer ends too early".to_owned();
    names
        .into_iter()
        .map(|name| {
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(cut)?;
            let size = String::from_utf8_lossy(&rest[..end]).rsplit(' ').next().and_then(|size| size.parse().ok());
            let size: usize = size.ok_or_else(cut)?;
            let bytes = rest.get(end + 1..end + 1 + size).ok_or_else(cut)?.to_vec();
            rest = rest.get(end + size + 2..).unwrap_or_default();
            Ok((name, bytes))
        })
        .collect()
}

fn text(answer: Result<Vec<u8>, String>) -> Result<String, String> {
    answer.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
}
