//! What is known of an owner from several: the event, the events before it, and the directory. Pure.

use jiff::Timestamp;

use super::{LookedUp, Recipient};

impl Recipient {
    /// The same owner, whose addresses the event leaves to the directory, before that was asked.
    #[must_use]
    pub fn left_to_directory(self) -> Self {
        let looked_up = self.left();
        Self { looked_up: Some(LookedUp { at: None, ..looked_up }), ..self }
    }

    /// The same owner as the directory knew them `at` that time. What the event said itself stays.
    #[must_use]
    pub fn as_known(self, known: Self, at: Timestamp) -> Self {
        let left = self.left();
        Self {
            email: known.email,
            devices: known.devices,
            name: if left.name { known.name } else { self.name },
            locale: if left.locale { known.locale } else { self.locale },
            timezone: if left.timezone { known.timezone } else { self.timezone },
            id: self.id,
            looked_up: Some(LookedUp { at: Some(at), ..left }),
        }
    }

    fn left(&self) -> LookedUp {
        self.looked_up.unwrap_or_else(|| LookedUp {
            at: None,
            name: self.name.is_none(),
            locale: self.locale.is_none(),
            timezone: self.timezone.is_none(),
        })
    }

    /// What an earlier event of the same owner told and this one does not.
    pub fn complete(&mut self, earlier: Self) {
        match &mut self.looked_up {
            // The directory told all addresses that there are.
            Some(LookedUp { at: Some(_), .. }) => {}
            // It could not be asked: what it said before holds, and what an event said.
            Some(unanswered) => {
                (self.email, self.devices) = (earlier.email, earlier.devices);
                match earlier.looked_up {
                    Some(LookedUp { at, .. }) => unanswered.at = at,
                    None => self.looked_up = None,
                }
            }
            None => {
                self.email = self.email.take().or(earlier.email);
                if self.devices.is_empty() {
                    self.devices = earlier.devices;
                }
            }
        }
        let told = |left: fn(&LookedUp) -> bool| earlier.looked_up.is_none_or(|looked_up| !left(&looked_up));
        let parts = [
            (&mut self.name, earlier.name, told(|left| left.name)),
            (&mut self.locale, earlier.locale, told(|left| left.locale)),
            (&mut self.timezone, earlier.timezone, told(|left| left.timezone)),
        ];
        let mut kept = [false; 3];
        for (kept, (mine, earlier, told)) in kept.iter_mut().zip(parts) {
            *kept = mine.is_none() && earlier.is_some() && told;
            *mine = mine.take().or(earlier);
        }
        // What an event has said is its word, however long ago.
        if let Some(left) = &mut self.looked_up {
            let [name, locale, timezone] = kept;
            (left.name, left.locale, left.timezone) =
                (left.name && !name, left.locale && !locale, left.timezone && !timezone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Device;

    fn owner(email: Option<&str>, locale: Option<&str>) -> Recipient {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Recipient { id: "1".into(), email: text(email), locale: text(locale), ..Recipient::default() }
    }

    fn device(token: &str) -> Device {
        Device::Apns { token: token.into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_the_event_said_goes_before_what_the_directory_says_now_and_later() {
        let first = owner(None, Some("de")).as_known(owner(Some("a@b.example"), Some("fr")), at(1));
        assert_eq!((first.email.as_deref(), first.locale.as_deref()), (Some("a@b.example"), Some("de")));
        let known = Recipient { name: Some("Anna".into()), devices: vec![device("t")], ..owner(None, Some("it")) };
        let later = first.as_known(known, at(2));
        assert_eq!(
            (later.email.as_deref(), later.locale.as_deref(), later.name.as_deref()),
            (None, Some("de"), Some("Anna"))
        );
        assert_eq!(later.devices, [device("t")]);
        assert_eq!(later.looked_up.unwrap().at, Some(at(2)));
    }

    #[test]
    fn an_event_without_an_address_keeps_that_of_an_earlier_event() {
        let mut repeated = owner(None, None);
        repeated.complete(owner(Some("a@b.example"), Some("de")));
        assert_eq!(repeated, owner(Some("a@b.example"), Some("de")));
    }

    #[test]
    fn an_address_that_the_directory_no_longer_has_does_not_come_back() {
        let mut now = owner(None, None).as_known(Recipient { devices: vec![device("t")], ..owner(None, None) }, at(2));
        now.complete(owner(None, None).as_known(owner(Some("old@b.example"), None), at(1)));
        assert_eq!((now.email, now.devices), (None, vec![device("t")]));
    }

    #[test]
    fn while_the_directory_cannot_answer_what_was_known_before_holds() {
        let before = owner(None, None).as_known(owner(Some("a@b.example"), Some("fr")), at(1));
        let mut unanswered = owner(None, None).left_to_directory();
        unanswered.complete(before.clone());
        assert_eq!(unanswered, before);
        let mut unanswered = owner(None, None).left_to_directory();
        unanswered.complete(owner(Some("event@b.example"), None));
        assert_eq!((unanswered.email.as_deref(), unanswered.looked_up), (Some("event@b.example"), None));
    }

    #[test]
    fn what_an_earlier_event_said_stays_its_word() {
        let mut now = owner(None, None).left_to_directory();
        now.complete(owner(None, Some("de")).left_to_directory());
        let later = now.as_known(owner(Some("a@b.example"), Some("fr")), at(1));
        assert_eq!(later.locale.as_deref(), Some("de"));
    }

    #[test]
    fn what_is_kept_of_an_owner_is_read_as_it_was_written_and_older_forms_too() {
        let known = owner(None, None).as_known(owner(Some("a@b.example"), None), at(1));
        let written = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<Recipient>(&written).unwrap(), known);
        let older: Recipient = serde_json::from_str(r#"{"id":"1","email":"a@b.example"}"#).unwrap();
        assert_eq!(older, owner(Some("a@b.example"), None));
    }
}
