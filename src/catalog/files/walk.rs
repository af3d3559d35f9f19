//! One walk through a folder of content: which files are there, and where a change of them would show.
//!
//! It opens nothing, follows links as they really lead, and comes to an end in any folder, be it `/`.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::hash::{Hash, Hasher};
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, codes};

/// Other files may lie there too: a README, what an editor left behind.
const EXTENSIONS: [&str; 5] = ["toml", "mjml", "txt", "html", "ftl"];
pub(super) const MAX_FILES: usize = 2_000;
const MAX_FOLDERS: usize = 1_000;
/// Names in all folders together, whatever they are.
const MAX_ENTRIES: usize = 50_000;
const MAX_DEPTH: usize = 8;
/// What Linux follows before it speaks of a loop.
const MAX_LINKS: usize = 40;

/// What one walk found.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// In the order of their paths.
    pub(super) files: Vec<Found>,
    pub(super) faults: Vec<Diagnostic>,
    /// Whoever watches these folders, not what is below them, hears of every change. They are named as they really are.
    pub(super) folders: BTreeSet<PathBuf>,
}

/// A file of the content.
#[derive(Debug, Hash)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    mark: Mark,
}

/// What tells a file from the one that was there before.
#[derive(Debug, Hash)]
struct Mark {
    size: u64,
    modified: Option<std::time::SystemTime>,
    /// Which file it is and when it was last touched, in any way.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Mark {
    fn of(meta: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            size: meta.len(),
            modified: meta.modified().ok(),
            #[cfg(unix)]
            inode: (meta.dev(), meta.ino(), meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// The same for folders in which nothing of the content has changed.
impl Hash for Listing {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.files.hash(state);
        self.folders.hash(state);
        for fault in &self.faults {
            fault.message.hash(state);
        }
    }
}

impl Listing {
    pub(super) fn of(root: &Path) -> Self {
        let mut walk = Walk { listing: Self::default(), above: Vec::new(), folders: 0, entries: 0, ended: false };
        walk.folder(root);
        walk.listing.folders.extend(leading_to(root));
        walk.listing
    }
}

/// Symbolic links are followed, because that is how Kubernetes mounts files.
struct Walk {
    listing: Listing,
    /// The folders above the current one, as they really are: a link to one of them is a loop.
    above: Vec<PathBuf>,
    folders: usize,
    entries: usize,
    ended: bool,
}

impl Walk {
    fn folder(&mut self, folder: &Path) {
        let real = match fs::canonicalize(folder) {
            Ok(real) if self.above.contains(&real) => {
                return self.unreadable(folder, "is a link to a folder above it");
            }
            Ok(_) if self.above.len() > MAX_DEPTH => return self.unreadable(folder, "is nested too deep"),
            Ok(real) => real,
            Err(error) => return self.unreadable(folder, &format!("cannot be read: {error}")),
        };
        self.folders += 1;
        if self.folders > MAX_FOLDERS {
            return self.end(folder, &format!("is one folder too many: at most {MAX_FOLDERS} are read"));
        }
        self.listing.folders.insert(real.clone());
        let left = MAX_ENTRIES.saturating_sub(self.entries);
        let names = fs::read_dir(folder).and_then(|names| names.take(left + 1).collect::<Result<Vec<_>, _>>());
        let mut paths: Vec<PathBuf> = match names {
            Ok(names) => names.iter().map(fs::DirEntry::path).collect(),
            Err(error) => return self.unreadable(folder, &format!("cannot be read: {error}")),
        };
        self.entries += paths.len();
        if self.entries > MAX_ENTRIES {
            return self.end(folder, "has too much in it: is it the folder of the content?");
        }
        paths.sort();
        self.above.push(real.clone());
        for path in paths.iter().filter(|path| !is_hidden(path)) {
            if self.ended {
                break;
            }
            self.entry(path, &real);
        }
        self.above.pop();
    }

    /// Something in a folder, which is `real`.
    fn entry(&mut self, path: &Path, real: &Path) {
        if let Some(name) = path.file_name().filter(|_| path.is_symlink()) {
            self.listing.folders.extend(leading_to(&real.join(name)));
        }
        // Of the link's target: a dangling link is told only where content was to be.
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path),
            Ok(_) if !is_content(path) => {}
            Ok(meta) if meta.is_file() => self.file(path, &meta),
            Ok(_) => self.unreadable(path, "is neither a file nor a folder"),
            Err(error) if is_content(path) => self.unreadable(path, &format!("cannot be read: {error}")),
            Err(_) => {}
        }
    }

    fn file(&mut self, path: &Path, meta: &Metadata) {
        if self.listing.files.len() >= MAX_FILES {
            return self.end(path, &format!("is one file too many: at most {MAX_FILES} are read"));
        }
        self.listing.files.push(Found { path: path.to_owned(), mark: Mark::of(meta) });
    }

    fn end(&mut self, path: &Path, what: &str) {
        self.ended = true;
        self.fault(&codes::files::TOO_LARGE, path, what);
    }

    fn unreadable(&mut self, path: &Path, what: &str) {
        self.fault(&codes::files::UNREADABLE, path, what);
    }

    fn fault(&mut self, code: &'static Code, path: &Path, what: &str) {
        self.listing.faults.push(Diagnostic::new(code, format!("`{}` {what}", path.display())).in_file(path));
    }
}

/// The folders that hold the links on the way to `path`; and where it leads nowhere, the folder in which it would have to
/// appear. A folder that is there needs nobody above it: it tells itself when it is moved away or deleted.
fn leading_to(path: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let mut way = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Some((link, target, rest)) = first_link(&way) else { break };
        let folder = link.parent().map_or_else(PathBuf::new, Path::to_owned);
        folders.extend(fs::canonicalize(&folder));
        way = folder.join(target).join(rest);
    }
    if !way.exists() {
        folders.extend(way.ancestors().skip(1).find_map(|above| fs::canonicalize(or_here(above)).ok()));
    }
    folders
}

/// The first link on a way: itself, what it says, and what comes after it.
fn first_link(way: &Path) -> Option<(PathBuf, PathBuf, PathBuf)> {
    let mut before = PathBuf::new();
    let mut parts = way.components();
    while let Some(part) = parts.next() {
        before.push(part);
        if matches!(part, Component::Normal(_))
            && let Ok(target) = fs::read_link(&before)
        {
            return Some((before, target, parts.as_path().to_owned()));
        }
    }
    None
}

/// The parent of a bare name is the current folder, which has an empty path.
fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

pub(super) fn is_content(path: &Path) -> bool {
    !is_hidden(path) && path.extension().and_then(|ext| ext.to_str()).is_some_and(|ext| EXTENSIONS.contains(&ext))
}
