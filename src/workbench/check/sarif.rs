//! The report for code hosts: SARIF 2.1.0, by which GitHub and GitLab show findings beside the changed lines.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;
use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Report;
use crate::diagnostic::{Code, Diagnostic, codes};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What a path of a URI holds as it is (RFC 3986 §3.3).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'@');

pub(super) fn write(report: &Report) -> Value {
    let rules: Vec<&Code> = codes::all().collect();
    let index: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(index, code)| (code.id, index)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dashlight",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": report.findings().iter().map(|finding| result(finding, &index)).collect::<Vec<_>>(),
        }],
    })
}

fn rule(code: &Code) -> Value {
    let (title, rest) = code.explanation.split_once("\n\n").unwrap_or((code.explanation, ""));
    json!({
        "id": code.id,
        "shortDescription": { "text": title },
        "fullDescription": { "text": rest },
        "help": { "text": code.explanation, "markdown": format!("**{title}**\n\n{rest}") },
        "defaultConfiguration": { "level": code.severity.as_str() },
        // Code hosts sort and filter by these.
        "properties": {
            "tags": [code.id.split('/').next()],
            "problem.severity": code.severity.as_str(),
            "precision": "high",
        },
    })
}

fn result(finding: &Diagnostic, index: &BTreeMap<&str, usize>) -> Value {
    let help = finding.help.iter().map(|help| format!("\n{help}"));
    let text: String = std::iter::once(finding.message.clone()).chain(help).collect();
    json!({
        "ruleId": finding.code.id,
        "ruleIndex": index.get(finding.code.id),
        "level": finding.severity.as_str(),
        "message": { "text": text },
        "locations": [{ "physicalLocation": location(finding) }],
    })
}

/// A result without a location is refused by code hosts: what is in no file is shown at the top of the configuration.
fn location(finding: &Diagnostic) -> Value {
    let Some(place) = &finding.place else {
        return json!({ "artifactLocation": { "uri": "dashlight.toml" }, "region": { "startLine": 1 } });
    };
    let ((line, column), (end_line, end_column)) = (place.line_and_column(), place.end());
    json!({
        "artifactLocation": artifact(&place.source.path),
        "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
    })
}

/// Relative to the root of the checkout, in which the command is run; a file elsewhere is named by its whole URI.
fn artifact(path: &Path) -> Value {
    let parts = path.components().filter(|part| !matches!(part, Component::CurDir | Component::RootDir));
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    let uri = utf8_percent_encode(&parts.join("/"), PATH).to_string();
    if path.is_absolute() { json!({ "uri": format!("file:///{uri}") }) } else { json!({ "uri": uri }) }
}
