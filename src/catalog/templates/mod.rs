//! The layout of messages: MJML compiled to HTML, Tera rendered for each message. The only module that knows Tera.
//!
//! Tera escapes by the name of the root template: mails are rendered as `email.html`, all else as `….txt`.

mod lint;
mod mjml;
mod scan;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use tera::{Context, ErrorKind, Tera};

use crate::diagnostic::{Diagnostic, Place, Source, codes};

use super::files::Tree;
use super::view::{self, View};
use super::words::Needs;

pub(super) use lint::lint;

/// Bytes that one template may write: loops of a template have no other end.
const MAX_OUTPUT: usize = 512 * 1024;

/// All templates, ready to render.
#[derive(Debug, Default)]
pub(super) struct Templates {
    tera: Tera,
    mentioned: HashMap<String, Mentioned>,
    /// For each template its own file and those it includes: where a fault is looked for.
    sources: HashMap<String, Vec<Arc<Source>>>,
}

/// The words that a template and its parts mention.
#[derive(Debug, Default)]
struct Mentioned {
    needs: Needs,
    /// `text.otherwise_stop`.
    tested: BTreeSet<String>,
}

/// A context, ready for any number of templates.
#[derive(Debug)]
pub(super) struct Prepared(Context);

impl Prepared {
    pub(super) fn new(view: &View<'_>) -> Result<Self, Unrendered> {
        Context::from_serialize(view).map(Self).map_err(|error| {
            Unrendered(Box::new(Diagnostic::new(
                &codes::template::FAILED,
                format!("the context cannot be built: {error}"),
            )))
        })
    }
}

/// A template that could not be rendered. For people who edit templates; it holds no values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct Unrendered(pub(super) Box<Diagnostic>);

impl Templates {
    /// Compiles and parses everything. `mails` are the MJML files that are whole mails; they are rendered under the
    /// same name ending in `.html`.
    pub(super) fn load(files: &Tree, mails: &[String], faults: &mut Vec<Diagnostic>) -> Self {
        let before = faults.len();
        let compiler = mjml::Compiler::new(files);
        let mut templates = Self::default();
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for (path, source) in
            files.iter().filter(|(_, source)| ["txt", "html"].iter().any(|extension| has_extension(source, extension)))
        {
            texts.insert(path.clone(), source.text.clone());
            templates.sources.insert(path.clone(), included(files, path));
        }
        for path in mails {
            let name = html_name(path);
            if let Some(html) = compiler.compile(path, faults) {
                // What is compiled may include Tera's own parts too.
                let parts = compiler.sources(path, faults).into_iter().map(Arc::clone);
                templates.sources.insert(name.clone(), parts.collect());
                texts.insert(name, html);
            }
        }
        if let Err(error) = templates.tera.add_raw_templates(&texts) {
            templates.tell_syntax(&texts, &error, faults);
        }
        if faults.len() == before {
            for (name, text) in &texts {
                templates.check_names(name, faults);
                let mentioned = templates.mentioned_by(name, text);
                templates.mentioned.insert(name.clone(), mentioned);
            }
        }
        templates
    }

    /// The words that a template cannot do without: all that it mentions, but for those that are tested for being
    /// defined and that the reference language does not have.
    pub(super) fn needs(&self, name: &str, known: &Needs) -> Needs {
        let Some(mentioned) = self.mentioned.get(name) else { return Needs::default() };
        let needed = |root: &str, names: &BTreeSet<String>, known: &BTreeSet<String>| {
            let tested = |name: &String| mentioned.tested.contains(&format!("{root}.{name}"));
            names.iter().filter(|name| known.contains(*name) || !tested(name)).cloned().collect()
        };
        Needs {
            text: needed("text", &mentioned.needs.text, &known.text),
            common: needed("common", &mentioned.needs.common, &known.common),
        }
    }

    /// Where a template or one of its parts mentions `text.title`.
    pub(super) fn mention(&self, name: &str, root: &str, child: &str) -> Option<(&Arc<Source>, Range<usize>)> {
        self.sources.get(name)?.iter().find_map(|source| {
            let mut mentions = scan::mentions(&source.text).into_iter();
            let mention = mentions.find(|mention| mention.root == root && mention.child == Some(child))?;
            Some((source, mention.span))
        })
    }

