//! Content as it lies on disk or in the program: every file read once, whole, within limits, and all of them as they were at
//! one moment. All faults at once.

mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic, Source, codes};

use walk::{Listing, is_content};

/// Where content comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// What was built into the program.
    Embedded,
    Folders {
        templates: PathBuf,
        locales: PathBuf,
    },
}

/// What content says, together with what of it cannot be read: another one means that something has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

/// What can be seen of content without opening a file: cheap, and all that a look now and then needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    seen: u64,
    /// Whoever watches these folders, not what is below them, hears of every change.
    pub folders: BTreeSet<PathBuf>,
}

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static LOCALES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/locales");

const MAX_BYTES: u64 = 1024 * 1024;
/// All files of a folder together.
const MAX_TOTAL: u64 = 32 * MAX_BYTES;

/// How often content is read again because it changed meanwhile, and how long it is given to come to rest.
const TRIES: u32 = 10;
const REST: Duration = Duration::from_millis(50);

/// Files by their path from the root, with `/` on every system.
pub(super) type Tree = BTreeMap<String, Arc<Source>>;

/// All content.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) templates: Tree,
    pub(super) locales: Tree,
}

/// All content as it was at one moment, read and not yet understood.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) files: Files,
    pub(super) faults: Vec<Diagnostic>,
    fingerprint: Fingerprint,
}

impl Snapshot {
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Everything could be read. What could not may be readable the next time, although nothing of it looks different.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Fingerprint {
    pub(super) fn of(revision: &str, faults: &[Diagnostic]) -> Self {
        let mut hash = DefaultHasher::new();
        revision.hash(&mut hash);
        for fault in faults {
            fault.message.hash(&mut hash);
        }
        Self(hash.finish())
    }
}

impl Origin {
    /// Reads all content. Blocks for some milliseconds, or as long as the disk takes.
    pub fn snapshot(&self) -> Snapshot {
        let mut faults = Vec::new();
        let files = Files::read(self, &mut faults);
        let fingerprint = Fingerprint::of(&files.revision(), &faults);
        Snapshot { files, faults, fingerprint }
    }

    /// Looks at names, sizes and times only. Blocks for a millisecond, or as long as the disk takes.
    pub fn glance(&self) -> Glance {
        Glance::of(&self.list())
    }

