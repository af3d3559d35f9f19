//! The report for programs. Its form is stable: fields may be added, none changes its meaning.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Proof, Report};
use crate::diagnostic::{Diagnostic, Severity};

/// What `dashlight check --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckReport")]
struct Written<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    errors: usize,
    warnings: usize,
    /// By file and line; what has no place comes first.
    findings: Vec<Finding<'a>>,
    /// What was asked outside. Missing without `--online`.
    #[serde(skip_serializing_if = "Option::is_none")]
    online: Option<Vec<Asked<'a>>>,
}

/// One thing outside that a worker would need.
#[derive(Debug, Serialize, JsonSchema)]
struct Asked<'a> {
    subject: &'a str,
    works: bool,
    /// What its answer proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    proven: Option<&'a str>,
    /// The code of the finding that says what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    /// Stable; `dashlight check --explain CODE` tells what it means.
    code: &'a str,
    #[schemars(extend("enum" = ["error", "warning"]))]
    severity: &'a str,
    message: &'a str,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// Where it is. Missing when it is in no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
}

/// Lines and columns are counted from 1, columns in characters; the end is the first character that is fine again.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    /// As it was named on the command line or in the configuration.
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    /// What is said beside the marked characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
}

pub(super) fn write(report: &Report) -> Value {
    let written = Written {
        version: 1,
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        findings: report.findings().iter().map(finding).collect(),
        online: Some(report.proofs()).filter(|proofs| !proofs.is_empty()).map(|all| all.iter().map(asked).collect()),
    };
    // Strings and numbers only: it cannot fail.
    serde_json::to_value(written).unwrap_or_default()
}

pub(super) fn schema() -> Value {
    schemars::schema_for!(Written<'_>).to_value()
}

fn asked(proof: &Proof) -> Asked<'_> {
    let proven = proof.outcome.as_ref();
    Asked {
        subject: &proof.subject,
        works: proven.is_ok(),
        proven: proven.ok().map(String::as_str),
        code: proven.err().copied(),
    }
}

fn finding(finding: &Diagnostic) -> Finding<'_> {
    Finding {
        code: finding.code.id,
        severity: finding.severity.as_str(),
        message: &finding.message,
        help: finding.help.as_deref(),
        place: finding.place.as_ref().map(|place| {
            let ((line, column), (end_line, end_column)) = (place.line_and_column(), place.end());
            let file = place.source.path.display().to_string();
            Place { file, line, column, end_line, end_column, label: place.label.as_deref() }
        }),
    }
}
