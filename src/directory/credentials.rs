//! What the directory is shown. Files are read for each question: tokens are rotated under a running worker.

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::DirectoryError;
use crate::config::{self, Rotating};
use crate::rotating::Shown;

#[derive(Debug)]
pub(super) struct Credentials {
    bearer: Option<Shown>,
    headers: Option<Shown>,
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
            request = request.headers(headers(shown.now().await.expose()).ok_or_else(|| unfit(shown))?);
        }
        if let Some(shown) = &self.bearer {
            let bearer = value(&format!("Bearer {}", shown.now().await.expose())).ok_or_else(|| unfit(shown))?;
            request = request.header(AUTHORIZATION, bearer);
        }
        Ok(request)
    }
}

fn unfit(shown: &Shown) -> DirectoryError {
    DirectoryError::Denied(format!("`{}` holds what no header can hold", shown.name()))
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
