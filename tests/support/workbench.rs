//! A running workbench over a copy of the content, and a browser's questions to it.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use std::io::{BufRead, BufReader};

use serde_json::Value;
use tempfile::TempDir;

use crate::copy::copy;
use crate::support::{dashlight, project};

/// Longer than anything takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) struct Workbench {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    /// Holds `templates/` and `locales/`.
    pub(crate) folder: TempDir,
}

impl Workbench {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// `prepare`: edits the content before it is read.
    pub(crate) async fn start_with(prepare: impl FnOnce(&Path)) -> Self {
        // reqwest wants one, although nothing here is encrypted. Another test of this binary may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        for name in ["templates", "locales"] {
            copy(&project(name), &folder.path().join(name));
        }
        prepare(folder.path());
        let mut command = dashlight(&["preview", "--templates"]);
        command.arg(folder.path().join("templates")).arg("--locales").arg(folder.path().join("locales"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let told = child.stdout.take().unwrap();
        let url = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(told).read_line(&mut line).unwrap();
            let url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
            url.unwrap_or_else(|| panic!("it should say where it is, not {line:?}"))
        })
        .await
        .unwrap();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        Self { child, url: url.trim_end_matches('/').to_owned(), client, folder }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.at(path)).send().await.unwrap()
    }

    /// A page that is there.
    pub(crate) async fn page(&self, path: &str) -> String {
        self.page_with(path, &[]).await
    }

    pub(crate) async fn page_with(&self, path: &str, query: &[(&str, &str)]) -> String {
        let answer = self.client.get(self.at(path)).query(query).send().await.unwrap();
        assert!(answer.status().is_success(), "{} for {path}", answer.status());
        answer.text().await.unwrap()
    }

    /// The page once it is as expected; every change is waited for.
    pub(crate) async fn page_when(&self, path: &str, expected: impl Fn(&str) -> bool) -> String {
        let mut changes = self.changes().await;
        loop {
            changes.next().await;
            let page = self.page(path).await;
            if expected(&page) {
                return page;
            }
        }
    }

    pub(crate) fn edit(&self, path: &str, edit: impl FnOnce(String) -> String) {
        let path = self.folder.path().join(path);
        let (before, new) = (fs::read_to_string(&path).unwrap(), path.with_extension("new"));
        let after = edit(before.clone());
        assert_ne!(before, after, "the edit changes something");
        // As editors do it: a reader finds the old file or the new one.
        fs::write(&new, after).unwrap();
        fs::rename(&new, &path).unwrap();
    }

    /// The server's word about each change, the present state first.
    pub(crate) async fn changes(&self) -> Changes {
        Changes { answer: self.get("/changes").await, read: String::new() }
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Changes {
    answer: reqwest::Response,
    read: String,
}

impl Changes {
    /// Goes on until what was saved can, or cannot, be used.
    pub(crate) async fn until_refused(&mut self, refused: bool) {
        while self.next().await["refused"] != refused {}
    }

    pub(crate) async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let event: String = self.read.drain(..end + 2).collect();
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return serde_json::from_str(data).unwrap();
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("a change is told").unwrap();
            self.read.push_str(std::str::from_utf8(&chunk.expect("the stream goes on")).unwrap());
        }
    }
}
