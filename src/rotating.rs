//! Secrets that others replace under a running worker: read anew from their files whenever they are shown.

use std::sync::{Mutex, PoisonError};

use crate::config::{Rotating, Secret, secret_file};

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
        let path = file.clone();
        let read = tokio::task::spawn_blocking(move || secret_file::read(&path)).await;
        let read = read.unwrap_or_else(|fault| Err(format!("cannot be read: {fault}")));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = last.trouble.over(&self.name(), read) {
            last.good = secret;
        }
        last.good.clone()
    }

    /// As it was at the start.
    pub(crate) fn first(&self) -> &Secret {
        &self.secret.first
    }

    /// The key of the configuration that holds it, or names its file.
    pub(crate) fn name(&self) -> String {
        self.secret.key(&self.key)
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
                    tracing::warn!("`{key}` {fault}; what was read last is used until then");
                    self.0 = Some(fault);
                }
                None
            }
        }
    }
}
