//! The `outbox`, whose other end is a folder.

use std::sync::Arc;

use dashlight::policy::Channel;
use dashlight::transport::{Outbox, Transport};

use super::peer::{Fate, Mode, Peer};

pub(crate) struct InAFolder {
    channel: Channel,
    dir: tempfile::TempDir,
}

impl InAFolder {
    pub(crate) fn new(channel: Channel) -> Self {
        // In memory, where there is such a place: it is not the disk that is to show how many files it syncs a second.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { channel, dir: dir.unwrap() }
    }
}

impl Peer for InAFolder {
    fn name(&self) -> String {
        format!("outbox ({})", self.channel)
    }

    fn transport(&self, _: usize, _: bool) -> Arc<dyn Transport> {
        Arc::new(Outbox::new(self.channel, self.dir.path().join("made/when/needed")))
    }

    fn away(&self) -> Option<Arc<dyn Transport>> {
        let file = self.dir.path().join("a file");
        std::fs::write(&file, "").unwrap();
        Some(Arc::new(Outbox::new(self.channel, file.join("outbox"))))
    }

    /// A folder cannot be made where a file is.
    fn set(&self, mode: Mode) -> bool {
        let (place, aside) = (self.dir.path().join("made"), self.dir.path().join("aside"));
        if place.is_file() {
            std::fs::remove_file(&place).unwrap();
            let _ = std::fs::rename(&aside, &place);
        }
        if mode == Mode::Broken {
            let _ = std::fs::rename(&place, &aside);
            std::fs::write(&place, "").unwrap();
        }
        matches!(mode, Mode::Accept | Mode::Broken)
    }

    fn taken(&self) -> usize {
        let Ok(entries) = std::fs::read_dir(self.dir.path().join("made/when/needed")) else { return 0 };
        // A file that is being written has a name with a dot in front.
        entries.filter(|entry| !entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count()
    }

    fn most_connections(&self) -> Option<usize> {
        None
    }

    fn moments(&self) -> &'static [(&'static str, Fate)] {
        &[]
    }

    fn takes_all_letters(&self) -> Option<bool> {
        (self.channel == Channel::Email).then_some(true)
    }

    fn knows_retry_after(&self) -> bool {
        false
    }
}
