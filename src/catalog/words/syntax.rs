//! Where a file is not Fluent: found for every text of it, and told in words for people who have never seen a parser.
//!
//! Fluent's parser gives up a whole message at its first fault, and calls a fault inside an attribute a bad name. So each
//! attribute of what it gave up is looked at alone.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use fluent_syntax::parser::{ErrorKind, ParserError, parse_runtime};

use crate::diagnostic::{Diagnostic, Source, codes};

/// Braces within braces, and brackets within brackets, beyond what any message needs.
const MAX_DEPTH: usize = 50;

/// The text as the parser can bear it, with the same bytes at the same places, and what it could not.
pub(super) fn bearable(source: &Arc<Source>) -> (Cow<'_, str>, Vec<Diagnostic>) {
    let mut text = Cow::Borrowed(source.text.as_str());
    let mut faults = Vec::new();
    if let Some(at) = too_deep(&text) {
        faults.push(
            Diagnostic::new(&codes::words::SYNTAX, "not Fluent: braces are nested too deep")
                .at(source, at..at + 1)
                .help("what follows is not read; is a `}` missing further up?"),
        );
        text = Cow::Borrowed(&source.text[..at]);
    }
    // The parser would cut the letter in two, and panic.
    for at in cut_escapes(&text) {
        faults.push(
            Diagnostic::new(
                &codes::words::SYNTAX,
                "not Fluent: an escape `\\u` needs four hexadecimal digits, `\\U` six",
            )
            .at(source, at..at + 2)
            .help("write the character itself"),
        );
        text.to_mut().replace_range(at..=at, " ");
    }
    (text, faults)
}

/// All that the parser refused in `text`, which has the bytes of the source.
pub(super) fn faults(source: &Arc<Source>, text: &str, errors: Vec<ParserError>) -> Vec<Diagnostic> {
    let mut found: Vec<(Range<usize>, ErrorKind)> = Vec::new();
    for ParserError { pos, slice, kind } in errors {
        let slice = slice.unwrap_or(pos.clone());
        let hidden = hides(&kind, text, &slice);
        let before = found.len();
        for attribute in attributes(text, &slice).filter(|attribute| hidden || attribute.start > pos.start) {
            let Err((_, inner)) = parse_runtime(&text[attribute.clone()]) else { continue };
            found.extend(inner.into_iter().take(1).map(|error| {
                let at = |offset: usize| (attribute.start + offset).min(text.len());
                (at(error.pos.start)..at(error.pos.end), error.kind)
            }));
        }
        if !hidden || found.len() == before {
            found.insert(before, (pos, kind));
        }
    }
    found.into_iter().map(|(span, kind)| told(source, text, span, &kind)).collect()
}

/// Whether the parser only says that no message begins here, because it gave up an attribute before.
fn hides(kind: &ErrorKind, text: &str, slice: &Range<usize>) -> bool {
    matches!(kind, ErrorKind::ExpectedMessageField { .. })
        || matches!(kind, ErrorKind::ExpectedCharRange { .. }) && text[slice.clone()].trim_start().starts_with('.')
}

/// The attributes in a part of the text, each from its name to the next one.
fn attributes<'t>(text: &'t str, slice: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'t> {
    let mut starts = Vec::new();
    let mut at = slice.start;
    for line in text[slice.clone()].split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if line[indent..].starts_with('.') {
            starts.push((at, at + indent + 1));
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|(line, _)| *line).chain([slice.end]).collect();
    starts.into_iter().zip(ends).map(|((_, name), end)| name..end)
}

