//! Documents of issuers over HTTP: bounded in size and time, from the named address only.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Url};

use crate::ConfigError;

/// From the first packet to the end of the body.
const TIMEOUT: Duration = Duration::from_secs(5);
/// For the connection alone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Largest body that is read. Real key sets and discovery documents have less than 10 KiB.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Longest address of an issuer.
const URL_BYTES_MAX: usize = 2048;

/// Why a document could not be had. For the log: it names no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no answer: {0}")]
    Transport(String),
    #[error("status {0}")]
    Status(u16),
    #[error("the answer has more than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    #[error("{0}")]
    Content(String),
}

/// An answer with its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// The client for one issuer.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher(reqwest::Client);

impl Fetcher {
    pub(crate) fn new() -> Result<Self, ConfigError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // The keys are believed because of the address that was configured: nobody sends us elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Proxies of the environment are not ours to read: settings come from one place.
            .no_proxy()
            .pool_max_idle_per_host(1)
            .user_agent(concat!("smartbox/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ConfigError::Client)?;
        Ok(Self(client))
    }

    /// A document. Anything but success is an error.
    pub(crate) async fn get(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        let answer = read(self.0.get(url.clone())).await?;
        if answer.status == 200 { Ok(answer.body) } else { Err(FetchError::Status(answer.status)) }
    }

    /// Posts a form; `basic` is the value of `Authorization`.
    pub(crate) async fn post_form(
        &self,
        url: &Url,
        form: String,
        basic: Option<HeaderValue>,
    ) -> Result<Answer, FetchError> {
        let request = self.0.post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = match basic {
            Some(value) => request.header(reqwest::header::AUTHORIZATION, value),
            None => request,
        };
        read(request.body(form)).await
    }
}

async fn read(request: RequestBuilder) -> Result<Answer, FetchError> {
    let mut response = request.header(ACCEPT, "application/json").send().await.map_err(transport)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// The whole chain in one line: reqwest's own text says only that sending failed.
fn transport(error: reqwest::Error) -> FetchError {
    let mut text = String::new();
    let mut source: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    if text.is_empty() {
        text = error.without_url().to_string();
    }
    FetchError::Transport(text)
}

/// An address that keys may be fetched from: encrypted, or not leaving this machine. Whoever can change an answer on
/// its way could make keys for anybody.
pub(crate) fn trusted_url(what: &'static str, text: &str) -> Result<Url, ConfigError> {
    let refused = || ConfigError::Address { what, url: text.chars().take(200).collect() };
    if text.len() > URL_BYTES_MAX {
        return Err(refused());
    }
    let url = Url::parse(text).map_err(|_error| refused())?;
    if !url.username().is_empty() || url.password().is_some() {
        // Not repeated: there is a password in it.
        return Err(ConfigError::Address { what, url: "(has a password)".to_owned() });
    }
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_local =
        bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_trusted = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    if is_trusted && !host.is_empty() { Ok(url) } else { Err(refused()) }
}
