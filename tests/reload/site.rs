//! A folder of small content that says which version of it is which: in its templates `T7`, in its words `W7`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dashlight::catalog::{Catalog, Origin};
use dashlight::clock::SystemClock;
use dashlight::config::Config;
use dashlight::content::{Current, Reloader};
use jiff::Timestamp;

pub(crate) const MAIL: &str = "templates/connected-services-account/permission/email.mjml";
pub(crate) const TEXT: &str = "templates/connected-services-account/permission/email.txt";
pub(crate) const WORDS: &str = "locales/en/connected-services-account.ftl";
/// No template is this.
pub(crate) const BROKEN: &str = "{{ text.body";

const NOTICE: &str = "link = \"none\"\ncooldown = \"30d\"\nexpiry = \"7d\"\n[[steps]]\nchannels = [\"email\"]\n";

pub(crate) fn mail(version: usize) -> String {
    format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{{{{ text.body }}}} T{version}.</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
}

pub(crate) fn text(version: usize) -> String {
    format!("{{{{ text.body }}}} T{version}.\n")
}

pub(crate) fn words(version: usize) -> String {
    format!(
        "permission =\n    .subject = Subject W{version}.\n    .body = Body W{version}.\n    .push-title = Title\n    .push-body = Push\n"
    )
}

/// All versions lie in one folder; a link says which of them is the content, as a deployment or Kubernetes does it.
pub(crate) struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    /// With the first version as its content.
    pub(crate) fn new() -> Self {
        let site = Self { dir: tempfile::tempdir().unwrap() };
        site.lay_out(1);
        site.point_to(1);
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file of the content.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path("current").join(name)
    }

    /// Saves in place. Nobody finds an empty file meanwhile, which as a text would be a version of its own.
    pub(crate) fn save(&self, name: &str, text: &str) {
        let mut file = fs::OpenOptions::new().write(true).open(self.file(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.set_len(text.len() as u64).unwrap();
    }

    /// Writes a version into a folder of its own, which is nobody's content yet.
    pub(crate) fn lay_out(&self, version: usize) {
        let put = |name: &str, text: &str| {
            let path = self.path(&version.to_string()).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("templates/connected-services-account/permission/notice.toml", NOTICE);
        put(
            "templates/connected-services-account/permission/push.txt",
            "{{ text.push_title }}\n{{ text.push_body }}\n",
        );
        put(MAIL, &mail(version));
        put(TEXT, &text(version));
        put("locales/en/common.ftl", "greeting = Hello\n");
        put(WORDS, &words(version));
    }

    /// Makes a version the content, at once.
    pub(crate) fn point_to(&self, version: usize) {
        symlink(version.to_string(), self.path("next")).unwrap();
        fs::rename(self.path("next"), self.path("current")).unwrap();
    }

    pub(crate) fn origin(&self) -> Origin {
        Self::origin_of(&self.path("current"))
    }

    fn origin_of(folder: &Path) -> Origin {
        Origin::Folders { templates: folder.join("templates"), locales: folder.join("locales") }
    }

    pub(crate) fn load(&self, config: &Config) -> Catalog {
        Catalog::load(&self.origin(), &config.apps).unwrap_or_else(|faults| panic!("{faults}"))
    }

    /// What the ledger will call the content as it lies there now.
    pub(crate) fn revision(&self, config: &Config) -> String {
        self.load(config).revision().to_string()
    }

    pub(crate) fn current(&self, config: &Config) -> Current {
        Current::new(self.load(config), Timestamp::UNIX_EPOCH)
    }

    pub(crate) fn reloader(&self, config: &Config, current: &Current) -> Reloader {
        let (apps, policy) = (config.apps.clone(), config.policy.clone());
        Reloader {
            current: current.clone(),
            origin: self.origin(),
            load: Arc::new(move |snapshot| Catalog::of(snapshot, &apps)?.with_policy(&policy)),
            poll: Some(config.content.poll),
            clock: Arc::new(SystemClock),
        }
    }
}