fn told(source: &Arc<Source>, text: &str, span: Range<usize>, kind: &ErrorKind) -> Diagnostic {
    // These begin where their entry does.
    let whole = matches!(kind, ErrorKind::ExpectedMessageField { .. } | ErrorKind::ExpectedTermField { .. });
    let span = if whole { span } else { visible(text, span) };
    let fault =
        |what: &str| Diagnostic::new(&codes::words::SYNTAX, format!("not Fluent: {what}")).at(source, span.clone());
    match kind {
        ErrorKind::ExpectedToken('}') => {
            let open = open_brace(text, span.end);
            fault("a `{` is not closed")
                .at(source, open.map_or(span.clone(), |at| at..at + 1))
                .label("no `}` closes it")
                .help("an inserted name is written `{ $app }`; a select ends with a `}` of its own")
        }
        ErrorKind::ExpectedToken('=') => {
            let line = line_of(text, span.start);
            let name: String = text[line.clone()].chars().take(30).collect();
            fault(&format!("`{}` begins a message and has no `=`", name.trim_end()))
                .at(source, line)
                .help("a message is `name = text`; where a text goes on in a new line, that line is indented")
        }
        ErrorKind::ExpectedToken(' ') => fault("a comment has no space after `#`")
            .help("write `# comment`, or `## …` and `### …` for a group and the file"),
        ErrorKind::ExpectedToken(c) => fault(&format!("`{c}` is missing here")),
        ErrorKind::ExpectedCharRange { range } if range == "a-zA-Z" => fault("a name is expected here")
            .help("names begin with a letter from a to z; a text that goes on is indented"),
        ErrorKind::ExpectedCharRange { range } if range == "0-9" => fault("a number is expected here"),
        ErrorKind::ExpectedCharRange { .. } => fault("the first branch of a select begins in a new line"),
        ErrorKind::ExpectedMessageField { entry_id } => {
            let start = span.start;
            fault(&format!("the message `{entry_id}` has no text"))
                .at(source, start..start + entry_id.len())
                .help("write its text after `=`, or its attributes in the lines below, indented: `    .title = …`")
        }
        ErrorKind::ExpectedTermField { entry_id } => fault(&format!("the term `-{entry_id}` has no text")),
        ErrorKind::MissingDefaultVariant => {
            Diagnostic::new(&codes::words::NO_DEFAULT, "a select has no default branch")
                .at(source, span)
                .label("the branches end here")
                .help("mark the branch for all other cases with a star: `*[other]`, or `*[no]` for yes and no")
        }
        ErrorKind::MultipleDefaultVariants => {
            fault("a select has two default branches").help("only one branch has a star; it serves where no other fits")
        }
        ErrorKind::MissingValue => {
            fault("a text is missing after `=` or `]`").help("write the text, or delete the line")
        }
        ErrorKind::ForbiddenCallee => fault("a function is called by a name that is not in capitals"),
        ErrorKind::MessageReferenceAsSelector
        | ErrorKind::MessageAttributeAsSelector
        | ErrorKind::TermReferenceAsSelector
        | ErrorKind::ExpectedSimpleExpressionAsSelector => {
            fault("only a variable can choose between branches").help("write `{ $hasCar ->`")
        }
        ErrorKind::TermAttributeAsPlaceable => {
            fault("an attribute of a term cannot be inserted").help("insert the term itself: `{ -term }`")
        }
        ErrorKind::UnterminatedStringLiteral => fault("a `\"` inside braces is not closed"),
        ErrorKind::PositionalArgumentFollowsNamed | ErrorKind::DuplicatedNamedArgument(_) => {
            fault("the arguments are in the wrong order, or one stands twice")
        }
        ErrorKind::UnknownEscapeSequence(_) | ErrorKind::InvalidUnicodeEscapeSequence(_) => {
            fault("an escape that Fluent does not know").help("write the character itself")
        }
        ErrorKind::UnbalancedClosingBrace => {
            fault("a `}` closes nothing").help("delete it, or write the `{` that belongs to it")
        }
        ErrorKind::ExpectedInlineExpression => {
            fault("what stands in braces is none of `$variable`, `message`, `-term`")
                .help("names begin with a letter from a to z")
        }
        ErrorKind::ExpectedLiteral => fault("an argument is a number or a text in quotes"),
    }
}

/// The parser looks for what is missing across line ends; a person looks where the text ends.
fn visible(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let before = text[..start].trim_end();
    if text[before.len()..start].contains('\n') || start == text.len() {
        let last = before.chars().next_back().map_or(0, char::len_utf8);
        return before.len() - last..before.len();
    }
    start..text.ceil_char_boundary(span.end.clamp(start, text.len()))
}

/// The last brace before a place that is open there.
fn open_brace(text: &str, before: usize) -> Option<usize> {
    let mut closed = 0_usize;
    for (at, c) in text[..before.min(text.len())].char_indices().rev() {
        match c {
            '}' => closed += 1,
            '{' if closed == 0 => return Some(at),
            '{' => closed -= 1,
            _ => {}
        }
    }
    None
}

fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    start..text[start..].find('\n').map_or(text.len(), |length| start + length)
}

/// Where the parser would follow nested braces and brackets until the stack is used up.
fn too_deep(text: &str) -> Option<usize> {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if begins_message(line) {
            (braces, brackets) = (0, 0);
        }
        for (offset, c) in line.char_indices() {
            match c {
                '{' => braces += 1,
                '}' => braces = braces.saturating_sub(1),
                '(' => brackets += 1,
                ')' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            if braces > MAX_DEPTH || brackets > MAX_DEPTH {
                return Some(at + offset);
            }
        }
        at += line.len();
    }
    None
}

/// `name =` at the start of a line: wherever the parser is, it is at its end there.
pub(super) fn begins_message(line: &str) -> bool {
    let name = line.strip_prefix('-').unwrap_or(line);
    let rest = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.trim_start_matches(' ').starts_with('=')
}

/// The escapes whose digits end in a letter of more than one byte.
fn cut_escapes(text: &str) -> Vec<usize> {
    let digits = |at: usize| if text[at..].starts_with("\\u") { 4 } else { 6 };
    text.match_indices('\\')
        .map(|(at, _)| at)
        .filter(|at| text[at + 1..].starts_with(['u', 'U']))
        .filter(|at| {
            let mut rest = text[at + 2..].chars().take(digits(*at)).skip_while(char::is_ascii_hexdigit);
            rest.next().is_some_and(|c| !c.is_ascii())
        })
        .collect()
}
