//! Dispatches as commands show them: a table, or JSON whose form is stable: fields may be added, none changes its meaning.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use crate::ledger::{DispatchState, Record};
use crate::policy::News;

/// Characters of an id that are shown: enough to find it again.
const SHORT: usize = 8;

/// What `dashlight log --format json` and `dashlight failed list --format json` print.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Dispatches")]
struct Written<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The newest first.
    dispatches: Vec<WrittenDispatch<'a>>,
}

/// One message to one address. Addresses and bodies are not shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WrittenDispatch<'a> {
    id: &'a str,
    app: &'a str,
    recipient: &'a str,
    vehicle: Option<&'a str>,
    r#type: &'a str,
    code: Option<&'a str>,
    /// How often the incident had opened, from 1.
    opening: u32,
    /// The rung of the notice's ladder, from 1; null: it says that all is well again.
    step: Option<u32>,
    #[schemars(extend("enum" = ["email", "push"]))]
    channel: &'static str,
    /// Of a push to a device that is still known: fcm, apns, webpush or other.
    platform: Option<&'static str>,
    #[schemars(extend("enum" = ["planned", "sending", "sent", "failed", "cancelled", "expired", "unknown"]))]
    state: &'static str,
    /// When it was planned (RFC 3339, as all times here).
    planned_at: String,
    /// When it was or is to be sent; of a retry, when it is tried again.
    due_at: String,
    /// After this it is worth nothing any more.
    expires_at: String,
    /// When it ended; null: it has not.
    ended_at: Option<String>,
    /// Tries begun.
    attempts: u32,
    transport: Option<&'a str>,
    /// The carrier's own id of the message.
    provider_id: Option<&'a str>,
    /// Why it failed or was cancelled: a word.
    reason: Option<&'a str>,
    /// What the carrier said last.
    detail: Option<&'a str>,
    /// The language of the message that was sent.
    locale: Option<&'a str>,
    /// The content that it was composed from.
    revision: Option<&'a str>,
    /// True: what was said and where it went was deleted after `ledger.keep`.
    content_deleted: bool,
}

pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(Written<'_>).to_value()
}

pub(super) fn print_json(records: &[Record]) -> anyhow::Result<()> {
    table::print_json(&Written { version: 1, dispatches: records.iter().map(written).collect() })
}

fn written(record: &Record) -> WrittenDispatch<'_> {
    WrittenDispatch {
        id: record.id.as_str(),
        app: &record.app,
        recipient: &record.recipient,
        vehicle: record.vehicle.as_deref(),
        r#type: record.key.kind(),
        code: record.key.code(),
        opening: record.opening,
        step: step(record),
        channel: record.channel.as_str(),
        platform: record.platform,
        state: record.state.as_str(),
        planned_at: record.created_at.to_string(),
        due_at: record.due_at.to_string(),
        expires_at: record.expires_at.to_string(),
        ended_at: record.settled_at.map(|at| at.to_string()),
        attempts: record.attempts,
        transport: record.transport.as_deref(),
        provider_id: record.provider_id.as_deref(),
        reason: record.reason.as_deref(),
        detail: record.detail.as_deref(),
        locale: record.locale.as_deref(),
        revision: record.revision.as_deref(),
        content_deleted: record.bared,
    }
}

pub(super) fn short(record: &Record) -> &str {
    record.id.as_str().get(..SHORT).unwrap_or(record.id.as_str())
}

/// `PERMISSION`; the type where there is no code.
pub(super) fn notice(record: &Record) -> &str {
    record.key.code().unwrap_or_else(|| record.key.kind())
}

/// `email`, `push fcm`.
pub(super) fn channel(record: &Record) -> String {
    match record.platform {
        Some(platform) => format!("{} {platform}", record.channel),
        None => record.channel.to_string(),
    }
}

