//! Files that are damaged before anybody looks into them, and files that are none of our business.

use super::At::{Line, Nowhere, Top};
use super::Edit::{Append, Bytes, Delete, Link};
use super::Row;

const DA: &str = "locales/da/common.ftl";

pub(super) const ROWS: &[Row] = &[
    (
        "an old encoding",
        DA,
        Bytes(|bytes| {
            String::from_utf8(bytes).unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
        }),
        "files/not-utf8",
        Line("\u{fffd}"),
    ),
    ("a template of 50 MB", "templates/layout/huge.mjml", Bytes(|_| vec![b' '; 50_000_000]), "files/too-large", Top),
    ("a folder that holds itself", "locales/da/loop", Link(".."), "files/unreadable", Top),
    ("a link to nowhere", "templates/layout/gone.txt", Link("nowhere.txt"), "files/unreadable", Top),
    ("a link to itself", "templates/layout/self.txt", Link("self.txt"), "files/unreadable", Top),
    ("the templates are gone", "templates", Delete, "files/unreadable", Top),
    ("the locales are gone", "locales", Delete, "files/unreadable", Top),
    (
        "a binary file under the name of a text",
        "templates/layout/logo.txt",
        Bytes(|_| b"\x89PNG\r\n\x1a\n\0\0".to_vec()),
        "files/not-utf8",
        Top,
    ),
    (
        "a picture beside the templates",
        "templates/layout/logo.png",
        Bytes(|_| b"\x89PNG\r\n\x1a\n\0\0".to_vec()),
        "",
        Nowhere,
    ),
    ("what an editor left behind", "locales/da/.common.ftl.swp", Bytes(|_| vec![0xff; 64]), "", Nowhere),
    ("a guide for translators", "locales/README.md", Append("# How we write\n"), "", Nowhere),
];
