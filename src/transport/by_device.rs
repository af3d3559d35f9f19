//! The push channel, when several carriers share it: each device's platform says which of them leads to it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;

use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::message::{Message, Platform};
use crate::policy::Channel;

/// Several carriers as one.
pub(super) struct ByDevice {
    name: String,
    transports: Vec<Arc<dyn Transport>>,
}

impl ByDevice {
    /// `transports` in the order of the configuration: of two that lead to a device the first is taken.
    pub(super) fn new(transports: Vec<Arc<dyn Transport>>) -> Self {
        let names: Vec<&str> = transports.iter().map(|transport| transport.name()).collect();
        Self { name: names.join("+"), transports }
    }
}

#[async_trait]
impl Transport for ByDevice {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn serves(&self, platform: Platform) -> bool {
        self.transports.iter().any(|transport| transport.serves(platform))
    }

    fn concurrency(&self) -> usize {
        self.transports.iter().map(|transport| transport.concurrency()).sum()
    }

    /// What one of them leaves to the operator is left to the operator.
    fn after_doubt(&self) -> AfterDoubt {
        let parks = self.transports.iter().any(|transport| transport.after_doubt() == AfterDoubt::Park);
        if parks { AfterDoubt::Park } else { AfterDoubt::Resend }
    }

    fn longest_send(&self) -> Duration {
        self.transports.iter().map(|transport| transport.longest_send()).max().unwrap_or_default()
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let Message::Push(push) = message else {
            return Err(SendError::Permanent { detail: "it is no push".to_owned() });
        };
        match self.transports.iter().find(|transport| transport.serves(push.device.platform())) {
            Some(transport) => transport.send(message).await,
            None => Err(SendError::Permanent {
                detail: format!(
                    "`channels.push.transports` names none that leads to devices of `{}`",
                    push.device.platform()
                ),
            }),
        }
    }

    async fn probe(&self) -> Result<String, SendError> {
        let probed = join_all(self.transports.iter().map(|transport| transport.probe())).await;
        let told: Result<Vec<String>, SendError> = probed.into_iter().collect();
        told.map(|told| told.join("; "))
    }

    async fn close(&self) {
        join_all(self.transports.iter().map(|transport| transport.close())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outbox;
    use super::*;
    use crate::message::Device;
    use crate::transport::pushes_for_tests::push_to;

    /// A carrier to one platform, into a folder.
    struct To(Platform, Outbox);

    #[async_trait]
    impl Transport for To {
        fn name(&self) -> &str {
            self.1.name()
        }
        fn channel(&self) -> Channel {
            Channel::Push
        }
        fn serves(&self, platform: Platform) -> bool {
            platform == self.0
        }
        fn concurrency(&self) -> usize {
            3
        }
        fn after_doubt(&self) -> AfterDoubt {
            AfterDoubt::Resend
        }
        fn longest_send(&self) -> Duration {
            Duration::from_secs(1)
        }
        async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
            self.1.send(message).await
        }
        async fn probe(&self) -> Result<String, SendError> {
            self.1.probe().await
        }
        async fn close(&self) {}
    }

    #[tokio::test]
    async fn the_platform_of_a_device_says_who_carries_the_push() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let to = |platform, dir: &tempfile::TempDir| {
            Arc::new(To(platform, Outbox::new(Channel::Push, dir.path()))) as Arc<dyn Transport>
        };
        let push = ByDevice::new(vec![to(Platform::Fcm, &one), to(Platform::Apns, &other)]);
        assert_eq!(
            (push.name(), push.concurrency(), push.longest_send()),
            ("outbox+outbox", 6, Duration::from_secs(1))
        );
        let send = async |device: Device| push.send(&Message::Push(push_to(device))).await;
        send(Device::Fcm { token: Some("f".into()), fid: None }).await.unwrap();
        send(Device::Apns { token: "0a".into() }).await.unwrap();
        send(Device::Apns { token: "0b".into() }).await.unwrap();
        let files = |dir: &tempfile::TempDir| std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!((files(&one), files(&other)), (1, 1), "the second to an Apple device is the same message");
        let web = Device::Webpush { endpoint: "e".into(), p256dh: "p".into(), auth: "a".into() };
        assert!(!push.serves(Platform::Webpush));
        assert_eq!(
            send(web).await,
            Err(SendError::Permanent {
                detail: "`channels.push.transports` names none that leads to devices of `webpush`".into()
            })
        );
        assert!(push.probe().await.unwrap().contains("; "));
    }
}
