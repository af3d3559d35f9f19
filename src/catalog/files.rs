//! Content as it lies on disk or in the program: every file read once, whole, within limits. All faults at once.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic, Source, codes};

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

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static LOCALES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/locales");

/// Other files may lie there too: a README, what an editor left behind.
const EXTENSIONS: [&str; 5] = ["toml", "mjml", "txt", "html", "ftl"];
const MAX_BYTES: u64 = 1024 * 1024;
const MAX_FILES: usize = 2_000;
const MAX_DEPTH: usize = 8;

/// Files by their path from the root, with `/` on every system.
pub(super) type Tree = BTreeMap<String, Arc<Source>>;

/// All content.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) templates: Tree,
    pub(super) locales: Tree,
}

impl Files {
    pub(super) fn read(origin: &Origin, faults: &mut Vec<Diagnostic>) -> Self {
        match origin {
            Origin::Embedded => {
                Self { templates: embedded(&TEMPLATES, "templates"), locales: embedded(&LOCALES, "locales") }
            }
            Origin::Folders { templates, locales } => {
                Self { templates: Walk::through(templates, faults), locales: Walk::through(locales, faults) }
            }
        }
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

/// One walk through a folder. Symbolic links are followed, because that is how Kubernetes mounts files.
struct Walk<'a> {
    root: &'a Path,
    tree: Tree,
    faults: &'a mut Vec<Diagnostic>,
    /// The folders above the current one, as they really are: a link to one of them is a loop.
    above: Vec<PathBuf>,
}

impl<'a> Walk<'a> {
    fn through(root: &'a Path, faults: &'a mut Vec<Diagnostic>) -> Tree {
        let mut walk = Self { root, tree: Tree::new(), faults, above: Vec::new() };
        walk.folder(root);
        walk.tree
    }

    fn folder(&mut self, folder: &Path) {
        let real = match fs::canonicalize(folder) {
            Ok(real) if self.above.contains(&real) => {
                return self.fault(&codes::files::UNREADABLE, folder, "is a link to a folder above it");
            }
            Ok(_) if self.above.len() > MAX_DEPTH => {
                return self.fault(&codes::files::UNREADABLE, folder, "is nested too deep");
            }
            Ok(real) => real,
            Err(error) => return self.fault(&codes::files::UNREADABLE, folder, &format!("cannot be read: {error}")),
        };
        let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return self.fault(&codes::files::UNREADABLE, folder, &format!("cannot be read: {error}")),
        };
        self.above.push(real);
        let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        paths.sort();
        for path in paths.iter().filter(|path| !is_hidden(path)) {
            // Of the link's target: a dangling link is told only where content was to be.
            match fs::metadata(path) {
                Ok(meta) if meta.is_dir() => self.folder(path),
                Ok(meta) if meta.is_file() && is_content(path) => self.file(path),
                Err(error) if is_content(path) => {
                    self.fault(&codes::files::UNREADABLE, path, &format!("cannot be read: {error}"));
                }
                _ => {}
            }
        }
        self.above.pop();
    }

