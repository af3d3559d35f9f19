//! One message in one language: words into templates into a [`Message`]. All of it or nothing.

use sha2::{Digest, Sha256};

use crate::config::App;
use crate::event::{Device, Recipient, VehicleError};
use crate::message::{self, About, Email, Inline, Mailbox, Message, Push};
use crate::policy::{Channel, News, Target};

use super::links::{self, Link};
use super::shelf::Notice;
use super::templates::{Prepared, Unrendered, html_name};
use super::view::{Other, View, Ways};
use super::words::{Lack, Needs, Texts, Values};
use super::{Catalog, Choice, ComposeError, Order, car, plain};

/// Why a message was not rendered in this language.
#[derive(Debug)]
pub(super) enum Failure {
    /// The next language may do better.
    Content(String),
    /// No language would help.
    Address(ComposeError),
}

/// A fault of the content, for those who edit it.
#[derive(Debug)]
pub(super) enum Fault {
    Words(Lack),
    Template(Unrendered),
    Empty(&'static str),
}

/// An e-mail before it is addressed.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) subject: String,
    pub(super) html: String,
    pub(super) text: String,
}

/// A push message before it is addressed.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) title: String,
    pub(super) body: String,
}

impl Catalog {
    pub(super) fn message(
        &self,
        notice: &Notice,
        locale: &str,
        choice: &Choice,
        order: &Order<'_>,
    ) -> Result<Message, Failure> {
        let Order { error, app, .. } = *order;
        let link = choice.link.link.as_ref();
        let values = Values::of(app, error, link);
        let other = |error: &&VehicleError| Other {
            car: car::name(&error.vehicle),
            link: links::link_for(notice.settings.link, app, error, locale).link,
        };
        let others: Vec<Other> = order.others.iter().map(other).collect();
        let ways = Ways { link, others: &others, ..Ways::default() };
        match order.target {
            Target::Email => self.email(notice, locale, ways, &values, order).map(Message::Email),
            Target::Devices(_) => Err(Failure::Address(ComposeError::NoAddress(Channel::Push))),
            Target::Push(device) => self.push(notice, locale, ways, &values, device, order).map(Message::Push),
        }
    }

    fn email(
        &self,
        notice: &Notice,
        locale: &str,
        ways: Ways<'_>,
        values: &Values,
        order: &Order<'_>,
    ) -> Result<Email, Failure> {
        let Order { id, error, app, .. } = *order;
        let to = mailbox(&error.recipient).map_err(Failure::Address)?;
        let support = links::support_for(app, error, locale);
        let stop = links::stop_for(app, error, locale);
        // A code beside several cars would be the code of none.
        let code = ways.link.filter(|_| ways.others.is_empty());
        let inline = self.qr(notice, code, order).map_err(Failure::Content)?;
        let src = inline.as_ref().map(|image| format!("cid:{}", image.content_id));
        let in_app = ways.link.is_none() && notice.settings.link.leads_to_smartcar();
        let ways = Ways { in_app, support: support.as_ref(), stop: stop.as_ref(), qr: src.as_deref(), ..ways };
        let mail = self.mail(notice, locale, app, values, ways).map_err(|fault| Failure::Content(fault.to_string()))?;
        let list_unsubscribe = app.list_unsubscribe.clone().filter(|url| !url.contains(char::is_control));
        Ok(Email {
            id: id.clone(),
            date: order.date,
            from: named(&app.sender, &values.app),
            reply_to: app.reply_to.as_ref().map(|mailbox| named(mailbox, &values.app)),
            to,
            subject: mail.subject,
            html: mail.html,
            text: mail.text,
            inline: inline.into_iter().collect(),
            locale: locale.to_owned(),
            feedback_id: format!("{}.{}:{}:dashlight", notice.kind, notice.code, app.id),
            list_unsubscribe,
            test: false,
        })
    }

    fn push(
        &self,
        notice: &Notice,
        locale: &str,
        ways: Ways<'_>,
        values: &Values,
        device: &Device,
        order: &Order<'_>,
    ) -> Result<Push, Failure> {
        let note =
            self.note(notice, locale, order.app, values, ways).map_err(|fault| Failure::Content(fault.to_string()))?;
        Ok(Push {
            id: order.id.clone(),
            device: device.clone(),
            title: note.title,
            body: note.body,
            // A tap opens pages, not mail programs.
            link: ways.link.filter(|link| link.url.starts_with("https://")).map(|link| link.url.clone()),
            collapse_key: collapse_key(order.error),
            expires_at: order.expires_at,
            high_priority: notice.settings.high_priority,
            locale: locale.to_owned(),
            about: about(order),
        })
    }

