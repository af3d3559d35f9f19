//! Headers of requests that the operator adds, given in a list or as the lines of a file. Keys of APIs are among them.

use super::Rotating;
use super::section::Section;

impl Section<'_> {
    /// `headers`, or what `headers_file` names. `bearer`: `Authorization` is taken.
    pub(super) fn headers(&mut self, bearer: bool) -> Option<Rotating> {
        let listed: Option<Vec<String>> = self.take("headers");
        let key = if listed.is_some() { "headers" } else { "headers_file" };
        let headers = self.or_file("headers", "headers_file", listed.map(|lines| lines.join("\n")));
        if let Some(fault) = headers.as_ref().and_then(|headers| fault_of_headers(headers.first.expose(), bearer)) {
            self.reject(key, fault);
        }
        headers
    }
}

/// Bytes of one header.
const LONGEST: usize = 8 << 10;

/// What is wrong with these lines, without them: they may be secret.
fn fault_of_headers(lines: &str, bearer: bool) -> Option<&'static str> {
    // RFC 9110 §5.6.2.
    let token = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').unwrap_or_default();
        let (name, value) = (name.trim(), value.trim());
        let sound = !name.is_empty() && name.chars().all(token);
        if !sound || value.is_empty() || value.chars().any(|char| char.is_control() && char != '\t') {
            return Some("holds a line that is no header; write each as `Name: value`");
        }
        if line.len() > LONGEST {
            return Some("holds a header of more than 8 KiB, which no server takes; write each as `Name: value`");
        }
        if ["host", "content-length", "transfer-encoding", "connection"].contains(&&*name.to_ascii_lowercase()) {
            return Some("names a header that belongs to the connection (`Host`, `Content-Length`, `Connection`, …)");
        }
        if bearer && name.eq_ignore_ascii_case("authorization") {
            return Some("names `Authorization`, which `bearer` says already");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_lines_with_a_name_and_a_value() {
        assert_eq!(fault_of_headers("X-Tenant: volta\n\n X-Key : a:b \r\n", false), None);
        for lines in ["X-Tenant", ": volta", "X Tenant: volta", "X-Tenant:", "X-Tenant: a\u{0}b"] {
            assert!(fault_of_headers(lines, false).is_some_and(|fault| fault.contains("no header")), "{lines:?}");
        }
        assert!(fault_of_headers("Host: elsewhere", false).is_some());
        assert!(fault_of_headers("authorization: Basic x", true).is_some());
        assert_eq!(fault_of_headers("authorization: Basic x", false), None);
    }
}
