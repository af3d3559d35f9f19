//! Where a push may be sent: endpoints come from events, so somebody else may have written them (OWASP: server-side request
//! forgery). A push service is known by name, speaks https on its usual port, and lives at a public address.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// What the resolver says of a name that it does not follow.
pub(super) const REFUSED: &str = "its name leads to an address that is not public";

/// The service that stands for every name.
const EVERY: &str = "*";

/// Which endpoints are push services.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// `push.example.com`, `*.example.com` for what is below it, `*` for every name.
    services: Vec<String>,
    /// `https://push.example.internal:8443`: vouched for by the operator, and not looked at further.
    trusted: BTreeSet<String>,
}

/// An endpoint that may be sent to.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: Url,
    /// Scheme, host and port: the audience of our signature.
    pub(super) origin: String,
    pub(super) warrant: Warrant,
}

/// Why an endpoint may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Warrant {
    /// The operator vouches for its origin, wherever its name leads.
    Trusted,
    /// The operator names the service.
    Named,
    /// Every name may be one: `*`.
    Any,
}

/// Why an endpoint is not sent to. It repeats no more of it than the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the subscription's endpoint is no URL")]
    NoUrl,
    #[error("the subscription's endpoint is not https")]
    NotHttps,
    #[error("the subscription's endpoint has a user name or password in it")]
    Credentials,
    #[error("the subscription's endpoint is at an IP address, where no push service is")]
    Literal,
    #[error("the subscription's endpoint is at port {0}; push services use 443")]
    Port(u16),
    #[error("`{0}` is not a push service that `webpush.services` names; add it there if it is one")]
    Unknown(String),
}

impl Guard {
    pub(super) fn new(services: &[String], trusted: &[String]) -> Self {
        let origin = |text: &String| Url::parse(text).map(|url| url.origin().ascii_serialization()).ok();
        Self {
            services: services.iter().map(|name| name.trim().to_ascii_lowercase()).collect(),
            trusted: trusted.iter().filter_map(origin).collect(),
        }
    }

    pub(super) fn admit(&self, endpoint: &str) -> Result<Endpoint, Refusal> {
        let url = Url::parse(endpoint).map_err(|_| Refusal::NoUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let origin = url.origin().ascii_serialization();
        let warrant = if self.trusted.contains(&origin) { Warrant::Trusted } else { self.check(&url)? };
        Ok(Endpoint { url, origin, warrant })
    }

    fn check(&self, url: &Url) -> Result<Warrant, Refusal> {
        if url.scheme() != "https" {
            return Err(Refusal::NotHttps);
        }
        // `url` has made an address of whatever can be read as one: `127.1`, `0x7f.1`, `2130706433`.
        let Some(Host::Domain(host)) = url.host() else { return Err(Refusal::Literal) };
        match url.port() {
            Some(port) if port != 443 => Err(Refusal::Port(port)),
            _ if self.services.iter().any(|service| service != EVERY && covers(service, host)) => Ok(Warrant::Named),
            _ if self.services.iter().any(|service| service == EVERY) => Ok(Warrant::Any),
            _ => Err(Refusal::Unknown(host.chars().take(100).collect())),
        }
    }

    /// A service that can be asked whether it is there. `None`: only patterns are named.
    pub(super) fn example(&self) -> Option<String> {
        let named = self.services.iter().find(|service| !service.contains('*'));
        self.trusted.first().cloned().or_else(|| named.map(|host| format!("https://{host}")))
    }

    /// Whether there are origins that are not looked at further.
    pub(super) fn trusts_some(&self) -> bool {
        !self.trusted.is_empty()
    }
}

/// Looks names up for the HTTP client of all that is not trusted, which then connects to what was checked and to nothing else.
/// `exempt`: the host of a proxy.
pub(super) fn resolver(exempt: Option<String>) -> Arc<dyn Resolve> {
    Arc::new(Resolver { exempt: exempt.map(Arc::from) })
}

fn covers(service: &str, host: &str) -> bool {
    match service.strip_prefix('*') {
        Some(rest) => rest.starts_with('.') && host.ends_with(rest) && host.len() > rest.len(),
        None => service == host,
    }
}

/// The system's resolver, and a look at what it says.
#[derive(Debug, Clone)]
struct Resolver {
    exempt: Option<Arc<str>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let exempt = self.exempt.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            // One address that is not public is one too many: which of them is dialled is not ours to say.
            if exempt.as_deref() != Some(host) && !found.iter().all(|address| is_public(address.ip())) {
                return Err(REFUSED.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the internet at large (IANA's registries of special-purpose addresses).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match a {
        // This network, private, loopback.
        0 | 10 | 127 => true,
        // Shared by a provider's customers (RFC 6598).
        100 => (64..128).contains(&b),
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Protocol assignments, documentation, 6to4 relays, private.
        192 => matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        // Benchmarks, documentation.
        198 => matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) == (0, 113),
        // Multicast, reserved, broadcast.
        _ => a >= 224,
    };
    !special
}

/// Only what is given out as global unicast, and of that nothing that wraps an address of IPv4 or is for documents.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // IPv4 behind NAT64 (RFC 6052): as public as what is wrapped.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Teredo, benchmarks, ORCHID and other protocol assignments; documentation; 6to4; documentation.
        [0x2001, second, ..] if second < 0x200 => false,
        [0x2001, 0xdb8, ..] | [0x2002 | 0x3fff, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let services = ["updates.push.example", "*.notify.example"].map(str::to_owned);
        Guard::new(&services, &["http://127.0.0.1:8090".to_owned()])
    }

