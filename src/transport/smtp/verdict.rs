//! Whom a refusal concerns: this recipient, this message, the app's sender, the account, or the server as it is now.

use super::reply::{Enhanced, Phase, Reply, throttles};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
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

/// Words with which servers refuse the sender, whatever they were asked.
const NO_SENDER: [&str; 6] = [
    "sender address rejected",
    "sender verify failed",
    "sender rejected",
    "send as this sender",
    "sendasdenied",
    "verified sender identity",
];

/// The same, but of a recipient they may be said too before there is a message.
const NOT_VERIFIED: [&str; 1] = ["not verified"];

/// Words with which servers say that the account has sent all that it may for now.
const SPENT: [&str; 3] = ["sending quota", "sending limit", "submissionquotaexceeded"];

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

pub(super) fn verdict(phase: Phase, reply: &Reply) -> Verdict {
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
        Phase::Mail => of_account(phase, reply).unwrap_or_else(|| of_sender(reply)),
        Phase::Rcpt => of_account(phase, reply).unwrap_or_else(|| of_recipient(reply)),
        Phase::Data | Phase::Dot => of_account(phase, reply).unwrap_or_else(|| of_message(reply)),
    }
}

/// What the next message of the account or of the app would be told too. Many servers say it only once they have seen the
/// message, and it is no fault of that.
fn of_account(phase: Phase, reply: &Reply) -> Option<Verdict> {
    let enhanced = reply.enhanced();
    // Codes that say no more than 554 does, or that something is not allowed.
    let vague = matches!(enhanced, None | Some((0 | 2, 0) | (7, _)));
    let unverified = || matches!(phase, Phase::Data | Phase::Dot) && reply.speaks_of(&NOT_VERIFIED);
    match enhanced {
        // Congestion (RFC 3463 §3.5), which is Gmail's word for a quota of the account; Exchange's for one.
        Some((4, 5) | (1, 90)) => Some(Verdict::Unavailable),
        // The sender's mailbox, or its system (RFC 3463 §3.2); DKIM, SPF and the like (RFC 7372), a null MX (RFC 7505);
        // Exchange's for whom an account may send as.
        Some((1, 7 | 8) | (7, 20..=27 | 60) | (2, 252)) => Some(Verdict::SenderRefused),
        _ if vague && phase == Phase::Rcpt && reply.speaks_of(&NO_RELAY) => Some(Verdict::Misconfigured),
        _ if vague && reply.speaks_of(&SPENT) => Some(Verdict::Unavailable),
        _ if vague && (reply.speaks_of(&NO_SENDER) || unverified()) => Some(Verdict::SenderRefused),
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

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
            (Phase::Rcpt, "550 5.7.1 Sender rejected: authentication required", Misconfigured),
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
            (Phase::Dot, "552 5.2.2 over quota", Transient),
            (Phase::Dot, "550 5.4.5 Daily user sending quota exceeded. y17-2 - gsmtp", Unavailable),
            (Phase::Data, "550 5.4.5 Daily SMTP relay sending limit exceeded", Unavailable),
            (Phase::Rcpt, "550 5.4.5 Daily user sending quota exceeded", Unavailable),
            (Phase::Mail, "550 5.4.5 Daily user sending quota exceeded", Unavailable),
            (Phase::Dot, "550 5.1.90 Your message can't be sent because you've reached your daily limit", Unavailable),
            (Phase::Dot, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", Unavailable),
            (Phase::Dot, "554 5.2.252 SendAsDenied; a@b.example not allowed to send as c@b.example", SenderRefused),
            (Phase::Dot, "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiException", SenderRefused),
            (Phase::Dot, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", SenderRefused),
            (Phase::Rcpt, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", SenderRefused),
            (Phase::Data, "550 5.7.1 Client does not have permissions to send as this sender", SenderRefused),
            (
                Phase::Dot,
                "554 Message rejected: Email address is not verified. It is in EU-WEST-1: a@b.c",
                SenderRefused,
            ),
            (Phase::Dot, "550 The from address does not match a verified Sender Identity.", SenderRefused),
            (Phase::Rcpt, "550 The from address does not match a verified Sender Identity.", SenderRefused),
            (Phase::Rcpt, "550 5.1.1 recipient not verified", AddressInvalid),
            (Phase::Rcpt, "550 this recipient is not verified", Permanent),
            (Phase::Dot, "554 5.7.1 <a@b.example>: Sender address rejected: not owned", SenderRefused),
            (Phase::Dot, "550 5.1.8 sender's domain not found", SenderRefused),
            (Phase::Dot, "550 5.7.26 unauthenticated|5.7.26 by SPF or DKIM", SenderRefused),
            (Phase::Dot, "550 5.7.20 no passing DKIM signature", SenderRefused),
            (Phase::Rcpt, "550 5.7.27 the sender's domain takes no mail", SenderRefused),
            (Phase::Dot, "550 5.7.28 unusual rate of unsolicited mail", Permanent),
            (Phase::Dot, "550 5.6.0 sender rejected the format", Permanent),
            (Phase::Dot, "451 4.3.0 queue file write error", Unavailable),
            (Phase::Dot, "454 throttling failure", Unavailable),
        ] {
            assert_eq!(verdict(phase, &Reply::of(text)), expected, "{phase}: {text}");
        }
    }
}
