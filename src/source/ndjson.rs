//! Events from a file or from standard input, one JSON text a line: the source that ends.
//!
//! A line is taken as bytes; what it says, and whether it is UTF-8 at all, is read where every event is read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::{Batch, Delivery, Receipt, Rejected, Source};
use crate::config;
use crate::event::Properties;

/// Bytes read at once.
const BUFFER: usize = 256 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where the lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Stdin,
    File(PathBuf),
}

impl Input {
    /// As the command line says it: `-` is standard input.
    pub fn from_argument(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdin } else { Self::File(argument.to_owned()) }
    }

    /// For people: the left half of `FILE:LINE`.
    fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` cannot be read: {source}")]
pub struct NdjsonError {
    name: String,
    source: io::Error,
}

/// How far the reading is. Clones look at the same.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    read: AtomicU64,
    lines: AtomicU64,
    total: Option<u64>,
    failure: OnceLock<NdjsonError>,
}

impl Progress {
    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.0.read.load(Ordering::Relaxed)
    }

    /// Lines read so far, blank ones among them.
    pub fn lines_read(&self) -> u64 {
        self.0.lines.load(Ordering::Relaxed)
    }

    /// Bytes in all; `None` when nobody knows.
    pub fn bytes_total(&self) -> Option<u64> {
        self.0.total
    }

    /// Why the source ended before its file did.
    pub fn failure(&self) -> Option<&NdjsonError> {
        self.0.failure.get()
    }
}

/// Lines of JSON.
pub struct NdjsonSource {
    name: String,
    reader: BufReader<Box<dyn AsyncRead + Send + Sync + Unpin>>,
    progress: Progress,
    batch_size: usize,
    /// A line is kept up to one byte more than this, so that the parser sees that it is too long.
    max_event_bytes: usize,
    /// The line that is being read, as far as it is kept.
    line: Vec<u8>,
    /// Bytes of it that were not.
    cut: usize,
    number: u64,
    /// When the file was written last: what is in it happened before. `None`: it is no file.
    written: Option<Timestamp>,
    /// Taken, and not yet given out: `next` may be dropped between two lines.
    ready: Vec<Delivery>,
    ended: bool,
}

impl std::fmt::Debug for NdjsonSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NdjsonSource").field("name", &self.name).field("line", &self.number).finish_non_exhaustive()
    }
}

impl NdjsonSource {
    /// Opens the input.
    ///
    /// # Errors
    /// When it is not a file that can be read.
    pub async fn open(input: &Input, limits: &config::Source) -> Result<Self, NdjsonError> {
        let name = input.name();
        let Input::File(path) = input else {
            return Ok(Self::new(name, Box::new(tokio::io::stdin()), None, limits));
        };
        match open_file(path).await {
            Ok((file, Some(Kept { length, written }))) => {
                Ok(Self { written, ..Self::new(name, Box::new(file), Some(length), limits) })
            }
            Ok((pipe, None)) => Ok(Self::new(name, Box::new(pipe), None, limits)),
            Err(source) => Err(NdjsonError { name, source }),
        }
    }

    fn new(
        name: String,
        reader: Box<dyn AsyncRead + Send + Sync + Unpin>,
        total: Option<u64>,
        limits: &config::Source,
    ) -> Self {
        let counters = Counters { read: AtomicU64::new(0), lines: AtomicU64::new(0), total, failure: OnceLock::new() };
        Self {
            name,
            reader: BufReader::with_capacity(BUFFER, reader),
            progress: Progress(Arc::new(counters)),
            batch_size: limits.batch_size.max(1),
            max_event_bytes: limits.max_event_bytes,
            line: Vec::new(),
            cut: 0,
            number: 0,
            written: None,
            ready: Vec::new(),
            ended: false,
        }
    }

    /// For a progress line, and for the fault that ended the reading early.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Reads to the end of the line, or of the input. May be dropped while it waits; nothing read is lost.
    async fn read_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf().await?;
            if buffer.is_empty() {
                self.ended = true;
                break;
            }
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let space = self.max_event_bytes.saturating_add(1).saturating_sub(self.line.len());
            let kept = part.len().min(space);
            self.line.extend_from_slice(&part[..kept]);
            self.cut += part.len() - kept;
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(used);
            self.progress.0.read.fetch_add(used as u64, Ordering::Relaxed);
            if end.is_some() {
                break;
            }
        }
        self.take_line();
        Ok(())
    }

    /// The line is whole: an event, unless it is blank.
    fn take_line(&mut self) {
        let mut body = std::mem::take(&mut self.line);
        let whole = std::mem::take(&mut self.cut) == 0;
        if self.ended && body.is_empty() {
            return;
        }
        self.number += 1;
        self.progress.0.lines.store(self.number, Ordering::Relaxed);
        if self.number == 1 && body.starts_with(BYTE_ORDER_MARK) {
            body.drain(..BYTE_ORDER_MARK.len());
        }
        if whole && body.ends_with(b"\r") {
            body.pop();
        }
        // Of a line that was cut nobody knows whether it is blank.
        if !whole || !body.trim_ascii().is_empty() {
            let origin = format!("{}:{}", self.name, self.number);
            let properties = Properties { timestamp: self.latest(), ..Properties::default() };
            self.ready.push(Delivery { body, properties, origin });
        }
    }

    /// When this line happened at the latest, for one that does not say it: or an old file would bring back an owner who was erased
    /// since. Lines happened in the order in which they stand.
    fn latest(&self) -> Option<Timestamp> {
        self.written?.saturating_add(Duration::from_micros(self.number)).ok()
    }

    /// Whether another line can be taken without waiting.
    fn has_line(&self) -> bool {
        self.reader.buffer().contains(&b'\n')
    }
}

/// A file that lies on a disk; a pipe has none of these.
struct Kept {
    /// Bytes.
    length: u64,
    written: Option<Timestamp>,
}

async fn open_file(path: &Path) -> io::Result<(tokio::fs::File, Option<Kept>)> {
    let file = tokio::fs::File::open(path).await?;
    let metadata = file.metadata().await?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let written = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    let kept = metadata.is_file().then_some(Kept { length: metadata.len(), written });
    Ok((file, kept))
}

#[async_trait]
impl Source for NdjsonSource {
    async fn next(&mut self) -> Option<Batch> {
        while !self.ended && self.ready.len() < self.batch_size && (self.ready.is_empty() || self.has_line()) {
            if let Err(source) = self.read_line().await {
                self.ended = true;
                // Only the first fault is kept, and there is only one: reading ends here.
                let _ = self.progress.0.failure.set(NdjsonError { name: self.name.clone(), source });
            }
        }
        let deliveries = std::mem::take(&mut self.ready);
        let receipt = Receipt { session: 0, last: self.number };
        (!deliveries.is_empty()).then_some(Batch { deliveries, receipt })
    }

    /// What is rejected is told as it is found, and the file keeps it.
    async fn finish(&mut self, _batch: Batch, _rejected: Vec<Rejected>) {}

    async fn close(&mut self) {
        self.ended = true;
    }
}

#[cfg(test)]
mod tests;
