//! The same pages as files: a gallery that opens without a server, for a pull request. The same content gives the same bytes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use maud::html;

use crate::catalog::{About, Catalog, Origin};
use crate::diagnostic::Diagnostics;
use crate::workbench::scenario;

use super::compare::Comparison;
use super::content::{Content, Library};
use super::past::Past;
use super::sheet::Sheet;
use super::site::{Mode, Site, Spot};
use super::{Desk, SCRIPTS, STYLES, mail, pages, sample_time};

/// Says that a folder holds a gallery, which may be written anew.
const MARK: &str = ".dashlight-gallery";
/// All that a gallery consists of.
const PARTS: [&str; 6] = ["assets", "changes", "gallery", "mails", "notices", "index.html"];

/// Why there is no gallery, or only a part of it.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{0}")]
    Content(Diagnostics),
    #[error("`{0}` holds other things than a gallery; name a new or an empty folder")]
    NotOurs(PathBuf),
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot compare with `{revision}`: {why}")]
    Compare { revision: String, why: String },
}

/// Writes every message: in all languages with everything known, and in each app's own language with all scenarios. What lay there of an
/// earlier gallery goes. `since`: also what differs from that git revision. Tells how many pages there are.
pub fn export(library: &Library, dir: &Path, since: Option<&str>) -> Result<usize, ExportError> {
    let content = library.open();
    let Some(catalog) = content.catalog.clone() else {
        return Err(ExportError::Content(Diagnostics(content.findings.all().cloned().collect())));
    };
    let comparison = since.map(|revision| compare(library, &content, revision)).transpose()?;
    let mut folder = Folder::prepare(dir)?;
    for (name, text) in STYLES.iter().chain(SCRIPTS) {
        folder.write(&format!("assets/{name}"), text)?;
    }
    for app in library.apps.values() {
        for locale in pages::locales(&catalog) {
            let spot = Spot { app: Some(app.id.clone()), locale: Some(locale.to_owned()), ..Spot::default() };
            folder.gallery(library, &content, &spot, comparison.as_ref())?;
            for about in pages::abouts(&catalog) {
                let own =
                    catalog.negotiate(None, &app.default_locale).chain.first().is_some_and(|own| **own == *locale);
                let scenarios = scenario::of(&about).into_iter().take(if own { usize::MAX } else { 1 });
                for scenario in scenarios {
                    let spot = Spot { scenario: Some(scenario.id.to_owned()), ..spot.clone() };
                    folder.notice(library, &content, &catalog, &about, &spot)?;
                }
            }
        }
    }
    if let Some(comparison) = &comparison {
        folder.changes(library, &content, comparison)?;
    }
    Ok(folder.pages)
}

fn compare(library: &Library, content: &Content, revision: &str) -> Result<Comparison, ExportError> {
    let fault = |why: String| ExportError::Compare { revision: revision.to_owned(), why };
    let Origin::Folders { templates, locales } = &library.origin else {
        return Err(fault("content that was built in has no history; name its folders".into()));
    };
    let past = Past::of(templates, locales, revision).map_err(fault)?;
    Ok(Comparison::with(&past, library, content))
}

/// The folder of a gallery while it is written.
struct Folder<'a> {
    dir: &'a Path,
    pages: usize,
}

impl<'a> Folder<'a> {
    fn prepare(dir: &'a Path) -> Result<Self, ExportError> {
        let fault = |source| ExportError::Write { path: dir.to_owned(), source };
        fs::create_dir_all(dir).map_err(fault)?;
        let empty = fs::read_dir(dir).map_err(fault)?.next().is_none();
        if !empty && !dir.join(MARK).exists() {
            return Err(ExportError::NotOurs(dir.to_owned()));
        }
        for part in PARTS.map(|part| dir.join(part)) {
            let gone = if part.is_dir() { fs::remove_dir_all(&part) } else { fs::remove_file(&part) };
            match gone {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(ExportError::Write { path: part, source });
                }
                _ => {}
            }
        }
        let folder = Self { dir, pages: 0 };
        folder.write(MARK, "")?;
        Ok(folder)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> Result<(), ExportError> {
        let path = self.dir.join(path);
        let write = |path: &Path| {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, text.as_ref())
        };
        write(&path).map_err(|source| ExportError::Write { path, source })
    }

    fn page(&mut self, path: &str, text: &str) -> Result<(), ExportError> {
        self.pages += 1;
        self.write(path, text)
    }

    fn gallery(
        &mut self,
        library: &Library,
        content: &Content,
        spot: &Spot,
        comparison: Option<&Comparison>,
    ) -> Result<(), ExportError> {
        let path = library.site("").gallery(spot);
        let site = library.site(up(&path));
        let desk = library.desk(content, &site);
        let further = comparison.map_or_else(|| html! {}, |comparison| pages::banner(&desk, comparison));
        self.page(&path, &pages::gallery(&desk, spot, &further))
    }

    fn changes(&mut self, library: &Library, content: &Content, comparison: &Comparison) -> Result<(), ExportError> {
        let root = library.site("");
        let site = library.site(up(&root.changes()));
        self.page(&root.changes(), &pages::changes(&library.desk(content, &site), comparison))?;
        for change in &comparison.changes {
            let (folder, locale) = (change.about.folder.as_str(), change.locale.as_str());
            let path = root.change(folder, locale);
            let site = library.site(up(&path));
            self.page(&path, &pages::change(&library.desk(content, &site), change, &comparison.revision))?;
            for (when, version) in [("before", &change.before), ("after", &change.after)] {
                let Some(Ok(email)) = version.as_ref().map(|version| &version.email) else { continue };
                for mode in Mode::ALL {
                    self.write(&root.version(folder, locale, when, mode), mail::framed(email, mode))?;
                }
            }
        }
        Ok(())
    }

    fn notice(
        &mut self,
        library: &Library,
        content: &Content,
        catalog: &Catalog,
        about: &About,
        spot: &Spot,
    ) -> Result<(), ExportError> {
        let root = library.site("");
        let path = root.notice(&about.folder, spot);
        let site = library.site(up(&path));
        let desk = library.desk(content, &site);
        self.page(&path, &pages::notice(&desk, about, spot))?;
        let Some(sheet) = Sheet::compose(&desk, catalog, about, spot) else { return Ok(()) };
        let Some(email) = sheet.email() else { return Ok(()) };
        for mode in Mode::ALL {
            self.write(&root.mail(&about.folder, spot, mode, 0), mail::framed(email, mode))?;
        }
        match email.to_mime() {
            Ok(mime) => self.write(&root.eml(&about.folder, spot), mime.bytes),
            Err(_) => Ok(()),
        }
    }
}

impl Library {
    fn site(&self, up: &'static str) -> Site {
        let first = self.apps.values().next();
        let app = first.map(|app| app.id.clone()).unwrap_or_default();
        Site::Files { up, app, locale: first.map(|app| app.default_locale.clone()).unwrap_or_default() }
    }

    fn desk<'a>(&'a self, content: &'a Content, site: &'a Site) -> Desk<'a> {
        Desk { apps: &self.apps, content, site, now: sample_time() }
    }
}

/// From a page to the folder of all.
fn up(path: &str) -> &'static str {
    const UP: &str = "../../../../";
    &UP[..3 * path.matches('/').count().min(4)]
}
