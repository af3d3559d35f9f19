//! Lays the layers over one another and reads the sum: defaults, file, environment, command line.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::section::{Reading, Section};
use super::tree::{self, Origin, Table};
use super::{Config, Content, sections};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};

/// The defaults and the reference: `dashlight.toml` as it was built into the program.
pub const REFERENCE: &str = include_str!("../../dashlight.toml");

/// What the configuration is made of, the weakest first.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The operator's file. Paths in it are relative to its folder.
    pub file: Option<PathBuf>,
    /// The environment; what does not begin with `DASHLIGHT__` is ignored.
    pub environment: Vec<(String, String)>,
    /// What flags set: a key such as `ledger.url`, and its value.
    pub overrides: Vec<(String, String)>,
    /// The example app of the reference counts.
    pub demo: bool,
}

/// Loads the configuration.
///
/// # Errors
/// Every fault of every layer, at once.
pub fn load(layers: &Layers) -> Result<Config, Diagnostics> {
    let (config, faults) = sum(layers)?;
    if faults.is_empty() { Ok(config) } else { Err(Diagnostics(in_order(faults))) }
}

/// Where the content lies, however faulty all else is: a slip in `[smtp]` must not hide those of the content.
pub fn content(layers: &Layers) -> Content {
    sum(layers).map(|(config, _)| config.content).unwrap_or_default()
}

/// All layers as one, with stand-ins for what is at fault.
fn sum(layers: &Layers) -> Result<(Config, Vec<Diagnostic>), Diagnostics> {
    let mut table = reference(layers.demo)?;
    if let Some(path) = &layers.file {
        tree::overlay(&mut table, read(path)?);
    }
    for (name, value) in &layers.environment {
        if let Some(rest) = name.strip_prefix("DASHLIGHT__") {
            let path: Vec<String> = rest.split("__").map(str::to_lowercase).collect();
            tree::set(&mut table, &path, value, &Origin::Environment(name.clone()));
        }
    }
    for (key, value) in &layers.overrides {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        tree::set(&mut table, &path, value, &Origin::Flag(key.clone()));
    }
    let folder = layers.file.as_deref().and_then(Path::parent).map(Path::to_owned);
    let reading = Reading { faults: RefCell::default(), folder, outline: None };
    let config = sections::config(Section::root(&reading, &table));
    Ok((config, reading.faults.into_inner()))
}

fn reference(demo: bool) -> Result<Table, Diagnostics> {
    let mut table = tree::parse(Path::new("dashlight.toml (built in)"), REFERENCE).map_err(Diagnostics)?;
    if !demo {
        table.remove("apps");
    }
    Ok(table)
}

fn read(path: &Path) -> Result<Table, Diagnostics> {
    let unreadable = |why: String| {
        let help = "name the configuration with `--config`, or start from the `dashlight.toml` of the project";
        Diagnostics(vec![
            Diagnostic::new(&codes::config::FILE, format!("`{}` cannot be read: {why}", path.display()))
                .in_file(path)
                .help(help),
        ])
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    tree::parse(path, &text).map_err(|faults| Diagnostics(in_order(faults)))
}

/// As a person reads the file, from its top; what has no place comes last.
fn in_order(mut faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    faults.sort_by_key(|fault| fault.place.as_ref().map_or(usize::MAX, |place| place.span.start));
    faults
}
