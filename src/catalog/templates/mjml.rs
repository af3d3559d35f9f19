//! MJML → HTML, once, when content is loaded. The only module that knows mrml.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use mrml::prelude::parser::memory_loader::MemoryIncludeLoader;
use mrml::prelude::parser::{Error, Origin, ParserOptions};
use mrml::prelude::render::RenderOptions;

use crate::catalog::files::Tree;
use crate::catalog::markup;
use crate::diagnostic::{Diagnostic, Source, codes};

use super::{scan, structure};

/// Elements in elements, and parts in parts: the compiler would follow them until the stack is used up.
const MAX_ELEMENTS: usize = 200;
const MAX_INCLUDES: usize = 20;
/// Bytes of a mail with all its parts, each as often as it is included.
const MAX_WHOLE: usize = 2 * 1024 * 1024;

/// Compiles the files of one tree; parts are included by their path from the root of the templates.
#[derive(Debug)]
pub(super) struct Compiler<'a> {
    files: &'a Tree,
    parse: ParserOptions,
    render: RenderOptions,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(files: &'a Tree) -> Self {
        let parts = files.iter().filter(|(_, source)| super::has_extension(source, "mjml"));
        let parts: HashMap<String, String> = parts.map(|(path, source)| (path.clone(), source.text.clone())).collect();
        Self {
            files,
            parse: ParserOptions { include_loader: Box::new(MemoryIncludeLoader::from(parts)) },
            // What designers note for each other is not for owners, and mails load no fonts from elsewhere.
            render: RenderOptions { disable_comments: true, social_icon_origin: None, fonts: HashMap::new() },
        }
    }

    /// The file and all that it includes, in order. Includes that lead nowhere or in a circle are faults, because the
    /// compiler itself would follow a circle until the stack is used up.
    pub(super) fn sources(&self, path: &str, faults: &mut Vec<Diagnostic>) -> Vec<&'a Arc<Source>> {
        let mut found = Vec::new();
        self.follow(path, &mut Vec::new(), &mut found, faults);
        found
    }

    fn follow(
        &self,
        path: &str,
        above: &mut Vec<String>,
        found: &mut Vec<&'a Arc<Source>>,
        faults: &mut Vec<Diagnostic>,
    ) {
        let Some(source) = self.files.get(path).filter(|source| !found.contains(source)) else { return };
        found.push(source);
        if let Some(at) = too_deep(&source.text).or((above.len() > MAX_INCLUDES).then_some(0)) {
            return faults.push(
                Diagnostic::new(&codes::template::MJML, "MJML: elements are nested too deep").at(source, at..at),
            );
        }
        // The compiler knows only parts of MJML, and panics over some of the others.
        let tags = markup::tags(&source.text).filter(|tag| tag.is("mj-include"));
        for kind in tags.filter_map(|tag| tag.attribute("type")?.value.clone()) {
            if &source.text[kind.clone()] != "mjml" {
                let what = "MJML: only parts of MJML can be included";
                faults.push(Diagnostic::new(&codes::template::MJML, what).at(source, kind).help("leave `type` out"));
            }
        }
        above.push(path.to_owned());
        for (part, span) in scan::mjml_includes(&source.text) {
            if above.iter().any(|path| path == part) {
                faults.push(
                    Diagnostic::new(&codes::template::INCLUDE, format!("`{part}` includes itself")).at(source, span),
                );
            } else if self.files.contains_key(part) {
                self.follow(part, above, found, faults);
            } else {
                let fault =
                    Diagnostic::new(&codes::template::INCLUDE, format!("`{part}` is not there")).at(source, span);
                faults.push(fault.help("write the path from the root of the templates, such as `layout/head.mjml`"));
            }
        }
        above.pop();
    }

    /// The HTML, or `None` with the faults told. A part used by several notices is told once by whoever comes first.
    pub(super) fn compile(&self, path: &str, faults: &mut Vec<Diagnostic>) -> Option<String> {
        let source = self.files.get(path)?;
        let before = faults.len();
        self.sources(path, faults);
        let parts = scan::mjml_includes(&source.text).into_iter().filter_map(|(part, _)| self.files.get(part));
        let whole = parts.fold(source.text.len(), |bytes, part| bytes.saturating_add(part.text.len()));
        if whole > MAX_WHOLE {
            let what = "MJML: with all its parts the mail is larger than 2 MiB";
            faults.push(Diagnostic::new(&codes::template::MJML, what).at(source, 0..0));
        }
        if faults.len() > before {
            return None;
        }
        let parsed = mrml::parse_with_options(&source.text, &self.parse).map_err(|error| self.fault(source, &error));
        // The compiler knows that something is not closed, but not what.
        let parsed = parsed.map_err(|fault| {
            let sources = self.sources(path, &mut Vec::new());
            sources.into_iter().find_map(structure::fault).unwrap_or(fault)
        });
        let html = parsed.and_then(|parsed| {
            for warning in &parsed.warnings {
                let (source, span) = self.place(source, &warning.origin, warning.span.start..warning.span.end);
                faults
                    .push(Diagnostic::new(&codes::template::MJML, format!("MJML: {}", warning.kind)).at(source, span));
            }
            let failed = |error| {
                Diagnostic::new(&codes::template::MJML, format!("MJML: cannot be rendered: {error}")).at(source, 0..0)
            };
            parsed.element.render(&self.render).map_err(failed)
        });
        html.map_err(|fault| faults.push(fault)).ok()
    }

    fn fault(&self, root: &Arc<Source>, error: &Error) -> Diagnostic {
        let at = |what: &str, origin: &Origin, span: Range<usize>| {
            let (source, span) = self.place(root, origin, span);
            Diagnostic::new(&codes::template::MJML, format!("MJML: {what}")).at(source, span)
        };
        match error {
            Error::UnexpectedElement { origin, position } => {
                let fault = at("this element does not belong here", origin, position.start..position.end);
                if matches!(origin, Origin::Include { .. }) {
                    fault
                        .help("a part holds what stands in the place of its `<mj-include>`, and includes no other part")
                } else {
                    fault.help("https://documentation.mjml.io shows which element stands in which")
                }
            }
            Error::UnexpectedToken { origin, position } => {
                at("this does not belong here", origin, position.start..position.end)
                    .help("write `&lt;` for a `<`; put `{% … %}` outside text into `<mj-raw>`")
            }
            Error::MissingAttribute { name, origin, position } => {
                at(&format!("the attribute `{name}` is missing"), origin, position.start..position.end)
            }
            Error::InvalidAttribute { origin, position } => {
                at("this attribute cannot be read", origin, position.start..position.end)
            }
            Error::InvalidFormat { origin, position } => {
                at("this cannot be read", origin, position.start..position.end)
            }
            Error::EndOfStream { origin } => {
                let end = self.source(root, origin).text.trim_end().len();
                at("the file ends before all elements are closed", origin, end.saturating_sub(1)..end)
            }
            Error::ParserError { origin, source } => {
                let (row, column) = (source.pos().row, source.pos().col);
                let text = &self.source(root, origin).text;
                let column = (column as usize).saturating_sub(if row == 1 { wrap(origin) } else { 0 });
                let offset = offset_of(text, row as usize, column);
                at("this is not well-formed", origin, offset..offset + 1)
                    .help("write `&lt;` for a `<`, `&amp;` for a `&`")
            }
            Error::IncludeLoaderError { origin, position, .. } => {
                at("the included file is not there", origin, position.start..position.end)
            }
            Error::SizeLimit { .. } | Error::NoRootNode => {
                Diagnostic::new(&codes::template::MJML, "MJML: the file has no `<mjml>`").at(root, 0..0)
            }
        }
    }

    fn source<'s>(&'s self, root: &'s Arc<Source>, origin: &Origin) -> &'s Arc<Source> {
        match origin {
            Origin::Root => root,
            Origin::Include { path } => self.files.get(path).unwrap_or(root),
        }
    }

    fn place<'s>(
        &'s self,
        root: &'s Arc<Source>,
        origin: &Origin,
        span: Range<usize>,
    ) -> (&'s Arc<Source>, Range<usize>) {
        let source = self.source(root, origin);
        let start = source.text.floor_char_boundary(span.start);
        (source, start..source.text.ceil_char_boundary(span.end).max(start))
    }
}