    /// Where a template or one of its parts holds a piece of text outside of Tera's blocks; its own file as a whole when none
    /// does.
    pub(super) fn place(&self, name: &str, snippet: &str) -> Option<Place> {
        let find = |source: &Arc<Source>| scan::masked(&source.text).find(snippet);
        self.find(name, snippet, find)
    }

    fn find(&self, name: &str, snippet: &str, find: impl Fn(&Arc<Source>) -> Option<usize>) -> Option<Place> {
        let sources = self.sources.get(name)?;
        let holds = |source: &Arc<Source>| Some((Arc::clone(source), find(source)?));
        let found = sources.iter().filter(|_| !snippet.trim().is_empty()).find_map(holds);
        let (source, at, length) = match found {
            Some((source, at)) => (source, at, snippet.len()),
            None => (Arc::clone(sources.first()?), 0, 0),
        };
        Some(Place { source, span: at..at + length, label: None })
    }

    pub(super) fn render(&self, name: &str, context: &Prepared) -> Result<String, Unrendered> {
        let mut output = Capped(Vec::with_capacity(16 * 1024));
        self.tera.render_to(name, &context.0, &mut output).map_err(|error| {
            let full = output.0.len() >= MAX_OUTPUT;
            let fault = self.fault(name, &error);
            Unrendered(Box::new(if full { fault.help("the template writes more than 512 KiB") } else { fault }))
        })?;
        // Tera writes whole strings only; what it writes is UTF-8.
        Ok(String::from_utf8(output.0).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// One template's faults do not hide another's: each is parsed alone; what then remains concerns several.
    fn tell_syntax(&self, texts: &BTreeMap<String, String>, whole: &tera::Error, faults: &mut Vec<Diagnostic>) {
        let before = faults.len();
        let mut told: Vec<Diagnostic> = Vec::new();
        for (name, text) in texts {
            let Err(error) = Tera::default().add_raw_template(name, text) else { continue };
            if matches!(error.kind(), ErrorKind::SyntaxError(_)) {
                told.push(self.fault(name, &error));
            }
        }
        if told.is_empty() {
            told = match whole.kind() {
                ErrorKind::Msg(reports) => reports.split("\n\n").map(|report| self.reported(report)).collect(),
                _ => vec![self.fault("", whole)],
            };
        }
        for fault in told {
            // A part that several mails include has its fault once.
            if !faults[before..].contains(&fault) {
                faults.push(fault);
            }
        }
    }

    /// Tera tells some faults as text only: `error: what`, then `--> name:line:column`.
    fn reported(&self, report: &str) -> Diagnostic {
        let mut lines = report.lines();
        let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
        let place = lines.next().and_then(|line| line.split_once("--> ")).map(|(_, place)| place);
        let mut parts = place.unwrap_or_default().rsplitn(3, ':');
        let (column, row) = (parts.next(), parts.next());
        let fault = Diagnostic::new(&codes::template::SYNTAX, format!("template: {}", sentence(message)));
        let numbers = (row.and_then(|row| row.parse().ok()), column.and_then(|column| column.parse().ok()));
        let (Some(name), (Some(row), Some(column))) = (parts.next(), numbers) else { return fault };
        let Ok(text) = self.tera_text(name, report) else { return fault };
        match text {
            Found::File(source) => {
                let at = mjml::offset_of(&source.text, row, column);
                fault.at(&source, at..at + 1)
            }
            Found::Compiled(snippet) => self.search(name, fault, &snippet),
        }
    }

    /// What stands at the place of a report: in a file itself, or the marked words of compiled HTML.
    fn tera_text(&self, name: &str, report: &str) -> Result<Found, ()> {
        let own = self.sources.get(name).and_then(|sources| sources.first()).ok_or(())?;
        if !is_mjml(own) {
            return Ok(Found::File(Arc::clone(own)));
        }
        let mut lines = report.lines().skip(3);
        let (code, marks) = (lines.next().ok_or(())?, lines.next().ok_or(())?);
        let start = marks.find('^').ok_or(())?;
        let length = marks.matches('^').count();
        Ok(Found::Compiled(code.chars().skip(start).take(length).collect()))
    }

    /// A fault with its place in the file that a person edits. Compiled HTML is nobody's file, so what stands at the
    /// fault is looked for in the MJML that it came from.
    fn fault(&self, name: &str, error: &tera::Error) -> Diagnostic {
        let (code, report) = match error.kind() {
            ErrorKind::SyntaxError(report) => (&codes::template::SYNTAX, Some(report)),
            ErrorKind::RenderingError(report) => (&codes::template::FAILED, Some(report)),
            _ => (&codes::template::FAILED, None),
        };
        let Some(report) = report else {
            let text = error.to_string();
            return Diagnostic::new(
                &codes::template::FAILED,
                format!("template `{name}`: {}", sentence(text.lines().next().unwrap_or_default())),
            );
        };
        let fault = Diagnostic::new(code, format!("template: {}", sentence(report.message())));
        let file = if report.filename().is_empty() { name } else { report.filename() };
        let Some(own) = self.sources.get(file).and_then(|sources| sources.first()) else { return fault };
        let span = report.span().range.clone();
        if !is_mjml(own) {
            return fault.at(own, span);
        }
        let text = error.to_string();
        match self.tera_text(file, &text) {
            Ok(Found::Compiled(snippet)) => self.search(file, fault, &snippet),
            _ => fault.at(own, 0..0),
        }
    }

    fn search(&self, name: &str, fault: Diagnostic, snippet: &str) -> Diagnostic {
        Diagnostic { place: self.find(name, snippet, |source| source.text.find(snippet)), ..fault }
    }

    /// `{% if nope %}` is silently false at run time, so unknown names are faults now.
    fn check_names(&self, name: &str, faults: &mut Vec<Diagnostic>) {
        let used = self.tera.get_template_variables(name).unwrap_or_default();
        let unknown: BTreeSet<&str> = used.into_iter().filter(|used| !view::NAMES.contains(used)).collect();
        for unknown in unknown {
            let sources = self.sources.get(name).map(Vec::as_slice).unwrap_or_default();
            let place = sources.iter().find_map(|source| {
                let mention = scan::mentions(&source.text).into_iter().find(|mention| mention.root == unknown)?;
                Some((source, mention.span.start..mention.span.start + unknown.len()))
            });
            let fault = Diagnostic::new(&codes::template::UNKNOWN_NAME, format!("template: nobody knows `{unknown}`"))
                .help(super::notice::suggestion(unknown, &view::NAMES));
            let fault = match place {
                Some((source, span)) => Diagnostic { help: fault.help.clone(), ..fault }.at(source, span),
                None => fault,
            };
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }

    fn mentioned_by(&self, name: &str, text: &str) -> Mentioned {
        let mut found = Mentioned::default();
        let parts = self.sources.get(name).map(Vec::as_slice).unwrap_or_default();
        let parts = parts.iter().filter(|part| !is_mjml(part)).map(|part| part.text.as_str());
        for mention in parts.chain([text]).flat_map(scan::mentions) {
            let names = match mention.root {
                "text" => &mut found.needs.text,
                "common" => &mut found.needs.common,
                _ => continue,
            };
            let Some(word) = mention.child else { continue };
            names.insert(word.to_owned());
            if mention.tested {
                found.tested.insert(format!("{}.{word}", mention.root));
            }
        }
        found
    }
}

/// Where a report points.
enum Found {
    File(Arc<Source>),
    Compiled(String),
}

/// `a/b/email.mjml` is rendered as `a/b/email.html`; all else under its own name.
pub(super) fn html_name(path: &str) -> String {
    path.strip_suffix(".mjml").map_or_else(|| path.to_owned(), |stem| format!("{stem}.html"))
}

fn is_mjml(source: &Source) -> bool {
    has_extension(source, "mjml")
}

fn has_extension(source: &Source, extension: &str) -> bool {
    source.path.extension().is_some_and(|found| found == extension)
}

/// Our messages begin in lower case and end without a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.trim().trim_end_matches('.').chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A template and what it includes, however deep.
fn included(files: &Tree, path: &str) -> Vec<Arc<Source>> {
    let mut found: Vec<Arc<Source>> = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Some(source) = files.get(&path).filter(|source| !found.contains(source)) else { continue };
        open.extend(scan::includes(&source.text).into_iter().map(|(path, _)| path.to_owned()));
        found.push(Arc::clone(source));
    }
    found
}

/// A buffer that refuses to grow without end.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            self.0.resize(MAX_OUTPUT, 0);
            return Err(io::Error::other("the output is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
