//! Hides secrets in the text that diagnostics show, byte for byte, so that every span stays where it is.
//!
//! It looks at lines, not at values, because a file whose syntax is broken has no values.

/// Keys whose whole value is hidden.
const SECRETS: [&str; 12] = [
    "service_account",
    "signing_key",
    "private_key",
    "password",
    "bearer",
    "token",
    "api_key",
    "secret_access_key",
    "session_token",
    "server_token",
    "signing_secret",
    "headers",
];
/// Keys whose value is a URL that may hold credentials.
const URLS: [&str; 6] = ["url", "proxy", "endpoint", "trusted_origins", "services", "host"];

pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    // The end mark of a secret that goes on over several lines.
    let mut until: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        if let Some(mark) = until {
            until = Some(mark).filter(|mark| !line.contains(mark));
            masked.push_str(&stars(line));
        } else if let Some(start) = SECRETS.iter().filter_map(|key| value_of(line, key)).min() {
            let value = &line[start..];
            let list = value.trim_start().starts_with('[') && !value.contains(']');
            let marks = ["\"\"\"", "'''"].into_iter();
            until = marks.into_iter().find(|mark| value.matches(mark).count() == 1).or(list.then_some("]"));
            masked.push_str(&credentials(&line[..start]));
            masked.push_str(&stars(value));
        } else {
            masked.push_str(&credentials(line));
        }
    }
    masked
}

/// Where the value of `key` begins in this line.
fn value_of(line: &str, key: &str) -> Option<usize> {
    line.match_indices(key).find_map(|(at, _)| {
        let rest = &line[at + key.len()..];
        let value = rest.trim_start_matches(['"', '\'', ' ', '\t']).strip_prefix('=')?;
        Some(line.len() - value.len())
    })
}

/// Hides what stands before the `@` of a URL.
fn credentials(line: &str) -> String {
    let Some(start) = URLS.iter().find_map(|key| value_of(line, key)) else { return line.to_owned() };
    let start = line[start..].find("://").map_or(start, |at| start + at + 3);
    match line.rfind('@') {
        Some(end) if end > start => format!("{}{}{}", &line[..start], stars(&line[start..end]), &line[end..]),
        _ => line.to_owned(),
    }
}

fn stars(text: &str) -> String {
    text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_all_else_stays_in_its_place() {
        for (text, expected) in [
            ("password = \"hunter2\"\nport = 1\n", "password =**********\nport = 1\n"),
            ("smtp = { \"bearer\"= \"x\", port = 1 }", "smtp = { \"bearer\"=****************"),
            ("url = \"amqp://me:hün@ter@host/%2f\"", "url = \"amqp://***********@host/%2f\""),
            ("url = \"me:hunter2@host\"", "url =************@host\""),
            ("url = \"https://host/{id}\"", "url = \"https://host/{id}\""),
            ("proxy = \"http://me:x@host\"", "proxy = \"http://****@host\""),
            ("host = \"smtp://me:hunter2@host\"", "host = \"smtp://**********@host\""),
            ("sender = \"a@b.example\"", "sender = \"a@b.example\""),
            ("password = '''\nhunter2\n'''\nport = 1", "password =****\n*******\n***\nport = 1"),
            ("headers = [\"X: a\"]\nport = 1", "headers =*********\nport = 1"),
            ("headers = [\n  \"X: a\",\n]\nport = 1", "headers =**\n*********\n*\nport = 1"),
            ("token = \"ya29.x\"\nport = 1", "token =*********\nport = 1"),
            ("headers_file = \"x\"", "headers_file = \"x\""),
            ("password_file = \"/run/secret\"", "password_file = \"/run/secret\""),
        ] {
            let masked = mask(text);
            assert_eq!(masked, expected);
            assert_eq!(masked.len(), text.len());
        }
    }
}
