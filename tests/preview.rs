//! The workbench as a browser meets it: the real program, asked over HTTP while its files are edited.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

#[path = "support/copy.rs"]
mod copy;
mod support;
#[path = "support/workbench.rs"]
mod workbench;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use copy::copy;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HOST, ORIGIN};
use support::{dashlight, project, said};
use tempfile::tempdir;
use workbench::Workbench;

const NOTICE: &str = "/notices/connected-services-account/authentication-failed";

#[tokio::test(flavor = "multi_thread")]
async fn every_message_can_be_seen_in_every_way() {
    let bench = Workbench::start().await;
    let gallery = bench.page("/").await;
    let notices: Vec<&str> = links(&gallery).into_iter().filter(|link| link.starts_with("/notices/")).collect();
    assert!(notices.len() >= 16, "once in the list and once as a card: {notices:?}");
    for notice in notices {
        let page = bench.page(notice).await;
        for pane in ["mail", "inbox", "push", "text", "languages", "source", "event"] {
            assert!(page.contains(&format!("<section class=\"pane {pane}\"")), "{notice} has no {pane}");
        }
        let frames: Vec<String> =
            attributes(&page, "data-dark").into_iter().map(|url| url.replace("&amp;", "&")).collect();
        assert!(frames.len() >= 14, "phone, desktop and every language: {}", frames.len());
        let dark = bench.get(&frames[0]).await;
        let policy = dark.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
        let dark = dark.text().await.unwrap();
        assert!(dark.contains("color-scheme:dark") && !dark.contains("prefers-color-scheme"), "{notice}");
    }
    let eml = bench.get("/eml/connected-services-account/virtual-key-required?locale=da").await;
    let name = eml.headers()[CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert_eq!(name, "attachment; filename=\"connected-services-account-virtual-key-required-da.eml\"");
    assert!(eml.text().await.unwrap().contains("Content-Language: da\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_which_language_serves_and_why() {
    let bench = Workbench::start().await;
    let page = bench.page(&format!("{NOTICE}?locale=de-AT")).await;
    assert!(page.contains("<dt>asked</dt><dd><code>de-AT</code></dd><dt>served</dt><dd><code>de</code></dd>"));
    assert!(page.contains("The nearest to de-AT"));
    let page = bench.page(&format!("{NOTICE}?locale=ja")).await;
    assert!(page.contains("<dt>served</dt><dd><code>en</code></dd>") && page.contains("No language of the content"));
    let page = bench.page(&format!("{NOTICE}?locale=ar-XB")).await;
    assert!(page.contains("lang=\"ar-XB\" dir=\"rtl\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_event_is_read_as_the_worker_reads_it() {
    let bench = Workbench::start().await;
    let event = r#"{"recipient":{"id":"u","email":"jo@example.com","name":"Jo","locale":"sv"},"vehicle":{"make":"BMW"},
        "error":{"type":"CONNECTED_SERVICES_ACCOUNT","code":"AUTHENTICATION_FAILED"}}"#;
    let page = bench.page_with(NOTICE, &[("event", event)]).await;
    assert!(page.contains("<dd><code>sv</code></dd>") && page.contains("It can be read."));
    let page = bench.page_with(NOTICE, &[("event", "{\"recipient\": 7}")]).await;
    assert!(page.contains("<p class=\"fault\">bad-field: "), "a fault is shown");
    let other = event.replace("AUTHENTICATION_FAILED", "BRAND_NEW");
    let page = bench.page_with(NOTICE, &[("event", &other)]).await;
    assert!(page.contains("Another notice serves this event: <code>CONNECTED_SERVICES_ACCOUNT:ANY</code>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_not_answered() {
    let bench = Workbench::start().await;
    for (header, value, expected) in [
        (HOST, "evil.example", StatusCode::FORBIDDEN),
        (HOST, "127.0.0.1.evil.example", StatusCode::FORBIDDEN),
        (HOST, "localhost", StatusCode::OK),
        (ORIGIN, "http://evil.example", StatusCode::FORBIDDEN),
        (ORIGIN, "null", StatusCode::FORBIDDEN),
        (ORIGIN, bench.url.as_str(), StatusCode::OK),
    ] {
        for path in ["/", "/changes", "/assets/page.js", "/eml/connected-services-account/permission"] {
            let answer = bench.client.get(bench.at(path)).header(&header, value).send().await.unwrap();
            assert_eq!(answer.status(), expected, "{header}: {value} for {path}");
        }
    }
    let page = bench.get("/").await;
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_beside_the_content_can_be_read() {
    let bench = Workbench::start().await;
    fs::write(bench.folder.path().join("secret.txt"), "top secret").unwrap();
    for path in [
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/notices/..%2f..%2f/secret.txt",
        "/notices/layout/head.mjml",
        "/mails/..%2f../secret.txt",
        "/mails/layout/head.mjml",
        "/eml/..%2f..%2f..%2fetc/passwd",
        "/templates/layout/head.mjml",
        "//etc/passwd",
    ] {
        let answer = bench.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        let body = answer.text().await.unwrap();
        assert!(!body.contains("top secret") && !body.contains("root:"), "{path}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_shown_is_escaped() {
    let bench = Workbench::start().await;
    let hostile = "\"><script>alert(1)</script>";
    for name in ["app", "locale", "scenario", "event", "view", "width", "mode"] {
        for path in ["/", NOTICE] {
            let page = bench.page_with(path, &[(name, hostile)]).await;
            assert!(!page.contains("<script>alert"), "{name} of {path}");
        }
    }
    let nowhere = bench.get("/notices/%3Cscript%3Ealert(1)/x").await;
    assert!(!nowhere.text().await.unwrap().contains("<script>alert"));
    let page = bench.page(&format!("{NOTICE}?scenario=markup")).await;
    assert!(page.contains("Tom &amp; Jerry &lt;b&gt;") && !page.contains("Jerry <b>"));
    bench.edit("locales/en/common.ftl", |text| format!("{text}\n</pre><script>alert(1)</script>\n"));
    let page = bench.page_when("/", |page| page.contains("cannot be used")).await;
    assert!(!page.contains("<script>alert"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_edit_is_told_and_a_broken_one_keeps_the_last_good_view() {
    let bench = Workbench::start().await;
    let mut changes = bench.changes().await;
    changes.until_refused(false).await;

    let file = "locales/en/connected-services-account.ftl";
    bench.edit(file, |text| text.replace("Sign in again to reconnect", "Please sign in again for"));
    bench.page_when(NOTICE, |page| page.contains("Please sign in again for")).await;
    let mail = format!("/mails{}", &NOTICE["/notices".len()..]);
    assert!(bench.page(&mail).await.contains("Please sign in again for your Tesla Model 3"));

    bench.edit(file, |text| {
        text.replace(".title = Please sign in again for { car-object }", ".title = Please { cra-object }")
    });
    changes.until_refused(true).await;
    let page = bench.page(NOTICE).await;
    assert!(page.contains("This edit cannot be used: 1 error") && page.contains("cra-object"));
    assert!(page.contains("connected-services-account.ftl:"), "with its place");
    assert!(bench.page(&mail).await.contains("Please sign in again for your Tesla Model 3"), "the last good view");

    bench.edit(file, |text| text.replace("cra-object", "car-object"));
    changes.until_refused(false).await;
    assert!(!bench.page(NOTICE).await.contains("cannot be used"));
    assert!(bench.page(&mail).await.contains("Please your Tesla Model 3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_is_broken_from_the_start_is_told_in_the_page() {
    let bench = Workbench::start_with(|folder| {
        fs::write(folder.join("locales/en/common.ftl"), "car = {\n").unwrap();
    })
    .await;
    for path in ["/", NOTICE] {
        let page = bench.get(path).await.text().await.unwrap();
        assert!(page.contains("There is nothing to show until the files are mended"), "{page}");
        assert!(page.contains("common.ftl:"), "{page}");
    }
    fs::copy(project("locales/en/common.ftl"), bench.folder.path().join("locales/en/common.ftl")).unwrap();
    bench.page_when("/", |page| page.contains("9 messages in 10 languages")).await;
}

#[test]
fn a_gallery_of_files_is_whole_and_the_same_every_time() {
    let folder = tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    for dir in [&one, &two] {
        let output = dashlight(&["preview", "--export", dir.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    let (first, second) = (files(&one), files(&two));
    assert!(first.len() > 400 && first.keys().eq(second.keys()));
    for (path, bytes) in &first {
        assert!(second[path] == *bytes, "{} differs", path.display());
    }
    for (path, bytes) in first.iter().filter(|(path, _)| path.extension().is_some_and(|ext| ext == "html")) {
        let page = String::from_utf8_lossy(bytes);
        let page_folder = path.parent().unwrap();
        let mut leads: Vec<String> = links(&page).into_iter().map(str::to_owned).collect();
        for name in ["src", "data-light", "data-dark", "data-forced", "data-href"] {
            leads.extend(attributes(&page, name).into_iter().map(str::to_owned));
        }
        if path.starts_with("mails") {
            continue;
        }
        for lead in leads.iter().filter(|lead| !lead.starts_with(['#', '?']) && !lead.starts_with("data:")) {
            let file = one.join(page_folder).join(lead);
            assert!(file.exists(), "{} leads to {lead}, which is not there", path.display());
        }
    }
}

#[test]
fn a_gallery_takes_no_folder_that_holds_something_else() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("precious.txt"), "mine").unwrap();
    let output = dashlight(&["preview", "--export", folder.path().to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds other things than a gallery"), "{}", said(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_gallery_of_broken_content_is_not_begun() {
    let folder = tempdir().unwrap();
    copy(&project("templates"), &folder.path().join("templates"));
    copy(&project("locales"), &folder.path().join("locales"));
    fs::remove_file(folder.path().join("locales/en/common.ftl")).unwrap();
    let (templates, locales) = (folder.path().join("templates"), folder.path().join("locales"));
    let out = folder.path().join("out");
    let output =
        dashlight(&["preview", "--templates", templates.to_str().unwrap(), "--locales", locales.to_str().unwrap()])
            .args(["--export", out.to_str().unwrap()])
            .output()
            .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(!out.exists(), "{}", said(&output));
}

/// All files below a folder, by their path in it.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn links(page: &str) -> Vec<&str> {
    attributes(page, "href")
}

fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}
