//! Quiet hours: a daily window of the owner's own time in which a channel stays silent. Pure; the zones come with the program.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Channel;

/// From one time of the day until another, perhaps over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: Time,
    until: Time,
}

/// A window that leaves less of the day than this would hold messages up for days where the clocks are put forward.
const LEAST_LEFT: SignedDuration = SignedDuration::from_hours(2);
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Window {
    /// `None`: it leaves too little of the day.
    pub fn new(from: Time, until: Time) -> Option<Self> {
        let length = until.duration_since(from);
        let length = if length.is_positive() { length } else { length + DAY };
        (DAY - length >= LEAST_LEFT).then_some(Self { from, until })
    }

    /// Reads `21:30-08:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let (true, true) = (two(hour), two(minute)) else { return None };
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        Self::new(time(from)?, time(until)?)
    }

    fn holds(&self, time: Time) -> bool {
        if self.from < self.until {
            self.from <= time && time < self.until
        } else {
            time >= self.from || time < self.until
        }
    }

    /// The first time, not before `at`, at which clocks in `zone` show none of the window. Where they are put forward over
    /// its end, that is when they are; where they are put back into it, it holds again.
    pub fn free_from(&self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        let free = |at: &Timestamp| !self.holds(zone.to_datetime(*at).time());
        if free(&at) {
            return at;
        }
        let today = zone.to_datetime(at).date();
        let days = [Some(today), today.tomorrow().ok(), today.tomorrow().and_then(jiff::civil::Date::tomorrow).ok()];
        let ends = days.into_iter().flatten().flat_map(|day| {
            let end = day.to_datetime(self.until);
            let offsets = match zone.to_ambiguous_timestamp(end).offset() {
                AmbiguousOffset::Unambiguous { offset } => [Some(offset), None],
                AmbiguousOffset::Fold { before, after } => [Some(before), Some(after)],
                // There is no such time on that day; the moment of the change stands in for it.
                AmbiguousOffset::Gap { .. } => [None, None],
            };
            offsets.into_iter().flatten().filter_map(move |offset| offset.to_timestamp(end).ok())
        });
        let changes = zone.following(at).take(4).map(|change| change.timestamp());
        ends.chain(changes).filter(|end| *end > at).filter(free).min().unwrap_or(at)
    }
}

/// As in the configuration.
impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.hour(), from.minute(), until.hour(), until.minute())
    }
}

/// The quiet hours of all channels, and where owners live of whom nothing is known.
#[derive(Debug, Clone, Default)]
pub struct QuietHours {
    pub windows: BTreeMap<Channel, Window>,
    /// By app; UTC where there is none.
    pub zones: BTreeMap<String, TimeZone>,
}

impl QuietHours {
    /// The zone that an owner lives in: the one named, if there is such a one, else the app's, else UTC.
    pub fn zone(&self, app: &str, named: Option<&str>) -> TimeZone {
        let known = named.and_then(|name| TimeZone::get(name).ok());
        known.or_else(|| self.zones.get(app).cloned()).unwrap_or(TimeZone::UTC)
    }

    /// The first time, not before `at`, at which an owner of `app` may get a message.
    pub fn free_from(&self, channel: Channel, at: Timestamp, app: &str, zone: Option<&str>) -> Timestamp {
        match self.windows.get(&channel) {
            Some(window) => window.free_from(at, &self.zone(app, zone)),
            None => at,
        }
    }
}

/// The quiet hours of one owner.
#[derive(Debug, Clone)]
pub struct Nights {
    hours: Arc<QuietHours>,
    zone: TimeZone,
}

impl Nights {
    /// `None`: no channel has quiet hours.
    pub fn of(hours: &Arc<QuietHours>, app: &str, zone: Option<&str>) -> Option<Self> {
        (!hours.windows.is_empty()).then(|| Self { hours: Arc::clone(hours), zone: hours.zone(app, zone) })
    }

