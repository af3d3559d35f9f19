//! The workbench: every message in the browser, as owners will see it, before they do.
//!
//! It renders through the worker's own path, shows what it is given and changes nothing. Content is read by
//! [`Catalog::inspect`] alone: no file is ever opened because of what a browser asks.

mod compare;
mod content;
mod export;
mod findings;
mod mail;
mod pages;
mod past;
mod server;
mod sheet;
mod site;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::catalog::Catalog;
use crate::config::App;

use content::Content;
pub use content::Library;
pub use export::{ExportError, export};
pub use server::Server;
use site::Site;

/// Written by hand, served as they are, and nothing is loaded from elsewhere.
const STYLES: &[(&str, &str)] = &[
    ("base.css", include_str!("assets/base.css")),
    ("gallery.css", include_str!("assets/gallery.css")),
    ("notice.css", include_str!("assets/notice.css")),
    ("phone.css", include_str!("assets/phone.css")),
    ("source.css", include_str!("assets/source.css")),
    ("changes.css", include_str!("assets/changes.css")),
];
const SCRIPTS: &[(&str, &str)] =
    &[("page.js", include_str!("assets/page.js")), ("live.js", include_str!("assets/live.js"))];

/// When sample errors happen: always then, so that the same content gives the same bytes.
const SAMPLE_TIME: i64 = 1_768_469_400;

/// What a page is made of.
#[derive(Debug)]
struct Desk<'a> {
    apps: &'a BTreeMap<String, App>,
    content: &'a Content,
    site: &'a Site,
    now: Timestamp,
}

impl Desk<'_> {
    fn catalog(&self) -> Option<&Arc<Catalog>> {
        self.content.catalog.as_ref()
    }
}

/// The time of sample errors.
fn sample_time() -> Timestamp {
    Timestamp::from_second(SAMPLE_TIME).unwrap_or(Timestamp::UNIX_EPOCH)
}
