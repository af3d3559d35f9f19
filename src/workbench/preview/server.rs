//! The workbench on localhost: pages by URL, and word to the browser when the content has changed.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::Stream;
use futures_util::stream;
use maud::html;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::catalog::{About, Catalog};
use crate::clock::Clock;
use crate::message::Email;
use crate::shutdown::Shutdown;
use crate::web;

use super::content::{Content, Library};
use super::findings::Count;
use super::sheet::Sheet;
use super::site::{Mode, Site, Spot};
use super::{Desk, SCRIPTS, STYLES, mail, pages};

/// Pages run their own scripts and show their own frames; nothing else is loaded, from anywhere.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                           connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The workbench, with the content it shows.
#[derive(Clone)]
pub struct Server {
    library: Library,
    content: Arc<watch::Sender<Arc<Content>>>,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
}

impl Server {
    /// Reads the content, which may be faulty: then the pages say so.
    pub fn open(library: Library, clock: Arc<dyn Clock>, shutdown: Shutdown) -> Self {
        let content = Arc::new(watch::Sender::new(Arc::new(library.glance())));
        Self { library, content, clock, shutdown }
    }

    /// Reads the content again and tells every browser that is looking.
    pub async fn reload(&self) {
        let (library, last) = (self.library.clone(), self.now());
        // Reading and proving takes milliseconds, which pages should not wait for.
        let read = tokio::task::spawn_blocking(move || library.reopen(&last)).await;
        match read {
            Ok(content) => drop(self.content.send_replace(Arc::new(content))),
            Err(fault) => tracing::error!(%fault, "the content could not be read again"),
        }
    }

    /// Looks at every message that the content makes, and tells the browsers if that finds more.
    pub async fn look_closer(&self) {
        let (library, last) = (self.library.clone(), self.now());
        let looked = tokio::task::spawn_blocking(move || library.look_closer(&last)).await;
        if let Ok(Some(content)) = looked {
            self.content.send_replace(Arc::new(content));
        }
    }

    /// Serves until a shutdown is requested.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let shutdown = self.shutdown.clone();
        let router = Router::new()
            .route("/", get(gallery))
            .route("/notices/{kind}/{code}", get(notice))
            .route("/mails/{kind}/{code}", get(framed))
            .route("/eml/{kind}/{code}", get(eml))
            .route("/assets/{name}", get(asset))
            .route("/changes", get(changes))
            .fallback(nowhere)
            .with_state(self);
        web::serve(listener, router, PAGE_POLICY, &shutdown).await
    }

    fn now(&self) -> Arc<Content> {
        Arc::clone(&self.content.borrow())
    }

    /// Runs `show` with all that a page is made of.
    fn with_desk<T>(&self, show: impl FnOnce(&Desk<'_>) -> T) -> T {
        let content = self.now();
        show(&Desk { apps: &self.library.apps, content: &content, site: &Site::Live, now: self.clock.now() })
    }

    /// The mail that a URL asks for.
    fn mail<T>(
        &self,
        (kind, code): &(String, String),
        spot: &Spot,
        show: impl FnOnce(&Email, &Sheet<'_>) -> T,
    ) -> Result<T, (StatusCode, String)> {
        self.with_desk(|desk| {
            let missing = || (StatusCode::NOT_FOUND, format!("there is no mail `{kind}/{code}`\n"));
            let catalog = desk.catalog().ok_or_else(missing)?;
            let about = about(catalog, kind, code).ok_or_else(missing)?;
            let sheet = Sheet::compose(desk, catalog, &about, spot).ok_or_else(missing)?;
            match sheet.email() {
                Some(email) => Ok(show(email, &sheet)),
                None => Err((
                    StatusCode::NOT_FOUND,
                    sheet.email.as_ref().err().map(ToString::to_string).unwrap_or_default(),
                )),
            }
        })
    }
}

fn about(catalog: &Catalog, kind: &str, code: &str) -> Option<About> {
    let folder = format!("{kind}/{code}");
    pages::abouts(catalog).into_iter().find(|about| about.folder == folder)
}

async fn gallery(State(server): State<Server>, Query(spot): Query<Spot>) -> Html<String> {
    server.with_desk(|desk| Html(pages::gallery(desk, &spot, &html! {})))
}

async fn notice(
    State(server): State<Server>,
    Path((kind, code)): Path<(String, String)>,
    Query(spot): Query<Spot>,
) -> (StatusCode, Html<String>) {
    server.with_desk(|desk| {
        if let Some(about) = desk.catalog().and_then(|catalog| about(catalog, &kind, &code)) {
            return (StatusCode::OK, Html(pages::notice(desk, &about, &spot)));
        }
        let why = format!("There is no message `{kind}/{code}`.");
        (StatusCode::NOT_FOUND, Html(pages::nothing(desk, &spot, "No such message", &why)))
    })
}

async fn framed(
    State(server): State<Server>,
    Path(folder): Path<(String, String)>,
    Query(spot): Query<Spot>,
) -> Result<Response, (StatusCode, String)> {
    let mode = Mode::named(spot.mode.as_deref());
    let html = server.mail(&folder, &spot, |email, _| mail::framed(email, mode))?;
    Ok(([(header::CONTENT_SECURITY_POLICY, web::MAIL_POLICY)], Html(html)).into_response())
}

async fn eml(
    State(server): State<Server>,
    Path(folder): Path<(String, String)>,
    Query(spot): Query<Spot>,
) -> Result<Response, (StatusCode, String)> {
    let name = format!("{}-{}", folder.0, folder.1);
    let (mime, locale) = server.mail(&folder, &spot, |email, _| (email.to_mime(), email.locale.clone()))?;
    let mime = mime.map_err(|fault| (StatusCode::INTERNAL_SERVER_ERROR, format!("{fault}\n")))?;
    // Folder and language are names of files that were read: letters, digits and hyphens.
    let attachment = format!("attachment; filename=\"{name}-{locale}.eml\"");
    let headers = [(header::CONTENT_TYPE, "message/rfc822".to_owned()), (header::CONTENT_DISPOSITION, attachment)];
    Ok((headers, mime.bytes).into_response())
}

async fn asset(Path(name): Path<String>) -> Result<Response, StatusCode> {
    for (all, kind) in [(STYLES, "text/css; charset=utf-8"), (SCRIPTS, "text/javascript; charset=utf-8")] {
        if let Some((_, text)) = all.iter().find(|(asset, _)| *asset == name) {
            return Ok(([(header::CONTENT_TYPE, kind)], *text).into_response());
        }
    }
    Err(StatusCode::NOT_FOUND)
}

async fn nowhere(State(server): State<Server>) -> (StatusCode, Html<String>) {
    server.with_desk(|desk| {
        (
            StatusCode::NOT_FOUND,
            Html(pages::nothing(desk, &Spot::default(), "No such page", "There is nothing at this address.")),
        )
    })
}

/// Says now, and after every change, which content is shown. It ends with the server.
async fn changes(State(server): State<Server>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (content, shutdown) = (server.content.subscribe(), server.shutdown);
    let events = stream::unfold((content, true), move |(mut content, first)| {
        let shutdown = shutdown.clone();
        async move {
            if !first {
                tokio::select! {
                    changed = content.changed() => changed.ok()?,
                    () = shutdown.requested() => return None,
                }
            }
            let event = told(&content.borrow_and_update());
            Some((Ok(event), (content, false)))
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn told(content: &Content) -> Event {
    let count = Count::of(content.findings.all()).tell();
    let state = serde_json::json!({ "generation": content.generation, "refused": content.refused, "findings": count });
    Event::default().data(state.to_string())
}
