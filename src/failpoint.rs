//! Places on the path where a test may have the worker die or panic: the boundaries between two parties that must agree
//! on what was done. `tests/faults` visits each of them.
//!
//! A debug build hears `DASHLIGHT_FAILPOINT`, for example `accepted=kill@3`: the third time that a carrier has accepted a
//! message, the process is gone. A release build knows no such variable, and `reach` is an empty function there. A cargo
//! feature would do the same at the price of a second build of everything; the crate `fail` has deeds that nobody needs
//! here, and lacks the one that is: to die without a last word.

/// A boundary, in the order of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// A batch came from the broker; nothing is done about it yet.
    Taken,
    /// While it is found out whom an event is about, and how the owner can be reached.
    Routing,
    /// While the ledger decides about an event.
    Deciding,
    /// The ledger has the batch, the broker has no acknowledgement.
    Committed,
    /// The dead-letter queue has what cannot be used, the broker has no acknowledgement.
    Buried,
    /// The broker has the acknowledgement.
    Acknowledged,
    /// The ledger gave out what is due.
    Claimed,
    /// The incidents were looked at again; nothing is composed.
    Looked,
    /// While a message is composed.
    Composing,
    /// The message is there; no carrier knows of it.
    Composed,
    /// A carrier has accepted the message, the ledger does not know.
    Accepted,
    /// The ledger knows.
    Settled,
    /// The broker has outcomes, the ledger does not know.
    Told,
}

impl Point {
    pub const ALL: [Self; 13] = [
        Self::Taken,
        Self::Routing,
        Self::Deciding,
        Self::Committed,
        Self::Buried,
        Self::Acknowledged,
        Self::Claimed,
        Self::Looked,
        Self::Composing,
        Self::Composed,
        Self::Accepted,
        Self::Settled,
        Self::Told,
    ];

    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// The path has come here.
#[cfg(not(debug_assertions))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "there is nothing to call")]
pub(crate) fn reach(_: Point) {}

#[cfg(debug_assertions)]
pub use armed::arm;
#[cfg(debug_assertions)]
pub(crate) use armed::reach;

#[cfg(debug_assertions)]
mod armed {
    use std::process::Command;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Point;

    static ARMED: OnceLock<Trap> = OnceLock::new();

    struct Trap {
        point: Point,
        deed: Deed,
        /// How often the point is passed before.
        left: AtomicUsize,
    }

    #[derive(Clone, Copy)]
    enum Deed {
        Kill,
        Panic,
    }

    /// Hears `POINT=DEED@COUNT`, once in a process.
    ///
    /// # Panics
    /// When it is not written so: a test that is misspelt must not be green.
    pub fn arm(text: &str) {
        let trap = read(text).unwrap_or_else(|| panic!("`{text}` is not POINT=kill@COUNT or POINT=panic@COUNT"));
        assert!(ARMED.set(trap).is_ok(), "armed twice");
    }

    fn read(text: &str) -> Option<Trap> {
        let (point, deed) = text.split_once('=')?;
        let (deed, count) = deed.split_once('@')?;
        let deed = match deed {
            "kill" => Deed::Kill,
            "panic" => Deed::Panic,
            _ => return None,
        };
        let point = Point::ALL.into_iter().find(|known| known.name() == point)?;
        Some(Trap { point, deed, left: AtomicUsize::new(count.parse().ok()?) })
    }

    /// The path has come here.
    pub(crate) fn reach(point: Point) {
        let Some(trap) = ARMED.get().filter(|trap| trap.point == point) else { return };
        if trap.left.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        match trap.deed {
            Deed::Panic => panic!("the fail point `{}` was told to panic", point.name()),
            Deed::Kill => {
                // By the system's own program: the crate forbids itself what a signal would take.
                let _ = Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
                loop {
                    std::thread::park();
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_fail_point_is_read_or_refused() {
            let trap = read("accepted=kill@3").expect("it is well formed");
            assert_eq!((trap.point, trap.left.into_inner()), (Point::Accepted, 3));
            for text in ["", "accepted", "accepted=kill", "nowhere=kill@1", "accepted=sleep@1", "accepted=kill@often"] {
                assert!(read(text).is_none(), "{text}");
            }
        }
    }
}
