//! Before and after: what `preview --compare` tells of edits since a git revision.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

#[path = "support/copy.rs"]
mod copy;
mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use copy::copy;
use support::{dashlight, project, said};
use tempfile::TempDir;

/// A repository whose first commit is the content as it ships.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["templates", "locales"] {
            // Not at the root: other things lie in the repository too.
            copy(&project(name), &repository.path("content").join(name));
        }
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").current_dir(&self.folder).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", said(&output));
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "Words <as they were>"]);
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.path("content").join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
    }

    fn compare(&self, revision: &str) -> Output {
        let mut command = dashlight(&["preview", "--compare", revision, "--export"]);
        let content = self.path("content");
        command.arg(self.path("out")).arg("--templates").arg(content.join("templates"));
        command.arg("--locales").arg(content.join("locales")).output().unwrap()
    }

    fn page(&self, path: &str) -> String {
        let path = self.path("out").join(path);
        fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
    }
}

#[test]
fn every_message_that_differs_is_shown_before_and_after() {
    let repository = Repository::new();
    repository.edit(
        "locales/sv/connected-services-account.ftl",
        "Logga in igen för att",
        "Logga gärna in igen för att",
    );
    fs::remove_dir_all(repository.path("content/templates/connected-services-account/subscription")).unwrap();
    let (from, to) = ("connected-services-account/permission", "connected-services-account/no-vehicles-two");
    let folder = repository.path("content/templates");
    copy(&folder.join(from), &folder.join(to));
    let english = repository.path("content/locales/en/connected-services-account.ftl");
    let words = fs::read_to_string(&english).unwrap();
    let start = words.find("\npermission =").unwrap() + 1;
    let end = start + words[start..].find("\n\n").unwrap();
    let added = words[start..end].replacen("permission", "no-vehicles-two", 1);
    fs::write(&english, format!("{words}\n{added}\n")).unwrap();

    let output = repository.compare("HEAD");
    assert!(output.status.success(), "{}", said(&output));
    let list = repository.page("changes/index.html");
    // The new notice is English in all ten languages, and so is added in each.
    assert!(list.contains("1 changed, 10 added, 10 removed."), "{}", list.len());
    assert!(list.contains("Words &lt;as they were&gt;"));
    assert!(repository.page("index.html").contains("Changes since HEAD"));

    let change = repository.page("changes/connected-services-account/authentication-failed/sv.html");
    assert!(
        change.contains("<ins>gärna</ins>") || change.contains("<ins>gärna </ins>"),
        "the word that is new is marked"
    );
    assert!(change.contains("it differs in 9 of 9"), "in every scenario");
    let version = |when: &str| {
        repository.page(&format!("changes/connected-services-account/authentication-failed/sv.{when}.light.html"))
    };
    assert!(version("before").contains("Logga in igen för att") && version("after").contains("Logga gärna in igen"));
    let removed = repository.page("changes/connected-services-account/subscription/en.html");
    assert!(removed.contains("There is no such message."));
}

#[test]
fn without_a_difference_it_says_so() {
    let repository = Repository::new();
    let output = repository.compare("HEAD");
    assert!(output.status.success(), "{}", said(&output));
    assert!(repository.page("changes/index.html").contains("Every owner gets what they would have got before."));
}

#[test]
fn a_revision_whose_content_does_not_load_is_said_to_be_that() {
    let repository = Repository::new();
    repository.edit("locales/en/common.ftl", "car-start =", "car-start");
    repository.commit();
    repository.edit("locales/en/common.ftl", "car-start\n", "car-start =\n");
    let output = repository.compare("HEAD");
    assert!(output.status.success(), "{}", said(&output));
    let list = repository.page("changes/index.html");
    assert!(list.contains("makes no messages") && list.contains("HEAD:locales/en/common.ftl:"), "with its place");
}

#[test]
fn a_revision_that_is_none_is_refused() {
    let repository = Repository::new();
    for (revision, expected) in [("no-such-branch", "`no-such-branch`"), ("HEAD^{tree}", "`HEAD^{tree}`")] {
        let output = repository.compare(revision);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains(expected), "{}", said(&output));
        assert!(!repository.path("out").exists());
    }
}