    fn file(&mut self, path: &Path) {
        if self.tree.len() >= MAX_FILES {
            if self.tree.len() == MAX_FILES {
                self.fault(
                    &codes::files::TOO_LARGE,
                    path,
                    &format!("is one file too many: at most {MAX_FILES} are read"),
                );
            }
            return;
        }
        let Some(name) = path.strip_prefix(self.root).ok().and_then(Path::to_str) else {
            return self.fault(&codes::files::UNREADABLE, path, "has a name that is not UTF-8");
        };
        let name = name.replace('\\', "/");
        let mut bytes = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return self.fault(&codes::files::UNREADABLE, path, &format!("cannot be read: {error}"));
        }
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
        self.faults.push(Diagnostic::new(code, format!("`{}` {what}", path.display())));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

fn is_content(path: &Path) -> bool {
    !is_hidden(path) && path.extension().and_then(|ext| ext.to_str()).is_some_and(|ext| EXTENSIONS.contains(&ext))
}

/// Editors on Windows leave a byte order mark and CR LF: both would show in mails, neither is anybody's intention.
fn unified(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(root: &Path) -> (Tree, Vec<String>) {
        let mut faults = Vec::new();
        let tree = Walk::through(root, &mut faults);
        let prefix = root.display().to_string();
        (tree, faults.into_iter().map(|fault| fault.message.replace(&prefix, "ROOT")).collect())
    }

    fn write(root: &Path, name: &str, bytes: &[u8]) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn content_is_read_by_path_and_all_else_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "a/b/email.txt", b"hello");
        for other in ["README.md", ".hidden.txt", "a/email.txt~", "..data/x.txt", "#x#"] {
            write(root.path(), other, b"\xff");
        }
        let (tree, faults) = read(root.path());
        assert!(tree.keys().eq(["a/b/email.txt"]) && faults.is_empty(), "{tree:?} {faults:?}");
    }

    #[test]
    fn byte_order_marks_and_windows_line_ends_do_no_harm() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "a.ftl", "\u{feff}a = 1\r\nb = 2\r".as_bytes());
        assert_eq!(read(root.path()).0["a.ftl"].text, "a = 1\nb = 2\n");
    }

    #[test]
    fn every_unusable_file_is_told_at_once() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "binary.txt", b"ok \xff\xfe");
        write(root.path(), "huge.ftl", &vec![b'#'; 1024 * 1024 + 1]);
        write(root.path(), "fine.txt", b"fine");
        let (tree, faults) = read(root.path());
        assert_eq!(tree.len(), 1);
        assert_eq!(faults, ["`ROOT/binary.txt` is not UTF-8", "`ROOT/huge.ftl` is larger than 1 MiB"]);
    }

    #[test]
    fn a_missing_folder_is_a_fault() {
        let root = tempfile::tempdir().unwrap();
        let (_, faults) = read(&root.path().join("nowhere"));
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("cannot be read"), "{faults:?}");
    }

    #[test]
    fn too_many_files_and_too_many_levels_end_the_walk() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..=MAX_FILES {
            write(root.path(), &format!("{number:05}.txt"), b"");
        }
        write(root.path(), "d/".repeat(12).trim_end_matches('/'), b"");
        let (tree, faults) = read(root.path());
        assert_eq!(tree.len(), MAX_FILES);
        assert!(faults.iter().any(|fault| fault.contains("one file too many")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("nested too deep")), "{faults:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_of_links_are_faults() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "..data/a/x.txt", b"x");
        symlink("..data/a", root.path().join("a")).unwrap();
        fs::create_dir(root.path().join("b")).unwrap();
        symlink("..", root.path().join("b/loop")).unwrap();
        symlink("nowhere", root.path().join("gone.txt")).unwrap();
        let (tree, faults) = read(root.path());
        assert!(tree.keys().eq(["a/x.txt"]), "{tree:?}");
        assert_eq!(faults[0], "`ROOT/b/loop` is a link to a folder above it");
        assert!(faults[1].starts_with("`ROOT/gone.txt` cannot be read"), "{faults:?}");
    }

    #[test]
    fn the_revision_tells_contents_and_paths_apart_but_not_places() {
        let tree = |root: &str, path: &str, text: &str| {
            Tree::from([(
                path.to_owned(),
                Arc::new(Source { path: Path::new(root).join(path), text: text.to_owned() }),
            )])
        };
        let revision = |templates| Files { templates, locales: Tree::new() }.revision();
        assert_eq!(revision(tree("/x", "a", "1")), revision(tree("/y", "a", "1")));
        assert_ne!(revision(tree("/x", "a", "1")), revision(tree("/x", "a", "2")));
        assert_ne!(revision(tree("/x", "a", "1")), revision(tree("/x", "b", "1")));
        assert_eq!(revision(Tree::new()).len(), 16);
    }
}
