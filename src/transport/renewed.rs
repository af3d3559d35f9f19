//! Carriers whose keys others replace under a running worker. A refused key is read again from its file, and the carrier asked
//! once more with what the file holds by then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::config::Secret;
use crate::message::{Message, Platform};
use crate::policy::Channel;
use crate::rotating::Shown;

/// Makes the transport anew with these secrets, in the order of their files.
pub(super) type Make = Box<dyn Fn(&[Secret]) -> Result<Arc<dyn Transport>, SendError> + Send + Sync>;

/// A transport, made anew whenever its keys have changed.
pub(super) struct Renewed {
    name: String,
    files: Vec<Shown>,
    make: Make,
    current: Mutex<Arc<dyn Transport>>,
    /// What it was made with. Held by the one send that reads the files while others that were refused wait.
    secrets: tokio::sync::Mutex<Vec<Secret>>,
}

impl Renewed {
    /// `first` was made with `secrets`, which are what `files` held at the start.
    pub(super) fn new(first: Arc<dyn Transport>, secrets: Vec<Secret>, files: Vec<Shown>, make: Make) -> Self {
        let name = first.name().to_owned();
        Self { name, files, make, current: Mutex::new(first), secrets: tokio::sync::Mutex::new(secrets) }
    }

    fn current(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is to be asked in place of `refused`; `None`: its keys are still what the files hold. Fails when a file holds what
    /// is no key.
    async fn in_place_of(&self, refused: &Arc<dyn Transport>) -> Result<Option<Arc<dyn Transport>>, SendError> {
        let mut secrets = self.secrets.lock().await;
        let current = self.current();
        if !Arc::ptr_eq(&current, refused) {
            return Ok(Some(current));
        }
        let mut now = Vec::with_capacity(self.files.len());
        for file in &self.files {
            now.push(file.now().await);
        }
        if now == *secrets {
            return Ok(None);
        }
        let renewed = (self.make)(&now)?;
        *secrets = now;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&renewed);
        tracing::info!(
            transport = self.name,
            "the carrier refused the keys; others are in their files by now and are used"
        );
        Ok(Some(renewed))
    }
}

#[async_trait]
impl Transport for Renewed {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        self.current().channel()
    }

    fn serves(&self, platform: Platform) -> bool {
        self.current().serves(platform)
    }

    fn is_one_carrier(&self) -> bool {
        self.current().is_one_carrier()
    }

    fn concurrency(&self) -> usize {
        self.current().concurrency()
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.current().after_doubt()
    }

    /// Under the refused keys and under those in their place.
    fn longest_send(&self) -> Duration {
        2 * self.current().longest_send()
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let asked = self.current();
        match asked.send(message).await {
            Err(refused @ SendError::Misconfigured { .. }) => match self.in_place_of(&asked).await? {
                Some(renewed) => renewed.send(message).await,
                None => Err(refused),
            },
            sent => sent,
        }
    }

    async fn probe(&self) -> Result<String, SendError> {
        let asked = self.current();
        match asked.probe().await {
            Err(refused @ SendError::Misconfigured { .. }) => match self.in_place_of(&asked).await? {
                Some(renewed) => renewed.probe().await,
                None => Err(refused),
            },
            probed => probed,
        }
    }

    async fn close(&self) {
        self.current().close().await;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Barrier;

    use super::*;
    use crate::config::Rotating;

    /// Takes what is sent under the key `new` alone. Those under another are refused when all of them have come.
    struct Lock {
        key: Secret,
        crowd: Arc<Barrier>,
    }

    #[async_trait]
    impl Transport for Lock {
        fn name(&self) -> &'static str {
            "lock"
        }

        fn channel(&self) -> Channel {
            Channel::Email
        }

        fn concurrency(&self) -> usize {
            8
        }

        fn after_doubt(&self) -> AfterDoubt {
            AfterDoubt::Park
        }

        fn longest_send(&self) -> Duration {
            Duration::from_secs(1)
        }

        async fn send(&self, _: &Message) -> Result<Accepted, SendError> {
            self.probe().await.map(|_| Accepted::default())
        }

        async fn probe(&self) -> Result<String, SendError> {
            if self.key.expose() == "new" {
                return Ok("it opens".to_owned());
            }
            self.crowd.wait().await;
            Err(SendError::Misconfigured { detail: "the wrong key".to_owned() })
        }

        async fn close(&self) {}
    }

    fn renewed(file: &Path, crowd: usize) -> (Renewed, Arc<AtomicUsize>) {
        let made = Arc::new(AtomicUsize::new(0));
        let (count, crowd) = (Arc::clone(&made), Arc::new(Barrier::new(crowd)));
        let make: Make = Box::new(move |secrets| {
            count.fetch_add(1, Ordering::SeqCst);
            match &secrets[0] {
                key if key.expose().contains(' ') => {
                    Err(SendError::Misconfigured { detail: "`lock.key` holds a space".to_owned() })
                }
                key => Ok(Arc::new(Lock { key: key.clone(), crowd: Arc::clone(&crowd) })),
            }
        });
        std::fs::write(file, "old").unwrap();
        let key = Rotating { first: Secret::new("old"), file: Some(file.to_owned()) };
        let secrets = vec![key.first.clone()];
        let first = make(&secrets).unwrap();
        (Renewed::new(first, secrets, vec![Shown::new("lock.key", key)], make), made)
    }

    #[tokio::test]
    async fn a_crowd_that_was_refused_under_the_old_key_makes_the_transport_anew_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let (transport, made) = renewed(&file, 8);
        let transport = Arc::new(transport);
        std::fs::write(&file, "new\n").unwrap();
        let probes = (0..8).map(|_| {
            let transport = Arc::clone(&transport);
            tokio::spawn(async move { transport.probe().await })
        });
        for probe in probes.collect::<Vec<_>>() {
            assert_eq!(probe.await.unwrap().as_deref(), Ok("it opens"));
        }
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn what_is_no_key_is_told_and_the_next_one_is_taken_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let (transport, made) = renewed(&file, 1);
        let told = async || transport.probe().await.map_err(|error| error.to_string());
        assert_eq!(told().await, Err("misconfigured: the wrong key".to_owned()));
        assert_eq!(made.load(Ordering::SeqCst), 1, "the file holds the same");
        std::fs::write(&file, "half a").unwrap();
        assert_eq!(told().await, Err("misconfigured: `lock.key` holds a space".to_owned()));
        std::fs::write(&file, "new").unwrap();
        assert_eq!(told().await, Ok("it opens".to_owned()));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(told().await, Ok("it opens".to_owned()));
    }
}
