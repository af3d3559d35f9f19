//! What is taken up, what is not, and what the log says of it.

use std::fs;
use std::sync::Arc;

use dashlight::catalog::{Catalog, Origin};
use dashlight::config::Config;
use dashlight::content::{Current, Hangup, Reloader};
use tokio::task::AbortHandle;

use crate::logs::Logs;
use crate::site::{self, BROKEN, MAIL, Site, TEXT, WORDS};
use crate::{patiently, support, until};

/// A reloader at work on a site.
struct Scene {
    site: Site,
    config: Config,
    current: Current,
    hangup: Hangup,
    task: AbortHandle,
    logs: Logs,
    _listening: tracing::subscriber::DefaultGuard,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scene {
    async fn start() -> Self {
        let (site, config) = (Site::new(), support::shipped_config());
        let current = site.current(&config);
        let reloader = site.reloader(&config, &current);
        let scene = Self::with(site, config, reloader);
        // The answer shows that it is at work.
        scene.hangup.give();
        scene.hears("SIGHUP: the content has not changed").await;
        scene
    }

    fn with(site: Site, config: Config, reloader: Reloader) -> Self {
        let (logs, listening) = Logs::listen();
        let (current, hangup) = (reloader.current.clone(), Hangup::default());
        let heard = hangup.clone();
        let task = tokio::spawn(async move { match reloader.run(heard).await {} }).abort_handle();
        Self { site, config, current, hangup, task, logs, _listening: listening }
    }

    async fn hears(&self, what: &str) {
        patiently(what, self.logs.until(what)).await;
    }

    /// Waits until what lies there is in force.
    async fn takes(&self) {
        let wanted = self.site.revision(&self.config);
        until("the content is taken up", || *self.current.standing().revision == *wanted).await;
        assert_eq!(&**self.current.catalog().revision(), wanted);
    }

    async fn refuses(&self) {
        let before = self.current.catalog();
        until("the content is refused", || self.current.standing().broken.is_some()).await;
        assert!(Arc::ptr_eq(&self.current.catalog(), &before), "the last good content stays");
    }

    /// Looks once more, and says so when it is done.
    async fn looks_again(&self) {
        let before = self.logs.count("SIGHUP");
        self.hangup.give();
        until("it looks again", || self.logs.count("SIGHUP") > before).await;
    }
}

#[tokio::test]
async fn every_kind_of_save_is_taken_up() {
    let scene = Scene::start().await;
    scene.site.save(MAIL, &site::mail(2));
    scene.takes().await;
    fs::write(scene.site.file("locales/en/.words.tmp"), site::words(3)).unwrap();
    fs::rename(scene.site.file("locales/en/.words.tmp"), scene.site.file(WORDS)).unwrap();
    scene.takes().await;
    scene.site.lay_out(4);
    scene.site.point_to(4);
    scene.takes().await;
    scene.site.save(TEXT, &site::text(5));
    scene.takes().await;
    assert_eq!(scene.logs.count("new content is in force"), 4, "{}", scene.logs.text());
    assert_eq!(scene.current.standing().taken, 4);
}

#[tokio::test]
async fn a_broken_edit_is_told_once_and_keeps_the_last_good_content() {
    let scene = Scene::start().await;
    scene.site.save(TEXT, BROKEN);
    scene.refuses().await;
    scene.hears("the content is broken; until it is mended, the last good one stays").await;
    scene.hears("email.txt:1:").await;
    scene.looks_again().await;
    scene.looks_again().await;
    assert_eq!(scene.logs.count("until it is mended"), 1, "{}", scene.logs.text());
    assert_eq!(scene.logs.count("SIGHUP: the content is still broken, as was told before"), 2);
    let broken = scene.current.standing().broken.unwrap();
    assert_eq!((broken.faults, broken.codes.into_iter().collect::<Vec<_>>()), (1, vec!["template/syntax"]));
    // Another fault is another line.
    scene.site.save(TEXT, "{{ text.body }} {{ nobody.knows }}");
    until("the other fault is told", || scene.logs.count("until it is mended") == 2).await;
}

#[tokio::test]
async fn a_mended_edit_is_told_once_whether_it_is_new_or_what_was_in_force() {
    let scene = Scene::start().await;
    scene.site.save(TEXT, BROKEN);
    scene.refuses().await;
    scene.site.save(TEXT, &site::text(1));
    scene.hears("the content is mended: it is what stayed in force").await;
    assert_eq!(scene.current.standing().broken, None);
    scene.site.save(TEXT, BROKEN);
    scene.refuses().await;
    scene.site.save(TEXT, &site::text(2));
    scene.hears("the content is mended and in force").await;
    scene.looks_again().await;
    assert_eq!(scene.logs.count("mended"), 2 + 2, "twice broken, twice mended: {}", scene.logs.text());
    assert_eq!(scene.current.standing().broken, None);
}

#[tokio::test]
async fn a_folder_that_vanishes_keeps_the_last_good_content() {
    let scene = Scene::start().await;
    fs::rename(scene.site.file("locales"), scene.site.path("away")).unwrap();
    scene.refuses().await;
    scene.hears("files/unreadable").await;
    fs::rename(scene.site.path("away"), scene.site.file("locales")).unwrap();
    scene.hears("the content is mended").await;
    fs::remove_file(scene.site.path("current")).unwrap();
    scene.refuses().await;
    scene.site.lay_out(2);
    scene.site.point_to(2);
    scene.takes().await;
}

#[tokio::test]
async fn an_edit_between_the_start_and_the_watch_is_taken_up() {
    let (site, config) = (Site::new(), support::shipped_config());
    let current = site.current(&config);
    let reloader = site.reloader(&config, &current);
    site.save(WORDS, &site::words(2));
    Scene::with(site, config, reloader).takes().await;
}

#[tokio::test]
async fn without_a_watch_only_a_hangup_takes_up_an_edit() {
    let (site, config) = (Site::new(), support::shipped_config());
    let current = site.current(&config);
    let reloader = Reloader { poll: None, ..site.reloader(&config, &current) };
    let scene = Scene::with(site, config, reloader);
    scene.looks_again().await;
    scene.site.save(WORDS, &site::words(2));
    scene.hangup.give();
    scene.takes().await;
}

#[tokio::test]
async fn content_that_makes_the_loading_panic_costs_nothing_else() {
    let (site, config) = (Site::new(), support::shipped_config());
    let current = site.current(&config);
    let reloader = Reloader { load: Arc::new(|_| panic!("told to")), ..site.reloader(&config, &current) };
    let scene = Scene::with(site, config, reloader);
    scene.hangup.give();
    scene.refuses().await;
    scene.hears("loading the content made dashlight panic").await;
}

#[tokio::test]
async fn what_is_built_in_says_so() {
    let (site, config) = (Site::new(), support::shipped_config());
    let catalog = Catalog::load(&Origin::Embedded, &config.apps).unwrap();
    let current = Current::new(catalog, jiff::Timestamp::UNIX_EPOCH);
    let reloader = Reloader { origin: Origin::Embedded, ..site.reloader(&config, &current) };
    let scene = Scene::with(site, config, reloader);
    scene.hangup.give();
    scene.hears("SIGHUP: the content is built in, so there is nothing to reload").await;
}
