//! What a server's answer means for the message, and whether the session can be used again.

use std::fmt::Write as _;

use super::verdict::{Verdict, verdict};
use crate::transport::SendError;
use crate::transport::wording::{bounded, scrubbed};

/// A whole reply, of one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

/// What was asked when the reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Greeting,
    Ehlo,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The final dot, after the message.
    Dot,
    Rset,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Ehlo => "EHLO",
            Self::Starttls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Dot => "message",
            Self::Rset => "RSET",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An enhanced status code (RFC 3463), without its class, which the reply's code has too.
pub(super) type Enhanced = (u16, u16);

impl Reply {
    /// `550 first line|second line`, for the tests of what it means.
    #[cfg(test)]
    pub(super) fn of(text: &str) -> Self {
        let (code, text) = text.split_once(' ').unwrap_or((text, ""));
        Self { code: code.parse().unwrap_or_default(), lines: text.split('|').map(str::to_owned).collect() }
    }

    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The server ends the session with this reply (RFC 5321 §3.8).
    pub(super) fn ends_session(&self) -> bool {
        self.code == 421
    }

    /// `X.1.1` at the head of the text (RFC 2034); or, as qmail has it, `(#X.1.1)` at its end.
    pub(super) fn enhanced(&self) -> Option<Enhanced> {
        let head = self.lines.first()?.split_whitespace().next()?;
        let end = || self.lines.last()?.split_whitespace().next_back()?.strip_prefix("(#")?.strip_suffix(')');
        self.enhanced_in(head).or_else(|| self.enhanced_in(end()?))
    }

    fn enhanced_in(&self, word: &str) -> Option<Enhanced> {
        let mut numbers = word.splitn(3, '.').map(|number| number.parse::<u16>().ok());
        let class = numbers.next()??;
        let enhanced = (numbers.next()??, numbers.next()??);
        (class == self.code / 100).then_some(enhanced)
    }

    /// Whether it has one of these words, which are in small letters. What an address has in it does not count.
    pub(super) fn speaks_of(&self, words: &[&str]) -> bool {
        let text = scrubbed(&self.text(), None).to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    }

    fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// What the server calls the message that it took over: its queue id where it can be told from the rest.
    pub(super) fn queue_id(&self) -> Option<String> {
        let text = self.text();
        let text = text.trim();
        let text = if self.enhanced().is_some() { text.split_once(' ').map_or("", |(_, rest)| rest) } else { text };
        let marked = ["queued as ", "id="].iter().find_map(|mark| {
            let (_, rest) = text.split_once(mark)?;
            rest.split([' ', ';', ',']).next().filter(|id| !id.is_empty())
        });
        let id = bounded(&scrubbed(marked.unwrap_or(text), None), 100);
        (!id.is_empty() && !id.eq_ignore_ascii_case("ok")).then_some(id)
    }
}

/// The decision about a message whose transaction ended in this reply to `phase`.
///
/// `local` is the recipient's local part: some servers repeat it, and it must not reach the log.
pub(super) fn classify(phase: Phase, reply: &Reply, local: Option<&str>) -> SendError {
    let detail = detail(phase, reply, local);
    match verdict(phase, reply) {
        Verdict::Unavailable => SendError::Unavailable { detail, retry_after: None },
        Verdict::Transient => SendError::Transient { detail, retry_after: None },
        Verdict::Permanent => SendError::Permanent { detail },
        Verdict::AddressInvalid => SendError::AddressInvalid { detail },
        Verdict::SenderRefused => SendError::SenderRefused { detail },
        Verdict::Misconfigured => {
            SendError::Misconfigured { detail: format!("{detail}; look at {}", culprit(phase, reply)) }
        }
    }
}

/// Whether the recipient's domain asks for less (`421 4.7.28 rate limit`), by way of the server: security and policy of the
/// recipient's side (RFC 3463 §3.8), and no greylist, which means one sender and recipient only.
pub(super) fn throttles(phase: Phase, reply: &Reply) -> bool {
    let of_recipient = matches!(phase, Phase::Rcpt | Phase::Data | Phase::Dot);
    let greylist = || {
        let text = reply.text().to_ascii_lowercase();
        ["greylist", "graylist", "grey-list", "gray-list"].into_iter().any(|word| text.contains(word))
    };
    of_recipient && (400..500).contains(&reply.code) && matches!(reply.enhanced(), Some((7, _))) && !greylist()
}