    fn list(&self) -> Vec<Listing> {
        match self {
            Self::Embedded => Vec::new(),
            Self::Folders { templates, locales } => vec![Listing::of(templates), Listing::of(locales)],
        }
    }
}

impl Glance {
    fn of(listings: &[Listing]) -> Self {
        let mut hash = DefaultHasher::new();
        listings.hash(&mut hash);
        let folders = listings.iter().flat_map(|listing| listing.folders.iter().cloned()).collect();
        Self { seen: hash.finish(), folders }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Files {
    /// While an editor or a deployment is writing, the content is neither the old nor the new: it is read again until nothing
    /// of it changed meanwhile.
    pub(super) fn read(origin: &Origin, faults: &mut Vec<Diagnostic>) -> Self {
        Self::read_at_rest(origin, || origin.list(), faults)
    }

    fn read_at_rest(origin: &Origin, mut list: impl FnMut() -> Vec<Listing>, faults: &mut Vec<Diagnostic>) -> Self {
        let Origin::Folders { templates, locales } = origin else {
            return Self { templates: embedded(&TEMPLATES, "templates"), locales: embedded(&LOCALES, "locales") };
        };
        for _ in 0..TRIES {
            let listings = list();
            let before = Glance::of(&listings);
            let mut found = Vec::new();
            let mut trees = [templates, locales]
                .into_iter()
                .zip(listings)
                .map(|(root, listing)| Reading::through(root, listing, &mut found));
            let files = Self { templates: trees.next().unwrap_or_default(), locales: trees.next().unwrap_or_default() };
            if Glance::of(&list()) == before {
                faults.append(&mut found);
                return files;
            }
            std::thread::sleep(REST);
        }
        let message = format!("`{}` and `{}` are being written without end", templates.display(), locales.display());
        faults
            .push(Diagnostic::new(&codes::files::UNSETTLED, message).help("wait until whatever writes there is done"));
        Self::default()
    }

    /// Every file, by its path with the folder before it.
    pub(super) fn all(&self) -> BTreeMap<String, Arc<Source>> {
        let named = |root: &'static str, tree: &Tree| -> Vec<_> {
            tree.iter().map(|(path, source)| (format!("{root}/{path}"), Arc::clone(source))).collect()
        };
        [named("templates", &self.templates), named("locales", &self.locales)].into_iter().flatten().collect()
    }

    /// The same content has the same revision, wherever it lies.
    pub(super) fn revision(&self) -> Arc<str> {
        let mut hash = Sha256::new();
        for (root, tree) in [("templates", &self.templates), ("locales", &self.locales)] {
            for (path, source) in tree {
                for part in [root, path.as_str(), source.text.as_str()] {
                    hash.update((part.len() as u64).to_be_bytes());
                    hash.update(part);
                }
            }
        }
        let mut digest = [0; 8];
        digest.copy_from_slice(&hash.finalize()[..8]);
        format!("{:016x}", u64::from_be_bytes(digest)).into()
    }
}

fn embedded(dir: &Dir<'_>, root: &str) -> Tree {
    let mut tree = Tree::new();
    let mut dirs = vec![dir];
    while let Some(dir) = dirs.pop() {
        dirs.extend(dir.dirs());
        for file in dir.files().filter(|file| is_content(file.path())) {
            let Some(text) = file.contents_utf8() else { continue };
            let path = file.path().to_string_lossy().replace('\\', "/");
            let source = Source { path: Path::new(root).join(&path), text: unified(text) };
            tree.insert(path, Arc::new(source));
        }
    }
    tree
}

/// Reads the files of one listing.
struct Reading<'a> {
    root: &'a Path,
    tree: Tree,
    faults: &'a mut Vec<Diagnostic>,
    total: u64,
}

impl<'a> Reading<'a> {
    fn through(root: &'a Path, listing: Listing, faults: &'a mut Vec<Diagnostic>) -> Tree {
        let mut reading = Self { root, tree: Tree::new(), faults, total: 0 };
        for found in &listing.files {
            reading.file(&found.path);
            if reading.total > MAX_TOTAL {
                reading.fault(
                    &codes::files::TOO_LARGE,
                    &found.path,
                    "is too much: at most 32 MiB are read of a folder",
                );
                break;
            }
        }
        reading.faults.extend(listing.faults);
        reading.tree
    }

    fn file(&mut self, path: &Path) {
        let Some(name) = path.strip_prefix(self.root).ok().and_then(Path::to_str) else {
            return self.fault(&codes::files::UNREADABLE, path, "has a name that is not UTF-8");
        };
        let name = name.replace('\\', "/");
        let mut bytes = Vec::new();
        let read = open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return self.fault(&codes::files::UNREADABLE, path, &format!("cannot be read: {error}"));
        }
        self.total += bytes.len() as u64;
        if bytes.len() as u64 > MAX_BYTES {
            return self.fault(&codes::files::TOO_LARGE, path, "is larger than 1 MiB");
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => unified(&text),
            Err(error) => return self.not_utf8(path, &error),
        };
        self.tree.insert(name, Arc::new(Source { path: path.to_owned(), text }));
    }

    fn not_utf8(&mut self, path: &Path, error: &std::string::FromUtf8Error) {
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let source = Arc::new(Source { path: path.to_owned(), text });
        let fault = Diagnostic::new(&codes::files::NOT_UTF8, format!("`{}` is not UTF-8", path.display()))
            .at(&source, at..at + '\u{fffd}'.len_utf8())
            .label("the first byte that is not")
            .help("save the file as UTF-8");
        self.faults.push(fault);
    }

    fn fault(&mut self, code: &'static Code, path: &Path, what: &str) {
        self.faults.push(Diagnostic::new(code, format!("`{}` {what}", path.display())).in_file(path));
    }
}

/// What was a file when it was listed may be a pipe by now, which would be waited for without end.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no ordinary file")) }
}

/// Editors on Windows leave a byte order mark and CR LF: both would show in mails, neither is anybody's intention.
fn unified(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
