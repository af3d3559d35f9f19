//! The options that every command takes, and the configuration that they lead to.

use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Config, Layers};
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

    /// The same for looking at content only: without a file, the example app serves.
    pub(super) fn load_to_look(&self) -> Result<Config, Diagnostics> {
        let file = self.file();
        let no_file = file.is_none();
        self.load_from(file, no_file, &[])
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
        let overrides = self.set.iter().chain(overrides).cloned().collect();
        let no_file = file.is_none() && !demo;
        config::load(&Layers { file, environment: self.environment.clone(), overrides, demo }).map_err(|mut faults| {
            if no_file {
                // Most likely the reason for all the others.
                let fault = Diagnostic::new(&codes::config::FILE, format!("there is no `{FILE}` in this folder"));
                faults.0.insert(0, fault.help("name the configuration with `--config`"));
            }
            faults
        })
    }
}

/// The configuration file that is used when it lies in the current folder.
const FILE: &str = "dashlight.toml";