    /// The code of the link, for those who read on a computer.
    fn qr(&self, notice: &Notice, link: Option<&Link>, order: &Order<'_>) -> Result<Option<Inline>, String> {
        let Some(link) = link.filter(|_| notice.settings.qr) else { return Ok(None) };
        let png = self.codes.png(&link.url).map_err(|error| error.to_string())?;
        Ok(Some(Inline {
            content_id: format!("qr.{}@dashlight", order.id),
            file_name: "qr.png".to_owned(),
            content_type: "image/png",
            bytes: png.to_vec(),
        }))
    }

    pub(super) fn mail(
        &self,
        notice: &Notice,
        locale: &str,
        app: &App,
        values: &Values,
        ways: Ways<'_>,
    ) -> Result<Mail, Fault> {
        let (mut texts, context) = self.context(notice, &notice.email_needs, locale, app, values, ways)?;
        let html = self.templates.render(&html_name(&notice.template("email.mjml")), &context)?;
        let text = self.templates.render(&notice.template("email.txt"), &context)?;
        let subject = texts.text.remove("subject").map(|subject| plain::one_line(&subject)).unwrap_or_default();
        let text = format!("{}\n", text.trim());
        if text.len() == 1 { Err(Fault::Empty("email.txt")) } else { Ok(Mail { subject, html, text }) }
    }

    /// The first line is the title, all else the body.
    pub(super) fn note(
        &self,
        notice: &Notice,
        locale: &str,
        app: &App,
        values: &Values,
        ways: Ways<'_>,
    ) -> Result<Note, Fault> {
        let (_, context) = self.context(notice, &notice.push_needs, locale, app, values, ways)?;
        let text = self.templates.render(&notice.template("push.txt"), &context)?;
        let (title, body) = text.trim().split_once('\n').ok_or(Fault::Empty("push.txt"))?;
        let note = Note { title: plain::one_line(title), body: plain::one_line(body) };
        if note.title.is_empty() || note.body.is_empty() { Err(Fault::Empty("push.txt")) } else { Ok(note) }
    }

    fn context(
        &self,
        notice: &Notice,
        needs: &Needs,
        locale: &str,
        app: &App,
        values: &Values,
        ways: Ways<'_>,
    ) -> Result<(Texts, Prepared), Fault> {
        let texts = self.words.format(locale, &notice.kind, &notice.code, needs, values)?;
        let direction = self.words.locales.direction(locale);
        let context = Prepared::new(&View::new(locale, direction, app, &values.app, &texts, ways))?;
        Ok((texts, context))
    }
}

impl Values {
    pub(super) fn of(app: &App, error: &VehicleError, link: Option<&Link>) -> Self {
        Self {
            app: plain::one_line(&app.name),
            car: car::name(&error.vehicle),
            make: car::make(&error.vehicle),
            name: plain::name(error.recipient.name.as_deref()),
            host: link.map(|link| link.host.clone()),
        }
    }
}

impl From<Lack> for Fault {
    fn from(lack: Lack) -> Self {
        Self::Words(lack)
    }
}

impl From<Unrendered> for Fault {
    fn from(unrendered: Unrendered) -> Self {
        Self::Template(unrendered)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Words(lack) => lack.fmt(f),
            Self::Template(unrendered) => unrendered.fmt(f),
            Self::Empty(file) => write!(f, "`{file}` renders to nothing, or to less than it must"),
        }
    }
}

/// The owner's mailbox.
fn mailbox(recipient: &Recipient) -> Result<Mailbox, ComposeError> {
    let address = recipient.email.as_deref().map(str::trim).filter(|address| !address.is_empty());
    let address = address.ok_or(ComposeError::NoAddress(Channel::Email))?;
    if !message::is_address(address) {
        return Err(ComposeError::BadAddress(Channel::Email));
    }
    Ok(Mailbox { name: plain::name(recipient.name.as_deref()), address: address.to_owned() })
}

/// A mailbox of the app's; without a name of its own it bears the app's.
fn named(mailbox: &Mailbox, app: &str) -> Mailbox {
    let name = mailbox.name.as_deref().map(plain::one_line).filter(|name| !name.is_empty());
    Mailbox { name: Some(name.unwrap_or_else(|| app.to_owned())), address: mailbox.address.clone() }
}

/// What the app can look up. Not the owner's id: a push passes through the hands of others.
fn about(order: &Order<'_>) -> About {
    let Order { error, news, .. } = *order;
    About {
        resolved: news == News::AllIsWell,
        kind: error.key.kind().to_owned(),
        code: error.key.code().map(str::to_owned),
        vehicle: error.vehicle.id.clone(),
    }
}

/// The same for all messages about one incident: 32 characters, which every push service takes.
fn collapse_key(error: &VehicleError) -> String {
    let mut hash = Sha256::new();
    let vehicle = error.vehicle.id.as_deref().unwrap_or_default();
    for part in [error.app.as_str(), &error.recipient.id, vehicle, &error.key.to_string()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    format!("{:032x}", u128::from_be_bytes(digest))
}
