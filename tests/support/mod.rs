//! What several tests need. Each test binary uses a part of it.
#![allow(dead_code)]

pub mod checkout;
pub mod fakes;
pub mod html;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dashlight::config::{self, Config, Layers};

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file or folder of the project.
pub fn project(path: &str) -> PathBuf {
    root().join(path)
}

/// `dashlight.toml` as it ships.
pub fn shipped_config() -> Config {
    let layers =
        Layers { file: Some(project("dashlight.toml")), environment: Vec::new(), overrides: Vec::new(), demo: false };
    config::load(&layers).unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

/// The program, started in the project's folder.
pub fn dashlight(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashlight"));
    command.current_dir(root()).args(arguments).env_remove("RUST_LOG");
    command
}

/// What a program said, for people.
pub fn said(output: &Output) -> String {
    format!(
        "exit code {:?}\n---- stdout\n{}\n---- stderr\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
