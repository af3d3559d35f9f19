//! What the directory is shown. Files are read for each question: tokens are rotated under a running worker.

use std::sync::{Mutex, PoisonError};

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::DirectoryError;
use crate::config::{self, Rotating, Secret};

#[derive(Debug)]
pub(super) struct Credentials {
    bearer: Option<Shown>,
    headers: Option<Shown>,
}

/// A secret as it was last read.
#[derive(Debug)]
struct Shown {
    /// As the configuration calls it.
    key: &'static str,
    secret: Rotating,
    last: Mutex<Last>,
}

#[derive(Debug)]
struct Last {
    good: Secret,
    /// Why the file could not be read the last time.
    fault: Option<String>,
}

impl Credentials {
    pub(super) fn new(config: &config::Directory) -> Self {
        let shown = |key, secret: Option<&Rotating>| secret.map(|secret| Shown::new(key, secret.clone()));
        Self {
            bearer: shown("directory.bearer", config.bearer.as_ref()),
            headers: shown("directory.headers", config.headers.as_ref()),
        }
    }

    /// Adds them to a request.
    pub(super) async fn show(&self, mut request: RequestBuilder) -> Result<RequestBuilder, DirectoryError> {
        if let Some(shown) = &self.headers {
            request = request.headers(headers(shown.now().await.expose()).ok_or_else(|| shown.unfit())?);
        }
        if let Some(shown) = &self.bearer {
            let bearer = value(&format!("Bearer {}", shown.now().await.expose())).ok_or_else(|| shown.unfit())?;
            request = request.header(AUTHORIZATION, bearer);
        }
        Ok(request)
    }
}

impl Shown {
    fn new(key: &'static str, secret: Rotating) -> Self {
        let last = Mutex::new(Last { good: secret.first.clone(), fault: None });
        Self { key, secret, last }
    }

    /// What the file holds by now; while it cannot be read, what it held last.
    async fn now(&self) -> Secret {
        let Some(file) = &self.secret.file else { return self.secret.first.clone() };
        let read = match tokio::fs::read_to_string(file).await {
            Ok(text) if text.trim().is_empty() => Err("it is empty".to_owned()),
            Ok(text) => Ok(Secret::new(text.trim_end_matches(['\r', '\n']))),
            Err(error) => Err(error.to_string()),
        };
        let (key, mut last) = (self.key, self.last.lock().unwrap_or_else(PoisonError::into_inner));
        match read {
            Ok(secret) => {
                if last.fault.take().is_some() {
                    tracing::info!("`{key}_file` can be read again");
                }
                last.good = secret;
            }
            Err(fault) => {
                if last.fault.as_ref() != Some(&fault) {
                    tracing::warn!("`{key}_file` cannot be read, and what it held last is used: {fault}");
                    last.fault = Some(fault);
                }
            }
        }
        last.good.clone()
    }

    fn unfit(&self) -> DirectoryError {
        let file = if self.secret.file.is_some() { "_file" } else { "" };
        DirectoryError::Denied(format!("`{}{file}` holds what no header can hold", self.key))
    }
}

/// `Name: value`, line by line.
fn headers(lines: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let (name, text) = line.split_once(':')?;
        headers.append(HeaderName::try_from(name.trim()).ok()?, value(text.trim())?);
    }
    Some(headers)
}

/// A header's value that nothing prints.
fn value(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
