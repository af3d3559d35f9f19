//! `dashlight check`: proves configuration and content, and tells everything that is wrong at once.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::settings::Settings;
use super::{AT_FAULT, SOMETHING_FAILED, Verdict, terminal};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Content};
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Severity, codes};
use crate::workbench::check::{self, Against, Events, Proof, Report};

/// Find everything that is wrong with configuration, notices, templates, translations and sample events
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Sample events to look at too: files of JSON or NDJSON, or folders of them
    events: Vec<PathBuf>,
    /// For people, for programs, or for code hosts (SARIF 2.1.0)
    #[arg(long, value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    format: Format,
    /// Explain a code that a finding bears; without CODE, list them all
    #[arg(long, value_name = "CODE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "not given, given alone, given with a code")]
    explain: Option<Option<String>>,
    /// Also ask the broker, the ledger, the directory and every transport whether they would do their work; takes no event
    /// and sends no message
    #[arg(long)]
    online: bool,
    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Sarif,
}

impl Check {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        match &self.explain {
            Some(Some(code)) => return explain(code),
            Some(None) => return list(),
            None => {}
        }
        let begun = SystemClock.now();
        let loaded = if self.online { settings.load_to_reach() } else { settings.load_to_check() };
        let (config, Diagnostics(mut findings)) = loaded?;
        let sound = findings.is_empty();
        let content = match app::origin(&config.content) {
            Ok(origin) => check::Content::of(&origin, &config.apps, &config.policy),
            Err(Diagnostics(findings)) => check::Content { findings, ..check::Content::default() },
        };
        findings.extend(content.findings);
        let mut events = Events::of(
            &self.events,
            &Against {
                catalog: content.catalog.as_ref(),
                apps: &config.apps,
                directory: config.directory.url.is_some(),
                max_event_bytes: config.source.max_event_bytes,
                now: begun,
            },
        );
        let mut proofs = Vec::new();
        if sound {
            let faults = app::transport_faults(&config);
            if self.online && faults.is_empty() {
                let (asked, found) = reach(&config)?;
                proofs = asked;
                findings.extend(found);
            }
            findings.extend(faults);
        } else {
            // The apps are not those of the faulty configuration.
            events.findings.retain(|finding| *finding.code != codes::event::UNKNOWN_APP);
        }
        findings.extend(events.findings);
        let report = Report::new(findings).with_proofs(proofs);
        match self.format {
            Format::Human => {
                let took = SystemClock.now().duration_since(begun).as_secs_f64();
                terminal::print(&self.human(&report, &config.content, [content.messages, events.count], took))?;
            }
            Format::Json => terminal::print(&format!("{:#}\n", report.json()))?,
            Format::Sarif => terminal::print(&format!("{:#}\n", report.sarif()))?,
        }
        Ok(ExitCode::from(self.verdict(&report)))
    }

    fn verdict(&self, report: &Report) -> u8 {
        let unreadable = |code: &Code| [&codes::config::FILE, &codes::event::FILE].contains(&code);
        if report.findings().iter().any(|finding| unreadable(finding.code)) {
            AT_FAULT
        } else if report.count(Severity::Error) > 0 || (self.deny_warnings && !report.findings().is_empty()) {
            SOMETHING_FAILED
        } else {
            0
        }
    }

    /// The findings, then one line that sums them up.
    fn human(&self, report: &Report, content: &Content, [messages, events]: [usize; 2], seconds: f64) -> String {
        let mut told = report.human(terminal::is_output_colored()).trim_end().to_owned();
        if !told.is_empty() {
            told.push_str("\n\n");
        }
        told.push_str(&self.reached(report));
        let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
        let counted: Vec<String> = [(errors, "error"), (warnings, "warning")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {}", terminal::plural(count, what)))
            .collect();
        let found = if counted.is_empty() { "nothing found".to_owned() } else { counted.join(", ") };
        let files = match report.files() {
            0 => String::new(),
            files => format!(" in {files} {}", terminal::plural(files, "file")),
        };
        let place = place(content);
        let looked = match messages {
            0 => format!("looked at {place} in {seconds:.1} s, but at no message before these are mended"),
            messages => format!("{messages} messages of {place} looked at in {seconds:.1} s"),
        };
        let events = match events {
            0 => String::new(),
            events => format!("; {events} {} tried", terminal::plural(events, "event")),
        };
        let _ = writeln!(told, "{found}{files}; {looked}{events}");
        if !counted.is_empty() {
            told.push_str("`dashlight check --explain CODE` tells more about a finding\n");
        }
        told
    }

    /// What was asked outside, and what that proved.
    fn reached(&self, report: &Report) -> String {
        match (self.online, report.online()) {
            (false, _) => String::new(),
            (true, online) if online.is_empty() => {
                "nothing outside was asked, because the configuration has faults\n\n".to_owned()
            }
            (true, online) => format!("{online}\n"),
        }
    }
}

fn reach(config: &Config) -> anyhow::Result<(Vec<Proof>, Vec<Diagnostic>)> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    Ok(runtime.block_on(app::reach(config)))
}

/// Which content was looked at, so that nobody takes what is built in for the own.
fn place(content: &Content) -> String {
    let shown = |path: &Path| format!("`{}`", path.display());
    match (&content.templates, &content.locales) {
        (None, None) => "the content that is built in".to_owned(),
        (templates, locales) => {
            let folders: Vec<_> = [templates, locales].into_iter().flatten().map(|path| shown(path)).collect();
            folders.join(" and ")
        }
    }
}

fn explain(id: &str) -> Verdict {
    let Some(code) = codes::all().find(|code| code.id == id.trim()) else {
        let known = diagnostic::nearest(id, codes::all().map(|code| code.id), str::to_owned);
        let help = known.map_or_else(
            || "`dashlight check --explain` lists all".to_owned(),
            |known| format!("did you mean `{known}`?"),
        );
        anyhow::bail!("there is no code `{id}`; {help}");
    };
    let (title, rest) = code.explanation.split_once("\n\n").unwrap_or((code.explanation, ""));
    terminal::print(&format!("{}[{}]: {title}\n\n{rest}\n", code.severity.as_str(), code.id))?;
    Ok(ExitCode::SUCCESS)
}

fn list() -> Verdict {
    let width = codes::all().map(|code| code.id.len()).max().unwrap_or_default();
    let mut listed = String::new();
    for code in codes::all() {
        let _ = writeln!(listed, "{:<width$}  {:<7}  {}", code.id, code.severity.as_str(), code.title());
    }
    terminal::print(&listed)?;
    Ok(ExitCode::SUCCESS)
}