    pub(super) fn free_from(&self, channel: Channel, at: Timestamp) -> Timestamp {
        self.hours.windows.get(&channel).map_or(at, |window| window.free_from(at, &self.zone))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    #[test]
    fn nobody_is_woken_also_when_the_clocks_change() {
        let cases = [
            ("by day", "22:00-08:00", "Europe/Copenhagen", "2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z"),
            ("before midnight", "22:00-08:00", "Europe/Copenhagen", "2026-06-01T21:00:00Z", "2026-06-02T06:00:00Z"),
            ("after midnight", "22:00-08:00", "Europe/Copenhagen", "2026-06-02T01:00:00Z", "2026-06-02T06:00:00Z"),
            ("at its first moment", "22:00-08:00", "UTC", "2026-06-01T22:00:00Z", "2026-06-02T08:00:00Z"),
            ("at its last", "22:00-08:00", "UTC", "2026-06-02T07:59:59Z", "2026-06-02T08:00:00Z"),
            ("at its end", "22:00-08:00", "UTC", "2026-06-02T08:00:00Z", "2026-06-02T08:00:00Z"),
            ("within a day", "12:00-14:30", "UTC", "2026-06-01T13:00:00Z", "2026-06-01T14:30:00Z"),
            (
                "the night that is an hour shorter",
                "22:00-08:00",
                "Europe/Berlin",
                "2026-03-28T22:00:00Z",
                "2026-03-29T06:00:00Z",
            ),
            (
                "the night that is an hour longer",
                "22:00-08:00",
                "Europe/Berlin",
                "2026-10-24T21:00:00Z",
                "2026-10-25T07:00:00Z",
            ),
            (
                "an end that does not exist",
                "22:00-02:30",
                "Europe/Berlin",
                "2026-03-29T00:30:00Z",
                "2026-03-29T01:00:00Z",
            ),
            ("an end that comes twice", "22:00-02:30", "Europe/Berlin", "2026-10-25T00:15:00Z", "2026-10-25T00:30:00Z"),
            ("and holds again", "22:00-02:30", "Europe/Berlin", "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z"),
            ("a day that was left out", "22:00-08:00", "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-30T18:00:00Z"),
        ];
        for (name, window, place, at, expected) in cases {
            let free = Window::parse(window).expect(window).free_from(at.parse().expect(at), &zone(place));
            assert_eq!(free.to_string(), expected, "{name}");
        }
    }

    #[test]
    fn a_window_is_two_times_and_leaves_something_of_the_day() {
        for good in ["21:30-08:00", " 00:00 - 06:00 ", "12:00-14:00", "08:00-06:00"] {
            assert!(Window::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "off", "21:30", "8-20", "8:00-20:00", "24:00-08:00", "21:60-08:00", "08:00-08:00", "08:00-06:01"]
        {
            assert!(Window::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_owner_lives_where_the_event_says_else_where_the_app_says_else_in_utc() {
        let zones = BTreeMap::from([("dk".to_owned(), zone("Europe/Copenhagen"))]);
        let hours = QuietHours { windows: BTreeMap::new(), zones };
        assert_eq!(hours.zone("dk", Some("America/New_York")), zone("America/New_York"));
        assert_eq!(hours.zone("dk", Some("Mars/Olympus_Mons")), zone("Europe/Copenhagen"));
        assert_eq!(hours.zone("dk", None), zone("Europe/Copenhagen"));
        assert_eq!(hours.zone("other", None), TimeZone::UTC);
    }

    proptest! {
        #[test]
        fn what_is_let_go_is_never_early_never_in_the_window_and_at_most_a_day_late(
            second in 1_500_000_000..2_000_000_000i64,
            from in 0..24 * 60i64,
            length in 1..=22 * 60i64,
            place in prop::sample::select(vec![
                "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
            ]),
        ) {
            let time = |minute: i64| {
                let minute = minute % (24 * 60);
                Time::new(i8::try_from(minute / 60).unwrap(), i8::try_from(minute % 60).unwrap(), 0, 0).unwrap()
            };
            let (window, zone) = (Window::new(time(from), time(from + length)).unwrap(), zone(place));
            let at = Timestamp::from_second(second).unwrap();
            let free = window.free_from(at, &zone);
            prop_assert!(free >= at);
            prop_assert!(!window.holds(zone.to_datetime(free).time()));
            prop_assert!(free.duration_since(at) <= SignedDuration::from_hours(24));
            // No moment before it would have done.
            if free > at {
                let before = free.saturating_sub(SignedDuration::from_secs(1)).unwrap();
                prop_assert!(before < at || window.holds(zone.to_datetime(before).time()));
            }
        }
    }
}