/// What is to be known beside the state.
fn remark(record: &Record) -> String {
    let reason = || record.reason.clone().unwrap_or_default();
    match record.state {
        DispatchState::Planned if record.attempts > 0 => {
            let detail = record.detail.as_deref().unwrap_or_default();
            format!("again at {}: {}", table::time(record.due_at), shortened(detail))
        }
        DispatchState::Planned => format!("due at {}", table::time(record.due_at)),
        DispatchState::Failed | DispatchState::Unknown => match (&record.reason, &record.detail) {
            (Some(reason), _) => reason.clone(),
            (None, Some(detail)) => shortened(detail),
            (None, None) => String::new(),
        },
        _ => reason(),
    }
}

/// So that a carrier's novel leaves the table a table.
pub(super) fn shortened(detail: &str) -> String {
    const MOST: usize = 40;
    match detail.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &detail[..end]),
        None => detail.to_owned(),
    }
}

/// A footnote for those of which less is told; empty: there are none.
pub(super) fn footnote(records: &[Record], keep: SignedDuration) -> String {
    match records.iter().filter(|record| record.bared).count() {
        0 => String::new(),
        count => format!("of {count} the addresses and the carriers' words were {}\n", deleted_after(keep)),
    }
}

/// `deleted after 30 d`.
fn deleted_after(keep: SignedDuration) -> String {
    let keep = match (keep.as_hours() / 24, keep.as_hours() % 24) {
        (days, 0) => format!("{days} d"),
        _ => format!("{keep:#}"),
    };
    format!("deleted after {keep} (`ledger.keep`)")
}

/// From 1; `None`: it says that all is well again.
fn step(record: &Record) -> Option<u32> {
    (News::of_step(record.step) == News::Problem).then(|| u32::from(record.step) + 1)
}

/// All that is known of one.
pub(super) fn describe(record: &Record, keep: SignedDuration) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let ended = record.settled_at.map(table::time).unwrap_or_default();
    let lines = [
        ("id", record.id.to_string()),
        ("app", record.app.clone()),
        ("owner", record.recipient.clone()),
        ("vehicle", text(&record.vehicle)),
        ("notice", record.key.to_string()),
        ("step", step(record).map_or_else(|| "all is well again".to_owned(), |step| step.to_string())),
        ("channel", channel(record)),
        ("state", record.state.as_str().to_owned()),
        ("reason", text(&record.reason)),
        ("detail", text(&record.detail)),
        ("transport", text(&record.transport)),
        ("tries", record.attempts.to_string()),
        ("planned", table::time(record.created_at)),
        ("ended", ended),
        ("expires", table::time(record.expires_at)),
        ("content", if record.bared { deleted_after(keep) } else { String::new() }),
    ];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty());
    lines
        .map(|(name, value)| format!("{name:<11}{}", value.replace(char::is_control, " ")))
        .collect::<Vec<_>>()
        .join("\n")
        + "\n"
}

/// `with_owner`: the dispatches are of more than one.
pub(super) fn draw(records: &[Record], with_owner: bool) -> String {
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            let owner = if with_owner { format!("{} {}", record.app, record.recipient) } else { record.app.clone() };
            [
                table::time(record.settled_at.unwrap_or(record.created_at)),
                short(record).to_owned(),
                owner,
                notice(record).to_owned(),
                step(record).map_or_else(|| "well".to_owned(), |step| step.to_string()),
                channel(record),
                record.state.as_str().to_owned(),
                remark(record),
                record.attempts.to_string(),
                record.transport.clone().unwrap_or_default(),
                record.provider_id.as_deref().map(shortened).unwrap_or_default(),
                record.locale.clone().unwrap_or_default(),
                record.revision.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let owner = if with_owner { "APP, OWNER" } else { "APP" };
    table::draw(
        [
            "WHEN (UTC)",
            "ID",
            owner,
            "NOTICE",
            "STEP",
            "CHANNEL",
            "STATE",
            "WHY",
            "TRIES",
            "BY",
            "PROVIDER'S ID",
            "LOCALE",
            "CONTENT",
        ],
        &rows,
    )
}
