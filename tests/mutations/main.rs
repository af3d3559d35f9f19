//! Mistakes that people make with content, one at a time: `dashlight check` finds each, with the code and the line that it should.
//!
//! A row is a mistake: its name, the file, the edit, the code of the finding and the line that it must point to. A new check gets
//! its rows here.

#[path = "../support/mod.rs"]
mod support;

mod files;
mod messages;
mod notices;
mod templates;
mod words;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashlight::catalog::{Catalog, Origin};
use dashlight::config::{Config, Layers, load};
use dashlight::diagnostic::{Diagnostic, Diagnostics};
use dashlight::workbench::check::Content;
use support::checkout::Checkout;

/// Name, file, edit, code of the finding, and where the finding must be.
type Row = (&'static str, &'static str, Edit, &'static str, At);

/// What a person does to a file.
enum Edit {
    /// The first of the one becomes the other.
    Replace(&'static str, &'static str),
    /// Added at the end.
    Append(&'static str),
    Bytes(fn(Vec<u8>) -> Vec<u8>),
    Delete,
    /// To a path beside `templates/` and `locales/`.
    Rename(&'static str),
    /// A symbolic link to this path stands there instead.
    Link(&'static str),
}

/// Where a finding is.
enum At {
    /// On the first line of the damaged file that holds this.
    Line(&'static str),
    /// On the last one that holds it.
    Last(&'static str),
    /// At its beginning, or at the file as a whole.
    Top,
    /// On the first line of another file that holds this.
    Elsewhere(&'static str, &'static str),
    /// In no file: it is not there.
    Missing,
    /// There must be no finding at all: what looks like a mistake is none.
    Nowhere,
}

const AREAS: [(&str, &[Row]); 5] = [
    ("words", words::ROWS),
    ("templates", templates::ROWS),
    ("notices", notices::ROWS),
    ("files", files::ROWS),
    ("messages", messages::ROWS),
];

fn config() -> Config {
    load(&Layers { demo: true, ..Layers::default() }).expect("what is built in is sound")
}

#[test]
fn every_mistake_is_found_where_it_was_made() {
    let config = config();
    let rows: Vec<(&str, &Row)> =
        AREAS.iter().flat_map(|(area, rows)| rows.iter().map(move |row| (*area, row))).collect();
    assert!(rows.len() >= 60, "only {} mistakes are tried", rows.len());
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((area, row)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(fault) = try_out(row, &config) {
                        faults.lock().unwrap().push(format!("{area}: {}: {fault}", row.0));
                    }
                }
            });
        }
    });
    let mut faults = faults.into_inner().unwrap();
    faults.sort();
    assert!(faults.is_empty(), "{} of {} mistakes:\n\n{}", faults.len(), rows.len(), faults.join("\n\n"));
}

#[test]
fn nothing_is_found_in_the_content_that_ships() {
    let config = config();
    let content = Content::of(&Origin::Embedded, &config.apps, &config.policy);
    assert_eq!(Diagnostics(content.findings).to_string(), "");
}

#[test]
fn every_mistake_has_a_name_of_its_own() {
    let mut names: Vec<&str> = AREAS.iter().flat_map(|(_, rows)| rows.iter().map(|row| row.0)).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// Makes the mistake in a copy of the content, and looks for what is told of it.
fn try_out((_, file, edit, code, at): &Row, config: &Config) -> Result<(), String> {
    let checkout = Checkout::new();
    // Five languages make the mistakes that ten make, in half the time.
    for other in ["es-419", "it", "nb", "nl"] {
        fs::remove_dir_all(checkout.file("locales").join(other)).expect("removed");
    }
    apply(&checkout.file(file), edit, checkout.path());
    let origin = Origin::Folders { templates: checkout.file("templates"), locales: checkout.file("locales") };
    // To look at every message takes a second: only where it must be.
    let findings = if code.starts_with("message/") {
        Content::of(&origin, &config.apps, &config.policy).findings
    } else {
        Catalog::inspect(&origin, &config.apps).findings
    };
    let told = || {
        let told: Vec<String> = findings.iter().map(|finding| tell(finding, checkout.path())).collect();
        told.join("\n  ")
    };
    let (file, line) = match at {
        At::Nowhere if findings.is_empty() => return Ok(()),
        At::Nowhere => return Err(format!("should be no mistake, but there is\n  {}", told())),
        At::Missing => ("", 0),
        At::Top => (*file, 1),
        At::Line(marker) => (*file, line_of(&checkout.file(file), marker, false)?),
        At::Last(marker) => (*file, line_of(&checkout.file(file), marker, true)?),
        At::Elsewhere(other, marker) => (*other, line_of(&checkout.file(other), marker, false)?),
    };
    let expected = if file.is_empty() { format!("{code} at no place") } else { format!("{code} at {file}:{line}") };
    let found = findings.iter().any(|finding| place(finding, checkout.path()) == expected);
    if found { Ok(()) } else { Err(format!("expected {expected}, found\n  {}", told())) }
}

fn apply(file: &Path, edit: &Edit, root: &Path) {
    match edit {
        Edit::Replace(from, to) => {
            let text = fs::read_to_string(file).expect("the file is there");
            assert!(text.contains(from), "`{}` has no `{from}`", file.display());
            fs::write(file, text.replacen(from, to, 1)).expect("written");
        }
        Edit::Append(more) => {
            let text = fs::read_to_string(file).unwrap_or_default();
            fs::write(file, text + more).expect("written");
        }
        Edit::Bytes(change) => fs::write(file, change(fs::read(file).unwrap_or_default())).expect("written"),
        Edit::Delete if file.is_dir() => fs::remove_dir_all(file).expect("removed"),
        Edit::Delete => fs::remove_file(file).expect("removed"),
        Edit::Rename(to) => fs::rename(file, root.join(to)).expect("renamed"),
        Edit::Link(to) => {
            if file.is_file() {
                fs::remove_file(file).expect("removed");
            }
            std::os::unix::fs::symlink(to, file).expect("linked");
        }
    }
}

fn line_of(file: &Path, marker: &str, last: bool) -> Result<usize, String> {
    let text = fs::read(file).map_err(|error| format!("`{}`: {error}", file.display()))?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains(marker)).map(|(number, _)| number);
    let line = if last { lines.last() } else { lines.next() };
    line.ok_or_else(|| format!("no line holds `{marker}`"))
}

/// `words/syntax at locales/da/common.ftl:7`.
fn place(finding: &Diagnostic, root: &Path) -> String {
    match &finding.place {
        Some(place) => {
            let path = &place.source.path;
            let file = path.strip_prefix(root).unwrap_or(path).display();
            format!("{} at {file}:{}", finding.code.id, place.line_and_column().0)
        }
        None => format!("{} at no place", finding.code.id),
    }
}

fn tell(finding: &Diagnostic, root: &Path) -> String {
    format!("{}: {}", place(finding, root), finding.message)
}
