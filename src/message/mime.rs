//! An e-mail as it goes over the wire (RFC 5322, RFC 2045 ff.): the same bytes on every attempt, whatever carries them.
//!
//! Bodies are always 7-bit safe; only a header with an address that needs SMTPUTF8 is not ASCII.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::header::{self, ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers};
use lettre::message::{Attachment, Body, Mailboxes, MultiPart, SinglePart};

use super::{Address, AddressError, Email, Mailbox, parse_address, quoted_printable};

/// A whole message, and between whom it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mime {
    /// The envelope's sender, to whom bounces go.
    pub from: Address,
    /// The envelope's recipient.
    pub to: Address,
    /// Lines end in CRLF, the last one too; none is longer than 998 bytes.
    pub bytes: Vec<u8>,
}

impl Mime {
    /// Whether only servers with SMTPUTF8 (RFC 6531) can take it.
    pub fn needs_smtputf8(&self) -> bool {
        !self.bytes.is_ascii() || self.from.needs_smtputf8() || self.to.needs_smtputf8()
    }
}

/// Why an e-mail cannot be written down. It repeats no address and no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MimeError {
    #[error("the recipient's address cannot be used: {0}")]
    Recipient(AddressError),
    #[error("`{header}` holds an address that cannot be used: {fault}")]
    Sender { header: &'static str, fault: AddressError },
    #[error("`{header}` holds a line break or another control character")]
    ControlCharacter { header: &'static str },
    #[error("`{header}` holds a character that cannot stand there")]
    NotPlain { header: &'static str },
    #[error("a line is longer than 998 bytes")]
    LineTooLong,
}

/// Characters of a name beside an address. A name is for courtesy: a longer one is cut, not refused.
const NAME_MAX: usize = 128;

/// RFC 5322 §2.1.1, without the CRLF.
const LINE_MAX: usize = 998;

/// What a carrier needs that writes the message down itself, checked as [`Email::to_mime`] checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    pub from: Address,
    pub reply_to: Option<Address>,
    pub to: Address,
    /// All but addresses, subject, date and what concerns MIME.
    pub headers: Vec<(&'static str, String)>,
}

impl Mailbox {
    /// `"Name" <address>` with the name in quotation marks, for a carrier that reads it as a header.
    pub fn quoted(&self, address: &Address) -> String {
        match &self.name {
            Some(name) => format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\"")),
            None => address.to_string(),
        }
    }
}

impl Email {
    /// The addresses and the further headers.
    pub fn parts(&self) -> Result<Parts, MimeError> {
        let sender = |header| move |fault| MimeError::Sender { header, fault };
        let from = parse_address(&self.from.address).map_err(sender("From"))?;
        let reply_to = self.reply_to.as_ref().map(|mailbox| parse_address(&mailbox.address));
        let reply_to = reply_to.transpose().map_err(sender("Reply-To"))?;
        let to = parse_address(&self.to.address).map_err(MimeError::Recipient)?;
        one_line("Subject", &self.subject)?;
        for (header, mailbox) in
            [("From", Some(&self.from)), ("Reply-To", self.reply_to.as_ref()), ("To", Some(&self.to))]
        {
            one_line(header, mailbox.and_then(|mailbox| mailbox.name.as_deref()).unwrap_or_default())?;
        }
        let mut headers =
            vec![("Message-ID", format!("<{}@{}>", plain("Message-ID", self.id.as_str())?, from.domain()))];
        headers.extend(self.further_headers()?);
        Ok(Parts { from, reply_to, to, headers })
    }

