//! What every page that this program serves on localhost has in common: who may ask, and what browsers are told.
//!
//! It knows HTTP and nothing of what is shown.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::shutdown::Shutdown;

/// For the HTML of a mail in a frame: it may be looked at, and links open elsewhere. Nothing in it runs.
pub const MAIL_POLICY: &str = "default-src 'none'; img-src 'self' data: https:; style-src 'unsafe-inline'; \
                               base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups";

/// What is being answered when a shutdown is requested gets this long.
const GRACE: Duration = Duration::from_secs(1);

/// Serves pages until a shutdown is requested. `policy`: the Content-Security-Policy of whatever brings none of its own.
pub async fn serve(
    listener: TcpListener,
    pages: Router,
    policy: &'static str,
    shutdown: &Shutdown,
) -> std::io::Result<()> {
    let reach = Reach::of(listener.local_addr()?);
    let guarded =
        pages.layer(middleware::from_fn(move |request: Request, next: Next| guard(reach, policy, request, next)));
    let asked = shutdown.clone();
    let served = axum::serve(listener, guarded).with_graceful_shutdown(async move { asked.requested().await });
    // Whoever began a question and never ends it, or never takes the answer, must not hold up the end.
    let late = async {
        shutdown.requested().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = served.into_future() => served,
        () = late => Ok(()),
    }
}

/// From where the pages can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// This machine.
    Loopback,
    /// Other machines too, because somebody told us to.
    Network,
}

impl Reach {
    fn of(address: SocketAddr) -> Self {
        if address.ip().is_loopback() { Self::Loopback } else { Self::Network }
    }

    /// A page of another site could make a *name* of its own resolve to this machine (DNS rebinding), but not a number.
    fn answers_to(self, host: &str) -> bool {
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        match (self, host.parse::<IpAddr>()) {
            (_, Err(_)) => host.eq_ignore_ascii_case("localhost"),
            (Self::Loopback, Ok(address)) => address.is_loopback(),
            (Self::Network, Ok(_)) => true,
        }
    }
}

async fn guard(reach: Reach, policy: &'static str, request: Request, next: Next) -> Response {
    if let Some(why) = refusal(reach, request.headers()) {
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let mut response = next.run(request).await;
    describe(response.headers_mut(), policy);
    response
}

/// A page of another site must not read these pages, nor make them do anything.
fn refusal(reach: Reach, headers: &HeaderMap) -> Option<&'static str> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    if !reach.answers_to(host) {
        return Some("this page answers to `localhost` and to addresses only, not to other names\n");
    }
    // Browsers leave it out where a person follows a link or types an address.
    let own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    text(header::ORIGIN).is_some_and(|origin| !own(origin)).then_some("this page does not answer to other sites\n")
}

fn describe(headers: &mut HeaderMap, policy: &'static str) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::routing::get;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_never_comes_does_not_hold_up_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut browser = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let asked = Arc::new(Notify::new());
        let heard = Arc::clone(&asked);
        let page = get(async move || {
            heard.notify_one();
            std::future::pending::<&'static str>().await
        });
        let (trigger, shutdown) = Shutdown::manual();
        let asking = async {
            browser.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            asked.notified().await;
            trigger.request();
        };
        let served = async { tokio::join!(serve(listener, Router::new().route("/", page), "", &shutdown), asking).0 };
        timeout(Duration::from_mins(1), served).await.expect("it ends").unwrap();
    }

    #[test]
    fn only_names_that_no_stranger_can_give_are_answered_to() {
        for (host, loopback, network) in [
            ("localhost:8080", true, true),
            ("LOCALHOST", true, true),
            ("127.0.0.1:8080", true, true),
            ("[::1]:8080", true, true),
            ("192.168.1.7:8080", false, true),
            ("[2001:db8::1]:80", false, true),
            ("evil.example", false, false),
            ("evil.example:8080", false, false),
            ("127.0.0.1.evil.example:8080", false, false),
            ("localhost.evil.example", false, false),
            ("", false, false),
        ] {
            assert_eq!(Reach::Loopback.answers_to(host), loopback, "{host}");
            assert_eq!(Reach::Network.answers_to(host), network, "{host}");
        }
    }
}
