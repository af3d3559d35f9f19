//! The way out: the first signal asks for an orderly end, the second one does not ask.
//!
//! Everyone who has to stop holds a [`Shutdown`]. Leaving the process is `main`'s business.

use tokio::sync::watch;

/// Which signal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What an init system or an orchestrator sends.
    Terminate,
}

impl Signal {
    /// What a shell expects of a process that a signal ended: 128 and the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, Default)]
struct Wish {
    requested: bool,
    insisted: Option<Signal>,
}

/// Whether to stop. Clones look at the same.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<Wish>);

/// The hand on the switch. Dropped, it asks for nothing.
#[derive(Debug)]
pub struct Trigger(watch::Sender<Wish>);

impl Trigger {
    /// Asks for an orderly end.
    pub fn request(&self) {
        self.0.send_modify(|wish| wish.requested = true);
    }

    /// A signal came: the first one asks, every later one insists.
    pub fn signal(&self, signal: Signal) {
        self.0.send_modify(|wish| {
            if wish.requested {
                wish.insisted = Some(signal);
            }
            wish.requested = true;
        });
    }
}

impl Shutdown {
    /// A switch without signals: for tests, and for what ends by itself.
    pub fn manual() -> (Trigger, Self) {
        let (sender, receiver) = watch::channel(Wish::default());
        (Trigger(sender), Self(receiver))
    }

    /// Listens for SIGINT and SIGTERM from now on. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the system does not let us listen.
    pub fn on_signals() -> std::io::Result<Self> {
        let (trigger, shutdown) = Self::manual();
        let mut signals = Signals::listen()?;
        tokio::spawn(async move {
            loop {
                trigger.signal(signals.next().await);
            }
        });
        Ok(shutdown)
    }

    pub fn is_requested(&self) -> bool {
        self.0.borrow().requested
    }

    /// Resolves when an orderly end is asked for; at once, when it was.
    pub async fn requested(&self) {
        self.wait_for(|wish| wish.requested.then_some(())).await;
    }

    /// Resolves with the signal that wants the process to be gone now.
    pub async fn second(&self) -> Signal {
        self.wait_for(|wish| wish.insisted).await
    }

    async fn wait_for<T>(&self, wanted: impl Fn(&Wish) -> Option<T>) -> T {
        let mut receiver = self.0.clone();
        loop {
            if let Some(found) = wanted(&receiver.borrow_and_update()) {
                return found;
            }
            if receiver.changed().await.is_err() {
                // Nobody is left who could ask.
                return std::future::pending().await;
            }
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.terminate.recv() => Signal::Terminate,
            else => std::future::pending().await,
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> Signal {
        match self.0.recv().await {
            Some(()) => Signal::Interrupt,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn the_first_signal_asks_and_the_second_insists() {
        let (trigger, shutdown) = Shutdown::manual();
        assert!(!shutdown.is_requested());
        trigger.signal(Signal::Terminate);
        assert!(shutdown.is_requested());
        assert_eq!(shutdown.requested().now_or_never(), Some(()));
        assert_eq!(shutdown.second().now_or_never(), None);
        trigger.signal(Signal::Interrupt);
        assert_eq!(shutdown.second().now_or_never().map(Signal::exit_code), Some(130));
    }

    #[test]
    fn a_signal_after_a_request_insists() {
        let (trigger, shutdown) = Shutdown::manual();
        trigger.request();
        trigger.signal(Signal::Terminate);
        assert_eq!(shutdown.second().now_or_never().map(Signal::exit_code), Some(143));
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let (trigger, shutdown) = Shutdown::manual();
        let waiting = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.requested().await }
        });
        trigger.request();
        waiting.await.unwrap();
    }

    #[test]
    fn nobody_asks_once_the_switch_is_gone() {
        let (trigger, shutdown) = Shutdown::manual();
        drop(trigger);
        assert_eq!(shutdown.requested().now_or_never(), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_signal_of_the_system_is_heard() {
        let shutdown = Shutdown::on_signals().unwrap();
        let sent = std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status();
        assert!(sent.unwrap().success());
        shutdown.requested().await;
    }
}