    /// The message, ready to be sent: a pure function of its fields.
    pub fn to_mime(&self) -> Result<Mime, MimeError> {
        let Parts { from, reply_to, to, headers: further } = self.parts()?;
        let id = self.id.as_str();

        // lettre's own message builder would take the clock's date and a random boundary where it misses one.
        let mut headers = Headers::new();
        headers.set(header::From::from(mailbox("From", &self.from, &from)?));
        if let (Some(reply_to), Some(address)) = (&self.reply_to, &reply_to) {
            headers.set(header::ReplyTo::from(mailbox("Reply-To", reply_to, address)?));
        }
        headers.set(header::To::from(mailbox("To", &self.to, &to)?));
        headers.set(header::Subject::from(self.subject.clone()));
        headers.set(header::Date::new(system_time(self.date)));
        for (name, value) in further {
            headers.insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
        headers.set(header::MIME_VERSION_1_0);

        // Bodies are encoded in short lines; a header is folded at spaces only.
        let mut bytes = headers.to_string().into_bytes();
        if bytes.split(|&byte| byte == b'\n').any(|line| line.len() > LINE_MAX + 1) {
            return Err(MimeError::LineTooLong);
        }
        bytes.extend(self.alternatives(id)?.formatted());
        Ok(Mime { from, to, bytes })
    }

    fn further_headers(&self) -> Result<Vec<(&'static str, String)>, MimeError> {
        let mut headers = vec![
            // No answer from a machine (RFC 3834); Exchange knows its own header only. Not "All": that stops bounces too.
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()),
            ("Feedback-ID", plain("Feedback-ID", &self.feedback_id)?.to_owned()),
            ("Content-Language", plain("Content-Language", &self.locale)?.to_owned()),
        ];
        if self.test {
            headers.push(("X-Dashlight-Test", "yes".to_owned()));
        }
        if let Some(endpoint) = &self.list_unsubscribe {
            let endpoint = plain("List-Unsubscribe", endpoint)?;
            headers.push(("List-Unsubscribe", format!("<{endpoint}>")));
            // One click is a POST (RFC 8058): no use of a mailto.
            if endpoint.starts_with("https://") {
                headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
            }
        }
        Ok(headers)
    }

    /// The text, and the HTML with its images: a reader shows the last that it can.
    fn alternatives(&self, id: &str) -> Result<MultiPart, MimeError> {
        let html = text_part(ContentType::TEXT_HTML, &self.html);
        let alternatives = multipart("alternative", id)?.singlepart(text_part(ContentType::TEXT_PLAIN, &self.text));
        if self.inline.is_empty() {
            return Ok(alternatives.singlepart(html));
        }
        let mut related = multipart("related; type=\"text/html\"", id)?.singlepart(html);
        for image in &self.inline {
            let content_id = plain("Content-ID", &image.content_id)?.to_owned();
            let name = plain("Content-Disposition", &image.file_name)?.to_owned();
            let body = Body::new_with_encoding(image.bytes.clone(), ContentTransferEncoding::Base64)
                .map_err(|_| MimeError::NotPlain { header: "Content-Transfer-Encoding" })?;
            let attachment = Attachment::new_inline_with_name(content_id, name);
            related = related.singlepart(attachment.body(body, content_type(image.content_type)?));
        }
        Ok(alternatives.multipart(related))
    }
}

/// A multipart whose boundary comes from the message's id. `=_` stands in no quoted-printable and no base64 text.
fn multipart(kind: &str, id: &str) -> Result<MultiPart, MimeError> {
    let subtype = kind.split(';').next().unwrap_or(kind);
    let content_type = content_type(&format!("multipart/{kind}; boundary=\"=_{subtype}_{id}\""))?;
    Ok(MultiPart::builder().header(content_type).build())
}

fn content_type(text: &str) -> Result<ContentType, MimeError> {
    ContentType::parse(text).map_err(|_| MimeError::NotPlain { header: "Content-Type" })
}

/// Always quoted-printable: lines of any length, letters of any language, and no text can be taken for a boundary.
fn text_part(content_type: ContentType, text: &str) -> SinglePart {
    let encoded = quoted_printable::encode(text);
    let body = Body::dangerous_pre_encoded(encoded, ContentTransferEncoding::QuotedPrintable);
    SinglePart::builder().header(content_type).body(body)
}

fn mailbox(header: &'static str, mailbox: &Mailbox, address: &Address) -> Result<Mailboxes, MimeError> {
    let name = mailbox.name.as_deref().map(|name| one_line(header, name)).transpose()?.map(str::trim);
    let name = name.filter(|name| !name.is_empty()).map(|name| name.chars().take(NAME_MAX).collect());
    // "Dangerous" because lettre does not look at it: `Address` can only be had from the stricter `parse_address`.
    let address = lettre::Address::new_dangerous(address.local(), address.domain());
    Ok(Mailboxes::from(lettre::message::Mailbox::new(name, address)))
}

/// lettre panics on a date before 1970.
fn system_time(date: Timestamp) -> SystemTime {
    let seconds = u64::try_from(date.as_second()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Text of any language on one line.
fn one_line<'a>(header: &'static str, text: &'a str) -> Result<&'a str, MimeError> {
    // The Unicode line and paragraph separators end lines in some readers.
    if text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(MimeError::ControlCharacter { header });
    }
    Ok(text)
}

/// Text that stands in a header as it is: visible ASCII, and nothing that could end it early.
fn plain<'a>(header: &'static str, text: &'a str) -> Result<&'a str, MimeError> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\".contains(&byte));
    if text.is_empty() || !visible {
        return Err(MimeError::NotPlain { header });
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
