//! Looks at a mail's HTML the way a reader does: without layout and styles.

/// What the eye and a screen reader find: texts, links, pictures, headings, in order; one to a line.
pub fn outline(html: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut rest = without_comments(html);
    for hidden in ["style", "title"] {
        rest = without_element(&rest, hidden);
    }
    let mut rest = rest.as_str();
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let Some(length) = rest[at..].find('>') else { break };
        let tag = &rest[at..=at + length];
        rest = &rest[at + length + 1..];
        if let Some(shown) = shown(tag) {
            flush(&mut text, &mut lines);
            lines.push(shown);
        } else if !is_inline(tag) {
            flush(&mut text, &mut lines);
        }
    }
    flush(&mut text, &mut lines);
    lines.join("\n")
}

/// The links that look like a button.
pub fn buttons(html: &str) -> Vec<String> {
    let html = without_comments(html);
    tags(&html, "a")
        .filter(|tag| attribute(tag, "style").is_some_and(|style| style.contains("padding")))
        .filter_map(|tag| attribute(tag, "href"))
        .map(|url| unescape(&url))
        .collect()
}

/// The one button, if there is one.
pub fn button(html: &str) -> Option<String> {
    buttons(html).into_iter().next()
}

fn tags<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.match_indices('<').filter_map(move |(at, _)| {
        let tag = &html[at..at + html[at..].find('>')?];
        let rest = tag[1..].strip_prefix(name)?;
        rest.starts_with([' ', '\n']).then_some(tag)
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(tag[start..start + tag[start..].find('"')?].to_owned())
}

fn shown(tag: &str) -> Option<String> {
    let name: String = tag.trim_start_matches('<').chars().take_while(char::is_ascii_alphanumeric).collect();
    let with = |names: &[&str]| {
        let found =
            names.iter().filter_map(|name| Some(format!(" {name}={}", attribute(tag, name)?))).collect::<String>();
        format!("<{name}{found}>")
    };
    match name.as_str() {
        "html" | "body" => Some(with(&["lang", "dir"])),
        "a" => Some(unescape(&with(&["href"]))),
        "img" => Some(with(&["src", "alt"])),
        "h1" | "h2" | "h3" | "ol" | "li" => Some(with(&["lang", "aria-level"])),
        _ => None,
    }
}

fn is_inline(tag: &str) -> bool {
    ["<b", "<i", "<em", "<strong", "<span", "</b", "</i", "</em", "</strong", "</span"]
        .iter()
        .any(|start| tag.strip_prefix(start).is_some_and(|rest| rest.starts_with(['>', ' '])))
}

fn flush(text: &mut String, lines: &mut Vec<String>) {
    let words = unescape(&std::mem::take(text))
        .split([' ', '\n', '\r', '\t'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    // Mail programs fill the preview with what follows the preheader; invisible characters keep them from it.
    let words = words.trim_matches(['\u{200c}', '\u{a0}', ' ']).to_owned();
    if !words.is_empty() {
        lines.push(words);
    }
}

fn without_comments(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<!--") {
        kept.push_str(&rest[..start]);
        rest = rest[start..].find("-->").map_or("", |end| &rest[start + end + 3..]);
    }
    kept + rest
}

fn without_element(html: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(&open) {
        kept.push_str(&rest[..start]);
        rest = rest[start..].find(&close).map_or("", |end| &rest[start + end + close.len()..]);
    }
    kept + rest
}

fn unescape(text: &str) -> String {
    text.replace("&#847;", "")
        .replace("&#8202;", "")
        .replace("&nbsp;", "\u{a0}")
        .replace("&zwnj;", "\u{200c}")
        .replace("&#8204;", "\u{200c}")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#x2F;", "/")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
