//! The layout of messages: MJML compiled to HTML, Tera rendered for each message. The only module that knows Tera.
//!
//! Tera escapes by the name of the root template: mails are rendered as `email.html`, all else as `….txt`.

mod bounds;
mod faults;
mod lint;
mod mjml;
mod names;
mod scan;
mod structure;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use tera::{Context, Tera};

use crate::diagnostic::{Diagnostic, Place, Source, codes};

use super::files::Tree;
use super::view::View;
use super::words::Needs;

pub(super) use lint::{Asked, lint};

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
    /// Other cars of the owner.
    others: bool,
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
        bounds::limit(&mut templates.tera);
        if let Err(error) = templates.tera.add_raw_templates(&texts) {
            templates.tell_syntax(files, &texts, &error, faults);
        }
        if faults.len() == before {
            templates.check_bounds(&texts, faults);
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

    /// Whether a template names other cars of the owner, when the message is about several.
    pub(super) fn lists_others(&self, name: &str) -> bool {
        self.mentioned.get(name).is_some_and(|mentioned| mentioned.others)
    }

    /// Whether a file of a notice is there, under whatever name it is rendered.
    pub(super) fn has(&self, file: &str) -> bool {
        self.sources.contains_key(&html_name(file))
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

    /// Where a piece of a block stands.
    fn place_in_block(&self, name: &str, snippet: &str) -> Option<Place> {
        let find = |source: &Arc<Source>| {
            let text = &source.text;
            scan::blocks(text).find_map(|block| Some(block.start + text[block].find(snippet)?))
        };
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

    fn mentioned_by(&self, name: &str, text: &str) -> Mentioned {
        let mut found = Mentioned::default();
        let parts = self.sources.get(name).map(Vec::as_slice).unwrap_or_default();
        let parts = parts.iter().filter(|part| !is_mjml(part)).map(|part| part.text.as_str());
        for mention in parts.chain([text]).flat_map(scan::mentions) {
            let names = match mention.root {
                "text" => &mut found.needs.text,
                "common" => &mut found.needs.common,
                "others" => {
                    found.others = true;
                    continue;
                }
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
