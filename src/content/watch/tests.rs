//! Edits as editors, deployments and Kubernetes make them.

use std::fs;
use std::path::Path;

use super::*;

/// The system tells of it, or nobody does.
const NEVER: Duration = Duration::from_hours(1);

struct Site {
    dir: tempfile::TempDir,
    origin: Origin,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let origin = Origin::Folders { templates: dir.path().join("templates"), locales: dir.path().join("locales") };
        let site = Self { dir, origin };
        site.write("templates/a/b/email.txt", "one");
        site.write("locales/en/a.ftl", "one");
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    async fn watch(&self, poll: Duration) -> Watch {
        Watch::start(self.origin.clone(), poll).await
    }
}

/// Waits until the watch has seen what is there now. A hang is a failure and not a stuck run.
async fn seen(watch: &mut Watch, origin: &Origin) {
    let wanted = origin.snapshot().fingerprint();
    let wait = async { while watch.changed().await != wanted {} };
    timeout(Duration::from_secs(30), wait).await.expect("the change was not seen");
}

async fn sees(edit: impl FnOnce(&Site)) {
    let site = Site::new();
    let mut watch = site.watch(NEVER).await;
    edit(&site);
    seen(&mut watch, &site.origin).await;
}

#[tokio::test]
async fn a_save_in_place_and_a_save_by_rename_are_seen() {
    sees(|site| site.write("templates/a/b/email.txt", "two")).await;
    sees(|site| {
        site.write("locales/en/.a.ftl.swp", "two");
        fs::rename(site.path("locales/en/.a.ftl.swp"), site.path("locales/en/a.ftl")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_deleted_and_a_folder_that_is_new_are_seen() {
    sees(|site| fs::remove_file(site.path("locales/en/a.ftl")).unwrap()).await;
    sees(|site| site.write("locales/da/c/d/a.ftl", "one")).await;
}

#[tokio::test]
async fn what_happens_in_a_folder_that_came_later_is_seen() {
    let site = Site::new();
    let mut watch = site.watch(NEVER).await;
    for text in ["one", "two", "three"] {
        site.write("locales/da/a.ftl", text);
        seen(&mut watch, &site.origin).await;
    }
}

#[tokio::test]
async fn a_folder_that_is_replaced_whole_is_seen_again_and_again() {
    let site = Site::new();
    let mut watch = site.watch(NEVER).await;
    for text in ["two", "three", "four"] {
        site.write("next/en/a.ftl", text);
        fs::rename(site.path("locales"), site.path(text)).unwrap();
        fs::rename(site.path("next"), site.path("locales")).unwrap();
        seen(&mut watch, &site.origin).await;
    }
}

#[tokio::test]
async fn a_folder_that_is_deleted_and_made_anew_is_seen() {
    let site = Site::new();
    let mut watch = site.watch(NEVER).await;
    for text in ["two", "three"] {
        fs::remove_dir_all(site.path("locales")).unwrap();
        seen(&mut watch, &site.origin).await;
        site.write("locales/en/a.ftl", text);
        seen(&mut watch, &site.origin).await;
        site.write("locales/en/a.ftl", "in place");
        seen(&mut watch, &site.origin).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_volume_of_kubernetes_that_swaps_its_link_is_seen() {
    use std::os::unix::fs::symlink;
    let site = Site::new();
    let publish = |version: &str| {
        site.write(&format!("volume/..{version}/templates/a/b/email.txt"), version);
        site.write(&format!("volume/..{version}/locales/en/a.ftl"), version);
        symlink(format!("..{version}"), site.path("volume/..data_tmp")).unwrap();
        fs::rename(site.path("volume/..data_tmp"), site.path("volume/..data")).unwrap();
    };
    publish("1");
    for name in ["templates", "locales"] {
        symlink(format!("..data/{name}"), site.path("volume").join(name)).unwrap();
    }
    let root = |name: &str| site.path("volume").join(name);
    let origin = Origin::Folders { templates: root("templates"), locales: root("locales") };
    let mut watch = Watch::start(origin.clone(), NEVER).await;
    for (old, new) in [("1", "2"), ("2", "3"), ("3", "4")] {
        publish(new);
        fs::remove_dir_all(site.path("volume").join(format!("..{old}"))).unwrap();
        seen(&mut watch, &origin).await;
    }
}

#[tokio::test]
async fn what_nobody_tells_is_found_by_looking() {
    let site = Site::new();
    let hidden = site.path("whole");
    fs::create_dir(&hidden).unwrap();
    let below = |name: &str| hidden.join(name);
    fs::rename(site.path("templates"), below("templates")).unwrap();
    fs::rename(site.path("locales"), below("locales")).unwrap();
    let origin = Origin::Folders { templates: below("templates"), locales: below("locales") };
    let mut watch = Watch::start(origin.clone(), Duration::from_millis(20)).await;
    // Nobody watches the folder above the two: it may be full of what is none of ours.
    fs::rename(&hidden, site.path("away")).unwrap();
    seen(&mut watch, &origin).await;
    site.write("next/templates/a/b/email.txt", "two");
    site.write("next/locales/en/a.ftl", "two");
    fs::rename(site.path("next"), &hidden).unwrap();
    seen(&mut watch, &origin).await;
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let site = Site::new();
    let mut watch = site.watch(NEVER).await;
    let before = watch.snapshot().fingerprint();
    site.write("templates/README.md", "nobody reads it");
    site.write("templates/a/b/email.txt", "one");
    site.write("locales/en/b.ftl", "two");
    seen(&mut watch, &site.origin).await;
    assert_ne!(watch.snapshot().fingerprint(), before);
    let once_more = timeout(2 * QUIET, watch.changed()).await;
    assert!(once_more.is_err(), "told although nothing is different");
}

#[tokio::test]
async fn what_is_built_in_never_changes() {
    let mut watch = Watch::start(Origin::Embedded, Duration::from_millis(1)).await;
    assert!(timeout(Duration::from_millis(20), watch.changed()).await.is_err());
}

#[test]
fn a_way_is_watched_where_its_links_lie() {
    let site = Site::new();
    let glance = site.origin.glance();
    let real = |name: &str| fs::canonicalize(site.path(name)).unwrap();
    let expected = ["templates", "templates/a", "templates/a/b", "locales", "locales/en"].map(real);
    assert_eq!(glance.folders, expected.into());
    let nowhere = |name: &str| Path::new(&site.path("missing")).join(name);
    let missing = Origin::Folders { templates: nowhere("templates"), locales: nowhere("locales") };
    assert_eq!(missing.glance().folders, [real("")].into());
}
