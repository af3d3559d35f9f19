//! Secrets that others replace under a running worker: read anew from their files whenever they are shown.

use std::sync::{Mutex, PoisonError};

use crate::config::{Rotating, Secret};

/// A secret as it was last read.
#[derive(Debug)]
pub(crate) struct Shown {
    /// As the configuration calls it.
    key: String,
    secret: Rotating,
    last: Mutex<Last>,
}

#[derive(Debug)]
struct Last {
    good: Secret,
    trouble: Trouble,
}

impl Shown {
    pub(crate) fn new(key: impl Into<String>, secret: Rotating) -> Self {
        let last = Mutex::new(Last { good: secret.first.clone(), trouble: Trouble::default() });
        Self { key: key.into(), secret, last }
    }

    /// What the file holds by now; while it cannot be read, what it held last.
    pub(crate) async fn now(&self) -> Secret {
        let Some(file) = &self.secret.file else { return self.secret.first.clone() };
        let read = match tokio::fs::read_to_string(file).await {
            Ok(text) if text.trim().is_empty() => Err("it is empty".to_owned()),
            Ok(text) => Ok(Secret::new(text.trim_end_matches(['\r', '\n']))),
            Err(error) => Err(error.to_string()),
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = last.trouble.over(&self.name(), read) {
            last.good = secret;
        }
        last.good.clone()
    }

    /// The key of the configuration that holds it, or names its file.
    pub(crate) fn name(&self) -> String {
        let file = if self.secret.file.is_some() { "_file" } else { "" };
        format!("{}{file}", self.key)
    }
}

/// Why a file could not be read the last time: told when it changes, not on every reading.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Option<String>);

impl Trouble {
    /// What was read, if it was; `key` names the file.
    pub(crate) fn over<T>(&mut self, key: &str, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(good) => {
                if self.0.take().is_some() {
                    tracing::info!("`{key}` can be read again");
                }
                Some(good)
            }
            Err(fault) => {
                if self.0.as_ref() != Some(&fault) {
                    tracing::warn!("`{key}` cannot be read, and what it held last is used: {fault}");
                    self.0 = Some(fault);
                }
                None
            }
        }
    }
}
