//! What a server's answer means for the message, and whether the session can be used again.

use std::fmt::Write as _;

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
type Enhanced = (u16, u16);

impl Reply {
    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The server ends the session with this reply (RFC 5321 §3.8).
    pub(super) fn ends_session(&self) -> bool {
        self.code == 421
    }

    /// `X.1.1` at the head of the text (RFC 2034); or, as qmail has it, `(#X.1.1)` at its end.
    fn enhanced(&self) -> Option<Enhanced> {
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
    fn speaks_of(&self, words: &[&str]) -> bool {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unavailable,
    Transient,
    Permanent,
    AddressInvalid,
    Misconfigured,
    SenderRefused,
}

/// Words with which servers refuse to carry mail of ours to anybody.
const NO_RELAY: [&str; 8] = [
    "relay access denied",
    "relay not permitted",
    "relaying denied",
    "relaying not",
    "relaying prohibited",
    "to relay",
    "allowed rcpthosts",
    "authentication required",
];

/// Words with which servers refuse at RCPT what they did not look at before: the sender.
const NO_SENDER: [&str; 3] = ["sender address rejected", "sender verify failed", "sender rejected"];

/// Words with which servers that know no enhanced codes say that there is nobody of that name.
const NOBODY: [&str; 19] = [
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no mailbox",
    "no such address",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "mailbox not found",
    "user not found",
    "invalid recipient",
    "invalid mailbox",
    "not exist",
    "not local",
    "mailbox name not allowed",
    "unrouteable address",
    "account disabled",
];

fn verdict(phase: Phase, reply: &Reply) -> Verdict {
    // A busy recipient or a message that is not wanted now is no fault of the server's; all else below 500 is, an unexpected
    // positive reply too.
    if reply.code < 500 {
        let concerns_us = (reply.ends_session() && !throttles(phase, reply))
            || reply.code < 400
            || reply.code == 454
            || matches!(reply.enhanced(), Some((3, _)));
        return match phase {
            Phase::Rcpt | Phase::Data | Phase::Dot if !concerns_us => Verdict::Transient,
            _ => Verdict::Unavailable,
        };
    }
    // RFC 4954: authentication required, too weak, invalid, encryption required.
    if matches!(reply.code, 530 | 534 | 535 | 538) {
        return Verdict::Misconfigured;
    }
    match phase {
        // What is refused before a recipient was named concerns us, not the message.
        Phase::Greeting | Phase::Ehlo | Phase::Starttls | Phase::Auth | Phase::Rset => Verdict::Misconfigured,
        Phase::Mail => of_sender(reply),
        Phase::Rcpt => of_recipient(reply),
        Phase::Data | Phase::Dot => of_message(reply),
    }
}

/// A sender that the carrier does not want is a matter of its account or of `apps.*.sender`.
fn of_sender(reply: &Reply) -> Verdict {
    match (reply.code, reply.enhanced()) {
        (_, Some((3, 4) | (6, _))) | (552 | 555, None) => Verdict::Permanent,
        (552, _) => Verdict::Transient,
        _ => Verdict::SenderRefused,
    }
}

/// An address is given up, and for long, only on a clear word that it is dead: 550 alone may mean anything.
fn of_recipient(reply: &Reply) -> Verdict {
    match (reply.code, reply.enhanced()) {
        (_, None | Some((7, _))) if reply.speaks_of(&NO_RELAY) => Verdict::Misconfigured,
        // The sender's mailbox, or its system (RFC 3463 §3.2).
        (_, Some((1, 7 | 8))) => Verdict::SenderRefused,
        (_, None | Some((7, _))) if reply.speaks_of(&NO_SENDER) => Verdict::SenderRefused,
        (_, Some(enhanced)) => of_enhanced(enhanced),
        // RFC 5321 §4.5.3.1.10: a 552 to RCPT is meant as 452.
        (552, None) => Verdict::Transient,
        (550 | 551 | 553, None) if reply.speaks_of(&NOBODY) => Verdict::AddressInvalid,
        _ => Verdict::Permanent,
    }
}

fn of_message(reply: &Reply) -> Verdict {
    reply.enhanced().map_or(Verdict::Permanent, of_enhanced)
}

fn of_enhanced(enhanced: Enhanced) -> Verdict {
    match enhanced {
        // No such mailbox, system or syntax; ambiguous; moved; null MX (RFC 7505); mailbox disabled.
        (1, 1 | 2 | 3 | 4 | 6 | 10) | (2, 1) => Verdict::AddressInvalid,
        // Mailbox full: 5.2.2 is what many servers say, but people do empty their mailboxes.
        (2, 2) => Verdict::Transient,
        _ => Verdict::Permanent,
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
        let (code, text) = text.split_once(' ').unwrap_or((text, ""));
        Reply { code: code.parse().unwrap(), lines: text.split('|').map(str::to_owned).collect() }
    }

    #[test]
    fn a_reply_is_a_decision() {
        use Verdict::{AddressInvalid, Misconfigured, Permanent, SenderRefused, Transient, Unavailable};
        for (phase, text, expected) in [
            (Phase::Greeting, "421 too many connections", Unavailable),
            (Phase::Greeting, "554 no SMTP service here", Misconfigured),
            (Phase::Ehlo, "550 5.7.1 bad name", Misconfigured),
            (Phase::Starttls, "454 TLS not available", Unavailable),
            (Phase::Auth, "535 5.7.8 wrong password", Misconfigured),
            (Phase::Auth, "454 4.7.0 temporary authentication failure", Unavailable),
            (Phase::Mail, "530 5.7.0 must issue STARTTLS first", Misconfigured),
            (Phase::Mail, "553 5.7.1 sender not owned", SenderRefused),
            (Phase::Mail, "552 5.3.4 message too big", Permanent),
            (Phase::Mail, "452 4.3.1 no space", Unavailable),
            (Phase::Rcpt, "550 5.1.1 unknown", AddressInvalid),
            (Phase::Rcpt, "550 no such user", AddressInvalid),
            (Phase::Rcpt, "551 not local", AddressInvalid),
            (Phase::Rcpt, "553 mailbox name not allowed", AddressInvalid),
            (Phase::Rcpt, "556 5.1.10 null MX", AddressInvalid),
            (Phase::Rcpt, "550 5.2.1 disabled", AddressInvalid),
            (Phase::Rcpt, "552 5.2.2 over quota", Transient),
            (Phase::Rcpt, "552 over quota", Transient),
            (Phase::Rcpt, "452 4.5.3 too many recipients", Transient),
            (Phase::Rcpt, "450 4.2.0 greylisted", Transient),
            (Phase::Rcpt, "451 4.4.1 no answer from the recipient's server", Transient),
            (Phase::Rcpt, "421 4.7.0 too many messages to this domain", Transient),
            (Phase::Rcpt, "421 4.3.2 shutting down", Unavailable),
            (Phase::Rcpt, "421 closing", Unavailable),
            (Phase::Mail, "421 4.7.0 too many errors", Unavailable),
            (Phase::Rcpt, "550 5.7.1 blocked", Permanent),
            (Phase::Rcpt, "550 5.1.8 sender's domain not found", SenderRefused),
            (Phase::Rcpt, "554 5.7.1 <a@b.example>: Sender address rejected: not owned", SenderRefused),
            (Phase::Rcpt, "550 Sender verify failed", SenderRefused),
            (Phase::Rcpt, "554 5.7.1 <a@b.example>: Relay access denied", Misconfigured),
            (Phase::Rcpt, "550 relay not permitted", Misconfigured),
            (Phase::Rcpt, "550 5.7.1 Unable to relay", Misconfigured),
            (Phase::Rcpt, "550 <relaying.denied@example.com>: no such user", AddressInvalid),
            (Phase::Rcpt, "550 <no.such.user@example.com>: no", Permanent),
            (Phase::Rcpt, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", Misconfigured),
            (Phase::Rcpt, "550 sorry, no mailbox here by that name. (#5.1.1)", AddressInvalid),
            (Phase::Rcpt, "550 Unrouteable address", AddressInvalid),
            (Phase::Rcpt, "550 Administrative prohibition", Permanent),
            (Phase::Rcpt, "550 rejected", Permanent),
            (Phase::Rcpt, "530 authentication required", Misconfigured),
            (Phase::Data, "554 5.5.1 no valid recipients", Permanent),
            (Phase::Data, "250 what", Unavailable),
            (Phase::Dot, "554 5.7.1 looks like spam", Permanent),
            (Phase::Dot, "550 5.1.1 unknown after all", AddressInvalid),
            (Phase::Dot, "550 no", Permanent),
            (Phase::Dot, "552 too much mail data", Permanent),
            (Phase::Dot, "451 4.3.0 queue file write error", Unavailable),
            (Phase::Dot, "454 throttling failure", Unavailable),
        ] {
            assert_eq!(verdict(phase, &reply(text)), expected, "{phase}: {text}");
        }
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
