use proptest::prelude::*;

use super::*;
use crate::ledger::DispatchId;
use crate::message::Inline;

fn email() -> Email {
    Email {
        id: DispatchId::from_stored("0d9f8c1e-7b7a-8d2e-9d10-5f0e6a1b2c3d".to_owned()),
        date: "2026-11-23T14:24:00Z".parse().unwrap(),
        from: Mailbox { name: Some("Volta".to_owned()), address: "cars@volta.example".to_owned() },
        reply_to: None,
        to: Mailbox { name: Some("Søren Ærø".to_owned()), address: "soren@example.dk".to_owned() },
        subject: "Forbind din Kia EV6 igen".to_owned(),
        html: "<html lang=\"da\"><body><p>Hej Søren</p></body></html>\n".to_owned(),
        text: "Hej Søren\n\n.\n--=_alternative\nhttps://volta.example/?a=b\n".to_owned(),
        inline: Vec::new(),
        locale: "da".to_owned(),
        feedback_id: "authentication-failed:volta:dashlight".to_owned(),
        list_unsubscribe: None,
        test: false,
    }
}

fn qr() -> Inline {
    Inline {
        content_id: "qr".to_owned(),
        file_name: "qr.png".to_owned(),
        content_type: "image/png",
        bytes: (0..=255).collect(),
    }
}

fn written(email: &Email) -> String {
    String::from_utf8(email.to_mime().unwrap().bytes).unwrap()
}

#[test]
fn a_mail_is_written_the_same_on_every_attempt() {
    let mut email = email();
    email.inline = vec![qr()];
    assert_eq!(email.to_mime(), email.to_mime());
    assert!(written(&email).contains("multipart/related"));
}

#[test]
fn a_mail_without_images_has_two_alternatives() {
    let text = written(&email());
    assert!(text.contains("Content-Type: multipart/alternative;\r\n boundary=\"=_alternative_0d9f8c1e-"), "{text}");
    assert!(!text.contains("multipart/related"));
    assert!(text.find("text/plain") < text.find("text/html"));
}

#[test]
fn the_headers_are_those_of_a_mail_that_no_machine_should_answer() {
    let text = written(&email());
    for line in [
        "From: Volta <cars@volta.example>\r\n",
        "Date: Mon, 23 Nov 2026 14:24:00 +0000\r\n",
        "Message-ID: <0d9f8c1e-7b7a-8d2e-9d10-5f0e6a1b2c3d@volta.example>\r\n",
        "MIME-Version: 1.0\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Feedback-ID: authentication-failed:volta:dashlight\r\n",
        "Content-Language: da\r\n",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    assert!(!text.contains("List-Unsubscribe") && !text.contains("Reply-To"));
}

#[test]
fn one_click_is_offered_only_for_an_https_endpoint() {
    let mut email = email();
    email.list_unsubscribe = Some("https://volta.example/u/abc".to_owned());
    let text = written(&email);
    assert!(text.contains("List-Unsubscribe: <https://volta.example/u/abc>\r\n"));
    assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    email.list_unsubscribe = Some("mailto:stop@volta.example".to_owned());
    assert!(!written(&email).contains("One-Click"));
}

#[test]
fn a_body_is_seven_bit_safe_and_no_text_is_taken_for_a_boundary() {
    let mail = email().to_mime().unwrap();
    assert!(mail.bytes.is_ascii() && !mail.needs_smtputf8());
    let text = String::from_utf8(mail.bytes).unwrap();
    assert!(text.contains("\r\n--=3D_alternative\r\n"), "{text}");
    assert!(text.ends_with("--\r\n"));
}

#[test]
fn a_local_part_in_another_script_makes_a_mail_for_smtputf8() {
    let mut email = email();
    email.to.address = "søren@blåbær.example".to_owned();
    let mail = email.to_mime().unwrap();
    assert!(mail.needs_smtputf8());
    assert_eq!(mail.to.to_string(), "søren@xn--blbr-roah.example");
}

#[test]
fn a_date_before_1970_does_not_panic() {
    let mut email = email();
    email.date = Timestamp::MIN;
    assert!(written(&email).contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
    email.date = Timestamp::MAX;
    assert!(written(&email).contains(" 9999 "));
}

#[test]
fn an_unusable_address_is_told_without_the_address() {
    let mut email = email();
    email.to.address = "anna(at)example.com".to_owned();
    assert_eq!(email.to_mime(), Err(MimeError::Recipient(AddressError::NoAt)));
    assert!(!email.to_mime().unwrap_err().to_string().contains("anna"));
}

#[test]
fn a_word_that_no_line_can_hold_is_refused() {
    let mut email = email();
    email.subject = "x".repeat(2000);
    assert_eq!(email.to_mime(), Err(MimeError::LineTooLong));
    email.subject = "word ".repeat(400);
    assert!(email.to_mime().is_ok());
}

#[test]
fn a_name_that_never_ends_is_cut() {
    let mut email = email();
    email.to.name = Some("x".repeat(5000));
    assert!(written(&email).contains(&format!("To: {} <soren@example.dk>\r\n", "x".repeat(128))));
}

/// Names of the headers, in order, unfolded.
fn header_names(mail: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(mail);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect()
}

proptest! {
    #[test]
    fn no_name_and_no_subject_can_bring_a_header(
        name in "([A-Za-zø日\"\\\\<>,:;=?@ ]|\r\n|\r|\n|\0|\t|\u{2028}|\u{85}){0,40}",
        subject in "([A-Za-zø日😀:=?_ ]|\r\nBcc: |\r|\n|\0){0,60}",
        feedback_id in "([a-z:\r\n ]){0,20}",
    ) {
        let expected = header_names(&email().to_mime().unwrap().bytes);
        let mut email = email();
        email.to.name = Some(name.clone());
        email.from.name = Some(name.clone());
        email.subject.clone_from(&subject);
        email.feedback_id = feedback_id;
        match email.to_mime() {
            Ok(mail) => {
                prop_assert!(!name.contains(['\r', '\n']) && !subject.contains(['\r', '\n']));
                prop_assert_eq!(header_names(&mail.bytes), expected);
                let text = String::from_utf8(mail.bytes).unwrap();
                prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']));
            }
            Err(MimeError::ControlCharacter { .. } | MimeError::NotPlain { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn no_line_is_long_and_none_ends_in_a_bare_cr_or_lf(html in "([a-zø<>=. ]|\r|\n|\r\n){0,3000}") {
        let mut email = email();
        email.html = html;
        let text = String::from_utf8(email.to_mime().unwrap().bytes).unwrap();
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }
}