/// What the compiler puts before an included part, and counts in the positions of the parser only.
fn wrap(origin: &Origin) -> usize {
    if matches!(origin, Origin::Include { .. }) { "<mrml-fragment>".len() } else { 0 }
}

/// Where elements are nested deeper than any mail needs. Elements that HTML leaves open count too; there are few.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, _) in text.match_indices('<') {
        let tag = &text[at + 1..];
        let tag = &tag[..tag.find(['<', '>']).unwrap_or(tag.len())];
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if tag.starts_with(|c: char| c.is_alphabetic()) && !tag.ends_with('/') {
            depth += 1;
        }
        if depth > MAX_ELEMENTS {
            return Some(at);
        }
    }
    None
}

/// The byte at a line and column, both counted from 1, the column in characters.
pub(super) fn offset_of(text: &str, row: usize, column: usize) -> usize {
    let line_start: usize = text.split_inclusive('\n').take(row.saturating_sub(1)).map(str::len).sum();
    let line = text[line_start..].lines().next().unwrap_or_default();
    line_start + line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(files: &[(&str, &str)]) -> Result<String, Vec<(String, String)>> {
        let source = |path: &str, text: &str| Arc::new(Source { path: path.into(), text: text.to_owned() });
        let files: Tree = files.iter().map(|(path, text)| ((*path).to_owned(), source(path, text))).collect();
        let mut faults = Vec::new();
        let html = Compiler::new(&files).compile("a/b/email.mjml", &mut faults);
        let told = faults.into_iter().map(|fault| {
            let place = fault.place.unwrap();
            let line = place.source.text[..place.span.start].matches('\n').count() + 1;
            (fault.message, format!("{}:{line}", place.source.path.display()))
        });
        let told: Vec<_> = told.collect();
        if told.is_empty() { Ok(html.unwrap()) } else { Err(told) }
    }

    const BODY: &str = "<mjml lang=\"{{ locale }}\" dir=\"{{ dir }}\"><mj-body>\n<mj-section><mj-column>PART</mj-column></mj-section>\n</mj-body></mjml>";

    #[test]
    fn placeholders_survive_and_designers_notes_do_not() {
        let part = "<!-- a note --><mj-text>{{ text.body }}</mj-text><mj-raw>{% if link and link.kind != \"x\" %}y{% endif %}</mj-raw>";
        let html = compile(&[("a/b/email.mjml", &BODY.replace("PART", part))]).unwrap();
        for kept in
            ["{{ text.body }}", "{% if link and link.kind != \"x\" %}", "lang=\"{{ locale }}\"", "dir=\"{{ dir }}\""]
        {
            assert!(html.contains(kept), "{kept}");
        }
        assert!(!html.contains("a note") && !html.contains("fonts.googleapis.com"));
    }

    #[test]
    fn a_fault_is_told_with_the_line_of_the_file_that_has_it() {
        let include = BODY.replace("PART", "<mj-include path=\"layout/x.mjml\" />");
        let part = |text: &'static str| compile(&[("a/b/email.mjml", &include), ("layout/x.mjml", text)]).unwrap_err();
        assert_eq!(part("<mj-text>a</mj-text>\n<mj-text>a < b</mj-text>")[0].1, "layout/x.mjml:2");
        assert_eq!(part("<mj-text>a</mj-text>\n\n<mj-body></mj-body>")[0].1, "layout/x.mjml:3");
        let open = compile(&[("a/b/email.mjml", "<mjml><mj-body>\n<mj-section>\n")]).unwrap_err();
        assert_eq!(open[0].1, "a/b/email.mjml:2");
        assert_eq!(compile(&[("a/b/email.mjml", "")]).unwrap_err().len(), 1);
    }

    #[test]
    fn elements_without_end_are_a_fault_and_no_crash() {
        let deep = format!("<mjml><mj-body>{}", "<mj-wrapper>".repeat(50_000));
        assert_eq!(compile(&[("a/b/email.mjml", &deep)]).unwrap_err()[0].0, "MJML: elements are nested too deep");
    }

    #[test]
    fn a_part_that_is_included_without_measure_is_a_fault() {
        let part = "<mj-text>x</mj-text>".repeat(20_000);
        let include = BODY.replace("PART", &"<mj-include path=\"layout/x.mjml\" />".repeat(20_000));
        let told = compile(&[("a/b/email.mjml", &include), ("layout/x.mjml", &part)]).unwrap_err();
        assert_eq!(told[0].0, "MJML: with all its parts the mail is larger than 2 MiB");
    }

    #[test]
    fn an_include_that_leads_nowhere_or_in_a_circle_is_a_fault() {
        let include = BODY.replace("PART", "<mj-include path=\"layout/x.mjml\" />");
        let missing = compile(&[("a/b/email.mjml", &include)]).unwrap_err();
        assert_eq!(missing, [("`layout/x.mjml` is not there".to_owned(), "a/b/email.mjml:2".to_owned())]);
        let circle = "<mj-include path=\"layout/y.mjml\" />";
        let back = "\n<mj-include path=\"layout/x.mjml\" />";
        let files = [("a/b/email.mjml", include.as_str()), ("layout/x.mjml", circle), ("layout/y.mjml", back)];
        assert_eq!(
            compile(&files).unwrap_err(),
            [("`layout/x.mjml` includes itself".to_owned(), "layout/y.mjml:2".to_owned())]
        );
    }
}
