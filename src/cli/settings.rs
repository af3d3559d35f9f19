//! The options that every command takes, and the configuration that they lead to.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{self, Config, Content, Layers};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Configuration file [default: ./dashlight.toml if there is one, else what is built in]
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one key of the configuration, for example `--set smtp.host=localhost`
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Folder of templates, in place of `content.templates`
    #[arg(long, global = true, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Folder of translations, in place of `content.locales`
    #[arg(long, global = true, value_name = "DIR")]
    locales: Option<PathBuf>,
    /// `DASHLIGHT__SECTION__KEY`
    #[arg(skip)]
    environment: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE, for example smtp.host=localhost")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl Settings {
    pub(super) fn with_environment(mut self, environment: Vec<(String, String)>) -> Self {
        self.environment = environment;
        self
    }

    /// The configuration: defaults, file, environment, `--set`, then `overrides`.
    pub(super) fn load(&self, overrides: &[(String, String)]) -> Result<Config, Diagnostics> {
        self.load_from(self.file(), false, overrides)
    }

    /// The same for looking at content only: without a file, the example app serves; without folders, those that lie here.
    pub(super) fn load_to_look(&self) -> Result<Config, Diagnostics> {
        let file = self.file();
        let no_file = file.is_none();
        let mut config = self.load_from(file, no_file, &[])?;
        here(&mut config.content);
        Ok(config)
    }

    /// As [`Settings::load_to_look`], but with faults in the configuration the content is looked at all the same, as the example
    /// app would use it.
    pub(super) fn load_to_check(&self) -> Result<(Config, Diagnostics), Diagnostics> {
        self.or_content_alone(self.load_to_look())
    }

    /// The same, but it is the own configuration that counts: what it does not name is not there to be reached.
    pub(super) fn load_to_reach(&self) -> Result<(Config, Diagnostics), Diagnostics> {
        self.or_content_alone(self.load_to_send())
    }

    fn or_content_alone(&self, loaded: Result<Config, Diagnostics>) -> Result<(Config, Diagnostics), Diagnostics> {
        let faults = match loaded {
            Ok(config) => return Ok((config, Diagnostics::default())),
            Err(faults) => faults,
        };
        let mut config = config::load(&Layers { demo: true, ..Layers::default() })?;
        config.content = config::content(&self.layers(self.file(), true, &[]));
        here(&mut config.content);
        Ok((config, faults))
    }

    /// The same for sending, which needs a configuration of one's own.
    pub(super) fn load_to_send(&self) -> Result<Config, Diagnostics> {
        let mut config = self.load(&[])?;
        here(&mut config.content);
        Ok(config)
    }

    /// The built-in configuration with its example app, whatever file lies about: for the demo.
    pub(super) fn load_built_in(&self, overrides: &[(String, String)]) -> Result<Config, Diagnostics> {
        self.load_from(self.config.clone(), true, overrides)
    }

    fn file(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| Some(PathBuf::from(FILE)).filter(|file| file.exists()))
    }

    fn load_from(
        &self,
        file: Option<PathBuf>,
        demo: bool,
        overrides: &[(String, String)],
    ) -> Result<Config, Diagnostics> {
        let no_file = file.is_none() && !demo;
        config::load(&self.layers(file, demo, overrides)).map_err(|mut faults| {
            if no_file {
                // Most likely the reason for all the others.
                let fault = Diagnostic::new(&codes::config::FILE, format!("there is no `{FILE}` in this folder"));
                faults.0.insert(0, fault.help("name the configuration with `--config`"));
            }
            faults
        })
    }

    fn layers(&self, file: Option<PathBuf>, demo: bool, overrides: &[(String, String)]) -> Layers {
        let folders = [("content.templates", &self.templates), ("content.locales", &self.locales)];
        let folders =
            folders.into_iter().filter_map(|(key, dir)| Some((key.to_owned(), dir.as_ref()?.display().to_string())));
        let overrides = self.set.iter().cloned().chain(folders).chain(overrides.iter().cloned()).collect();
        Layers { file, environment: self.environment.clone(), overrides, demo }
    }
}

/// At the root of a checkout a product team means the folders that lie there, not what was once built in. Said in one place, so
/// that all commands that look at content look at the same. The worker uses only what its configuration names.
fn here(content: &mut Content) {
    let (templates, locales) = (Path::new("templates"), Path::new("locales"));
    if content.templates.is_none() && content.locales.is_none() && templates.is_dir() && locales.is_dir() {
        (content.templates, content.locales) = (Some(templates.into()), Some(locales.into()));
    }
}

/// The configuration file that is used when it lies in the current folder.
const FILE: &str = "dashlight.toml";