    fn admitted(endpoint: &str) -> Result<String, Refusal> {
        guard().admit(endpoint).map(|endpoint| endpoint.origin)
    }

    #[test]
    fn a_push_service_is_known_by_name() {
        assert_eq!(
            admitted("https://updates.push.example/wpush/v2/abc").as_deref(),
            Ok("https://updates.push.example")
        );
        assert_eq!(admitted("https://UPDATES.push.example:443/x").as_deref(), Ok("https://updates.push.example"));
        assert_eq!(admitted("https://db5.notify.example/x").as_deref(), Ok("https://db5.notify.example"));
        for host in
            ["notify.example", "evilnotify.example", "updates.push.example.evil.example", "push.example", "localhost"]
        {
            assert_eq!(admitted(&format!("https://{host}/x")), Err(Refusal::Unknown(host.to_owned())));
        }
    }

    #[test]
    fn an_endpoint_is_https_on_its_port_at_a_name_and_without_credentials() {
        for (endpoint, refusal) in [
            ("", Refusal::NoUrl),
            ("updates.push.example/x", Refusal::NoUrl),
            ("http://updates.push.example/x", Refusal::NotHttps),
            ("file:///etc/passwd", Refusal::NotHttps),
            ("https://me:pw@updates.push.example/x", Refusal::Credentials),
            ("https://updates.push.example@evil.example/x", Refusal::Credentials),
            ("https://updates.push.example:8443/x", Refusal::Port(8443)),
            ("https://127.0.0.1/x", Refusal::Literal),
            ("https://127.1/x", Refusal::Literal),
            ("https://0x7f000001/x", Refusal::Literal),
            ("https://2130706433/x", Refusal::Literal),
            ("https://[::1]/x", Refusal::Literal),
            ("https://[::ffff:169.254.169.254]/x", Refusal::Literal),
            ("http://127.0.0.1:8091/x", Refusal::NotHttps),
        ] {
            assert_eq!(admitted(endpoint), Err(refusal), "{endpoint}");
        }
    }

    #[test]
    fn what_the_operator_vouches_for_is_sent_to_as_it_is() {
        assert_eq!(admitted("http://127.0.0.1:8090/x").as_deref(), Ok("http://127.0.0.1:8090"));
        assert_eq!(admitted("http://me@127.0.0.1:8090/x"), Err(Refusal::Credentials));
    }

    #[test]
    fn an_origin_that_is_trusted_vouches_for_no_other_of_its_host() {
        let services = ["push.example", "*"].map(str::to_owned);
        let guard = Guard::new(&services, &["https://push.internal:8443".to_owned()]);
        let warrant = |endpoint| guard.admit(endpoint).map(|endpoint| endpoint.warrant);
        for (endpoint, warranted) in [
            ("https://push.internal:8443/x", Ok(Warrant::Trusted)),
            ("https://push.internal/x", Ok(Warrant::Any)),
            ("https://push.internal:443/x", Ok(Warrant::Any)),
            ("http://push.internal:8443/x", Err(Refusal::NotHttps)),
            ("https://push.internal:8444/x", Err(Refusal::Port(8444))),
            ("https://push.example/x", Ok(Warrant::Named)),
            ("https://other.example/x", Ok(Warrant::Any)),
        ] {
            assert_eq!(warrant(endpoint), warranted, "{endpoint}");
        }
    }

    #[test]
    fn only_addresses_of_the_internet_at_large_are_public() {
        for ip in [
            "1.1.1.1",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:1.1.1.1",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_followed() {
        let resolve = |exempt: Option<&str>| {
            let resolver = resolver(exempt.map(str::to_owned));
            async move {
                resolver
                    .resolve("localhost".parse().unwrap())
                    .await
                    .map(Iterator::count)
                    .map_err(|error| error.to_string())
            }
        };
        assert_eq!(resolve(None).await, Err(REFUSED.to_owned()));
        assert!(resolve(Some("localhost")).await.is_ok_and(|addresses| addresses > 0));
    }
}