/// The keys of the configuration that a person has to look at.
fn culprit(phase: Phase, reply: &Reply) -> &'static str {
    match phase {
        _ if matches!(reply.code, 530 | 534 | 535 | 538) => {
            "`smtp.username`, `smtp.password` (or `smtp.token`) and `smtp.tls`"
        }
        Phase::Auth => "`smtp.username` and `smtp.password` (or `smtp.token`)",
        Phase::Starttls => "`smtp.tls`",
        Phase::Rcpt => "`smtp.host`, `smtp.port`, `smtp.username` and whether the server relays for this machine",
        _ => "`smtp.host`, `smtp.port` and what the server allows this machine",
    }
}

/// `RCPT: 550 5.1.1 <address> unknown`, at most 200 characters.
fn detail(phase: Phase, reply: &Reply, local: Option<&str>) -> String {
    let mut detail = format!("{phase}: {}", reply.code);
    let text = reply.text();
    if !text.trim().is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(detail, " {}", scrubbed(text.trim(), local));
    }
    bounded(&detail, 200)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(text: &str) -> Reply {
        Reply::of(text)
    }

    #[test]
    fn a_domain_that_asks_for_less_is_told_from_a_busy_server_and_a_greylist() {
        for (phase, text, expected) in [
            (Phase::Rcpt, "421 4.7.28 unusual rate of mail", true),
            (Phase::Dot, "451 4.7.500 server busy", true),
            (Phase::Rcpt, "450 4.7.1 try again later", true),
            (Phase::Rcpt, "450 4.7.1 Greylisted, see http://postgrey.example", false),
            (Phase::Rcpt, "450 4.2.1 this user receives mail too fast", false),
            (Phase::Mail, "421 4.7.0 too many connections", false),
            (Phase::Rcpt, "421 closing", false),
            (Phase::Dot, "550 5.7.1 looks like spam", false),
        ] {
            assert_eq!(throttles(phase, &reply(text)), expected, "{phase}: {text}");
        }
    }

    #[test]
    fn an_enhanced_code_counts_only_in_the_class_of_the_reply() {
        assert_eq!(reply("550 5.1.1 x").enhanced(), Some((1, 1)));
        assert_eq!(reply("550 4.1.1 x").enhanced(), None);
        assert_eq!(reply("550 5.1 x").enhanced(), None);
        assert_eq!(reply("550 5.1.x").enhanced(), None);
        assert_eq!(reply("550").enhanced(), None);
    }

    #[test]
    fn a_detail_holds_no_address() {
        let reply = reply("550 5.1.1 <Anna@example.com>:|5.1.1 no user 'anna' (anna@example.com)");
        let error = classify(Phase::Rcpt, &reply, Some("anna"));
        assert_eq!(error.to_string(), "no such address: RCPT: 550 5.1.1 <address> 5.1.1 no user <address> <address>");
    }

    #[test]
    fn the_queue_id_is_taken_out_of_the_reply() {
        for (text, expected) in [
            ("250 2.0.0 Ok: queued as 4Bx1c", Some("4Bx1c")),
            ("250 OK id=1tFabc-000", Some("1tFabc-000")),
            ("250 Ok 0102018c-3e", Some("Ok 0102018c-3e")),
            ("250 2.6.0 <x@y> Queued mail for delivery", Some("<address> Queued mail for delivery")),
            ("250 2.0.0 OK", None),
            ("250 2.0.0", None),
            ("250", None),
        ] {
            assert_eq!(reply(text).queue_id().as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_a_detail_is_one_short_line(code in 200u16..600, text in "\\PC{0,300}|[a-z@<>\r\n ]{0,300}") {
            let reply = Reply { code, lines: vec![text] };
            let error = classify(Phase::Rcpt, &reply, Some("anna")).to_string();
            prop_assert!(error.chars().count() <= 300);
            prop_assert!(!error.contains(['@', '\r', '\n']));
            prop_assert!(reply.queue_id().is_none_or(|id| id.chars().count() <= 100));
        }
    }
}
