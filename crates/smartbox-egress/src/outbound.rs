//! Requests to addresses that orgs name, such as those of webhooks: to public ones, and to others only where the operator says so.
//!
//! A name is looked up once for a connection and the checked address is the one that is dialled, so a name that changes its mind in between
//! leads nowhere. Redirects are not followed, and of an answer nothing but its status is used.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::CONTENT_TYPE;
use smartbox_core::egress_policy::{AddressClass, Grant, may_dial};

use crate::proxy::{KernelAddresses, OwnAddresses as _, Resolve as _, SystemResolver};

/// How long a request may take, its answer included.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer is read, so that its connection can be used again. With more, it is closed.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Unused connections to one receiver, and how long they are kept.
const IDLE_CONNECTIONS_MAX: usize = 4;
/// See the one before.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// What it calls itself.
const USER_AGENT: &str = concat!("Smartbox/", env!("CARGO_PKG_VERSION"));

/// Sends requests to addresses that orgs name.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    inside: bool,
}

/// No address of a name may be dialled.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to no address that may be dialled")]
struct NoAddress;

impl Outbound {
    /// With `inside`, plain HTTP and addresses that are not public are allowed, this machine's own among them; the metadata services of
    /// clouds never.
    ///
    /// # Errors
    /// TLS cannot be used.
    pub fn new(inside: bool) -> reqwest::Result<Self> {
        let names = CheckedNames { resolver: Arc::default(), inside };
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Proxies of the environment are not ours to read: settings come from one place.
            .no_proxy()
            .user_agent(USER_AGENT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_TIME)
            .dns_resolver(Arc::new(names))
            .build()?;
        Ok(Self { client, inside })
    }

    /// Whether requests may go there, as far as that can be said without looking a name up.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &str) -> Result<(), String> {
        self.read(url).map(drop)
    }

    fn read(&self, url: &str) -> Result<Url, String> {
        let url = Url::parse(url).map_err(|_bad| "is not an address such as `https://example.com/hook`")?;
        match url.scheme() {
            "https" => {}
            "http" if self.inside => {}
            _ => return Err("must begin with `https://`".to_owned()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must have no user or password in it".to_owned());
        }
        if url.fragment().is_some() {
            return Err("must have no `#`".to_owned());
        }
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse() {
            Ok(address) => check_address(address, self.inside)
                .map_err(|class| format!("is {class}, where nothing is sent"))?,
            Err(_name) if host.is_empty() => return Err("names no host".to_owned()),
            Err(_name) => {}
        }
        Ok(url)
    }

    /// Sends JSON, and returns the status that was answered.
    ///
    /// # Errors
    /// Why nothing was. Names no address.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<u16, String> {
        // Again: which addresses are this machine's own may have changed.
        let url = self.read(url).map_err(|why| format!("the address {why}"))?;
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = request.send().await.map_err(|error| why(&error))?;
        let status = response.status().as_u16();
        let mut read = 0;
        while read <= ANSWER_BYTES_MAX {
            // The status counts, whatever becomes of the rest.
            let Ok(Some(piece)) = response.chunk().await else { break };
            read += piece.len();
        }
        Ok(status)
    }
}

/// Looks names up and keeps only addresses that may be dialled: what is checked is what is dialled.
#[derive(Debug)]
struct CheckedNames {
    resolver: Arc<SystemResolver>,
    inside: bool,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, inside) = (Arc::clone(&self.resolver), self.inside);
        Box::pin(async move {
            let found = resolver.resolve(name.as_str()).await?;
            let checked: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| check_address(*address, inside).is_ok())
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if checked.is_empty() {
                return Err(NoAddress.into());
            }
            let addresses: Addrs = Box::new(checked.into_iter());
            Ok(addresses)
        })
    }
}

fn check_address(address: IpAddr, inside: bool) -> Result<(), &'static str> {
    let class = AddressClass::of(address);
    if inside && matches!(class, AddressClass::Metadata | AddressClass::LinkLocal) {
        return Err(class.as_str());
    }
    may_dial(address, KernelAddresses.is_own(address), Grant { inside, own: inside })
}

/// Why a request had no answer, without an address.
fn why(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<NoAddress>() {
            return NoAddress.to_string();
        }
        cause = inner.source();
    }
    let words = match error {
        error if error.is_timeout() => "nobody answered in time",
        error if error.is_connect() => "no connection came about",
        _ => "the answer could not be read",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn addresses_inside_are_refused_in_every_spelling() {
        let outbound = Outbound::new(false).unwrap();
        for bad in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/",
            "http://example.com/",
            "ftp://example.com/",
            "https://user:secret@example.com/",
            "https://example.com/#x",
            "example.com",
            "https://",
            "",
        ] {
            assert!(outbound.check(bad).is_err(), "{bad}");
        }
        for good in
            ["https://example.com/hook?key=x", "https://1.1.1.1:8443/", "https://[2606:4700:4700::1111]/"]
        {
            assert_eq!(outbound.check(good), Ok(()), "{good}");
        }
        // It is refused when it is looked up, and the error names no address.
        let refused = outbound.post("https://localhost/hook?key=secret", &[], Vec::new()).await.unwrap_err();
        assert_eq!(refused, NoAddress.to_string());
    }

    #[tokio::test]
    async fn where_the_operator_allows_it_inside_is_reached_but_for_metadata() {
        let outbound = Outbound::new(true).unwrap();
        for good in ["http://127.0.0.1:9000/", "http://nas.lan/", "https://10.0.0.1/"] {
            assert_eq!(outbound.check(good), Ok(()), "{good}");
        }
        for bad in ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://100.100.100.200/"] {
            assert!(outbound.check(bad).is_err(), "{bad}");
        }
    }

    /// Answers each connection with a text, and gives what was asked.
    async fn serve(answer: String) -> (String, tokio::task::JoinSet<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/hook", listener.local_addr().unwrap().port());
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(async move {
            let mut asked = Vec::new();
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            let mut text = String::new();
            while !text.ends_with("{\"a\":1}") {
                let read = stream.read(&mut bytes).await.unwrap();
                text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
            asked.push(text);
            // A client that has seen enough closes.
            let _ = stream.write_all(answer.as_bytes()).await;
            asked
        });
        (url, serving)
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let (url, mut serving) =
            serve("HTTP/1.1 307 x\r\nlocation: http://localhost:1/\r\ncontent-length: 0\r\n\r\n".to_owned())
                .await;
        let headers = [("webhook-id", "evt_1".to_owned())];
        let status = Outbound::new(true).unwrap().post(&url, &headers, b"{\"a\":1}".to_vec()).await;
        assert_eq!(status, Ok(307));
        let asked = serving.join_next().await.unwrap().unwrap();
        assert!(asked[0].starts_with("POST /hook HTTP/1.1\r\n"), "{asked:?}");
        assert!(
            asked[0].contains("webhook-id: evt_1\r\n")
                && asked[0].contains("content-type: application/json\r\n")
        );
    }

    #[tokio::test]
    async fn an_endless_answer_is_read_to_its_bound() {
        let body = "x".repeat(8 * 1024 * 1024);
        let (url, _serving) =
            serve(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len() * 1000)).await;
        assert_eq!(Outbound::new(true).unwrap().post(&url, &[], b"{\"a\":1}".to_vec()).await, Ok(200));
    }
}
