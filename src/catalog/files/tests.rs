//! Files as people leave them, and folders that are not what they seem.

use std::fs;

use super::walk::MAX_FILES;
use super::*;

fn read(root: &Path) -> (Tree, Vec<String>) {
    let mut faults = Vec::new();
    let tree = Reading::through(root, Listing::of(root), &mut faults);
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
    write(root.path(), "0/".repeat(12).trim_end_matches('/'), b"");
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
        Tree::from([(path.to_owned(), Arc::new(Source { path: Path::new(root).join(path), text: text.to_owned() }))])
    };
    let revision = |templates| Files { templates, locales: Tree::new() }.revision();
    assert_eq!(revision(tree("/x", "a", "1")), revision(tree("/y", "a", "1")));
    assert_ne!(revision(tree("/x", "a", "1")), revision(tree("/x", "a", "2")));
    assert_ne!(revision(tree("/x", "a", "1")), revision(tree("/x", "b", "1")));
    assert_eq!(revision(Tree::new()).len(), 16);
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_opened() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.txt", b"a");
    assert!(std::process::Command::new("mkfifo").arg(root.path().join("b.ftl")).status().unwrap().success());
    symlink("/dev/zero", root.path().join("c.txt")).unwrap();
    let (tree, faults) = read(root.path());
    assert!(tree.keys().eq(["a.txt"]), "{tree:?}");
    assert_eq!(faults, ["`ROOT/b.ftl` is neither a file nor a folder", "`ROOT/c.txt` is neither a file nor a folder"]);
    // It took the place of a file after that had been listed.
    assert!(open(&root.path().join("b.ftl")).is_err());
    assert!(open(&root.path().join("c.txt")).is_err());
}

#[cfg(unix)]
#[test]
fn links_that_multiply_the_folders_come_to_an_end() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    for folder in 0..9 {
        write(root.path(), &format!("{folder}/x.txt"), b"x");
        for other in 0..9 {
            symlink(format!("../{other}"), root.path().join(format!("{folder}/to-{other}"))).unwrap();
        }
    }
    let (_, faults) = read(root.path());
    assert_eq!(faults.iter().filter(|fault| fault.contains("one folder too many")).count(), 1, "{faults:?}");
}

#[test]
fn more_than_a_folder_of_content_can_hold_is_not_read_into_memory() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..40 {
        write(root.path(), &format!("{number:02}.txt"), &vec![b'x'; 1024 * 1024]);
    }
    fs::File::create(root.path().join("00.txt")).unwrap().set_len(50 << 20).unwrap();
    let (tree, faults) = read(root.path());
    assert!(tree.len() < 33, "{}", tree.len());
    assert_eq!(
        faults,
        ["`ROOT/00.txt` is larger than 1 MiB", "`ROOT/31.txt` is too much: at most 32 MiB are read of a folder"]
    );
}

#[test]
fn content_that_is_written_without_end_is_a_fault_and_not_a_mixture() {
    let root = tempfile::tempdir().unwrap();
    let origin = Origin::Folders { templates: root.path().join("templates"), locales: root.path().join("locales") };
    write(root.path(), "templates/a.txt", b"0");
    let mut edits = 0;
    let mut look_after_an_edit = || {
        edits += 1;
        write(root.path(), "locales/a.ftl", &vec![b'x'; edits]);
        origin.list()
    };
    let mut faults = Vec::new();
    let files = Files::read_at_rest(&origin, &mut look_after_an_edit, &mut faults);
    assert!(files.locales.is_empty() && files.templates.is_empty());
    assert_eq!(faults.first().map(|fault| fault.code.id), Some("files/unsettled"), "{faults:?}");
    faults.clear();
    let mut edits = ["y", "yy", "yyy"].into_iter();
    let look_after_some_edits = || {
        if let Some(text) = edits.next() {
            write(root.path(), "locales/a.ftl", text.as_bytes());
        }
        origin.list()
    };
    let files = Files::read_at_rest(&origin, look_after_some_edits, &mut faults);
    assert_eq!((files.locales["a.ftl"].text.as_str(), faults.len()), ("yyy", 0));
}

#[test]
fn a_fingerprint_tells_contents_and_faults_but_not_times() {
    let root = tempfile::tempdir().unwrap();
    let origin = Origin::Folders { templates: root.path().join("templates"), locales: root.path().join("locales") };
    write(root.path(), "templates/a.txt", b"1");
    write(root.path(), "locales/a.ftl", b"1");
    let (first, glance) = (origin.snapshot().fingerprint(), origin.glance());
    assert_eq!(origin.glance(), glance);
    write(root.path(), "new.ftl", b"1");
    fs::rename(root.path().join("new.ftl"), root.path().join("locales/a.ftl")).unwrap();
    assert_ne!(origin.glance(), glance, "another file of the same size");
    assert_eq!(origin.snapshot().fingerprint(), first, "which says the same");
    write(root.path(), "locales/a.ftl", b"2");
    assert_ne!(origin.snapshot().fingerprint(), first);
    fs::remove_dir_all(root.path().join("locales")).unwrap();
    let without = origin.snapshot().fingerprint();
    assert_ne!(without, first);
    fs::create_dir(root.path().join("locales")).unwrap();
    assert_ne!(origin.snapshot().fingerprint(), without, "an empty folder is not a missing one");
}
