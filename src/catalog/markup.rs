//! HTML and MJML as they stand in a text: tags, attributes and the text between them, each with its bytes. Pure, and never at a
//! loss: whatever a person typed is read as something.

use std::ops::Range;

/// A piece of a document, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'t> {
    Tag(Tag<'t>),
    /// What a reader would see, as it stands in the source.
    Text(Range<usize>),
    /// A `<` that begins nothing.
    Bare(usize),
}

/// `<a href="…">`, `</a>`, `<br/>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'t> {
    pub name: &'t str,
    pub kind: Kind,
    /// All of it, from `<` to `>`.
    pub span: Range<usize>,
    pub attributes: Vec<Attribute<'t>>,
    /// The text ends before its `>`.
    pub cut: bool,
}

/// How a tag stands to its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Open,
    Close,
    /// `<br/>`
    Empty,
}

/// `name="value"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'t> {
    pub name: &'t str,
    pub span: Range<usize>,
    /// The bytes between the quotes; `None` for a name alone.
    pub value: Option<Range<usize>>,
}

/// Elements whose inside is no markup.
const RAW: [&str; 4] = ["style", "script", "mj-style", "textarea"];
/// Elements that HTML never closes.
pub const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

impl Tag<'_> {
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'_>> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// The bytes of its name.
    pub fn name_span(&self) -> Range<usize> {
        let start = self.span.start + if self.kind == Kind::Close { 2 } else { 1 };
        start..start + self.name.len()
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// All pieces of a document; comments and the doctype left out.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut at, mut from) = (0, 0);
    while let Some(open) = text[at..].find('<').map(|open| at + open) {
        let rest = &text[open..];
        let letter = |skip: usize| rest[skip..].starts_with(|c: char| c.is_ascii_alphabetic());
        let end = if rest.starts_with("<!--") {
            open + rest.find("-->").map_or(rest.len(), |end| end + 3)
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            open + rest.find('>').map_or(rest.len(), |end| end + 1)
        } else if letter(1) || (rest.starts_with("</") && letter(2)) {
            push_text(&mut found, from..open);
            let tag = tag(text, open);
            let mut end = tag.span.end;
            if let Some(raw) = RAW.iter().find(|raw| tag.kind == Kind::Open && tag.is(raw)) {
                end += text[end..].find(&format!("</{raw}")).unwrap_or(text.len() - end);
            }
            found.push(Piece::Tag(tag));
            (at, from) = (end, end);
            continue;
        } else {
            found.push(Piece::Bare(open));
            at = open + 1;
            continue;
        };
        push_text(&mut found, from..open);
        (at, from) = (end, end);
    }
    push_text(&mut found, from..text.len());
    found
}

/// The tags of a document.
pub fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Tag(tag) => Some(tag),
        _ => None,
    })
}

fn push_text(found: &mut Vec<Piece<'_>>, span: Range<usize>) {
    if !span.is_empty() {
        found.push(Piece::Text(span));
    }
}

fn tag(text: &str, open: usize) -> Tag<'_> {
    let closing = text[open..].starts_with("</");
    let start = open + if closing { 2 } else { 1 };
    let mut at = start + word(&text[start..]);
    let mut tag = Tag { name: &text[start..at], kind: Kind::Open, span: open..at, attributes: Vec::new(), cut: false };
    loop {
        let rest = &text[at..];
        let Some(next) = rest.chars().next() else {
            tag.cut = true;
            break;
        };
        match next {
            '>' => {
                at += 1;
                break;
            }
            // It begins another: this one was never ended.
            '<' => {
                tag.cut = true;
                break;
            }
            '/' => {
                if rest.starts_with("/>") {
                    tag.kind = Kind::Empty;
                }
                at += 1;
            }
            next if next.is_whitespace() || matches!(next, '"' | '\'' | '=') => at += next.len_utf8(),
            _ => {
                let attribute = attribute(text, at);
                at = attribute.span.end;
                tag.attributes.push(attribute);
            }
        }
    }
    if closing {
        tag.kind = Kind::Close;
    }
    tag.span.end = at;
    tag
}

fn attribute(text: &str, at: usize) -> Attribute<'_> {
    let end = at + word(&text[at..]).max(1);
    let end = text.ceil_char_boundary(end);
    let rest = text[end..].trim_start();
    let mut attribute = Attribute { name: &text[at..end], span: at..end, value: None };
    let Some(after) = rest.strip_prefix('=').map(str::trim_start) else { return attribute };
    let start = text.len() - after.len();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (value, end) = if let Some(quote) = quote {
        let end = after[1..].find(quote).map_or(text.len(), |end| start + 1 + end);
        (start + 1..end, (end + 1).min(text.len()))
    } else {
        let end = start + after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len());
        (start..end, end)
    };
    attribute.value = Some(value);
    attribute.span.end = end;
    attribute
}

/// The length of a name.
fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '/' | '=' | '"' | '\'')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> Vec<String> {
        let told = |piece: Piece<'_>| match piece {
            Piece::Text(span) => text[span].trim().to_owned(),
            Piece::Bare(at) => format!("bare {at}"),
            Piece::Tag(tag) => {
                let attributes = tag.attributes.iter().map(|attribute| {
                    let value = attribute.value.clone().map(|value| format!("={}", &text[value])).unwrap_or_default();
                    format!(" {}{value}", attribute.name)
                });
                let attributes: String = attributes.collect();
                format!("{:?} {}{attributes}{}", tag.kind, tag.name, if tag.cut { " cut" } else { "" })
            }
        };
        pieces(text).into_iter().map(told).filter(|told| !told.is_empty()).collect()
    }

    #[test]
    fn tags_and_texts_are_read_in_order() {
        let text = "<!doctype html><A href='x > y' disabled id=é>hello</A><!-- <b> --> there<br/>";
        let expected = ["Open A href=x > y disabled id=é", "hello", "Close A", "there", "Empty br"];
        assert_eq!(told(text), expected);
    }

    #[test]
    fn style_sheets_hold_no_tags() {
        assert_eq!(told("<style>a > b { } <i></style>x"), ["Open style", "Close style", "x"]);
    }

    #[test]
    fn what_is_not_well_formed_is_read_all_the_same() {
        assert_eq!(told("a < b"), ["bare 2", "a < b"]);
        assert_eq!(told("<a href=\"x"), ["Open a href=x cut"]);
        assert_eq!(told("<a <b>"), ["Open a cut", "Open b"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_every_span_is_within_it(text in "[<>/!a-c=\"' é-]{0,60}") {
            for piece in pieces(&text) {
                match piece {
                    Piece::Text(span) => prop_assert!(text.get(span).is_some()),
                    Piece::Bare(at) => prop_assert!(text[at..].starts_with('<')),
                    Piece::Tag(tag) => {
                        prop_assert!(text.get(tag.span.clone()).is_some() && text.get(tag.name_span()).is_some());
                        for attribute in tag.attributes {
                            prop_assert!(text.get(attribute.span).is_some());
                            prop_assert!(attribute.value.is_none_or(|value| text.get(value).is_some()));
                        }
                    }
                }
            }
        }
    }
}
