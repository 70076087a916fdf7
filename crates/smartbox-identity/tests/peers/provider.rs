//! `oidc-provider` for Node.js, and the part of a person with a browser.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, Url};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::ChildStdout;

use crate::installed::installed;

/// Most pages and redirects of one sign-in; there are about eight.
const STEPS_MAX: usize = 20;

/// A running provider. It ends when its standard input does: with this value.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    child: Child,
    /// Held open: the library writes warnings to it, and must not die of them.
    _stdout: BufReader<ChildStdout>,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../smartbox-identity/tests/provider/provider.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .arg(installed("oidc-provider"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js is needed: apt-get install nodejs");
        let stdout = ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        let issuer = line.trim().to_owned();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider does not start: {issuer:?}");
        Self { issuer, child, _stdout: stdout }
    }

    /// Ends the provider, and waits until it has.
    pub(crate) fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A browser as far as it matters: cookies, redirects, forms.
pub(crate) struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { client, cookies: BTreeMap::new() }
    }

    /// Signs in as `login` and agrees to everything. The parameters that come back to `redirect_uri`.
    pub(crate) async fn sign_in(
        &mut self,
        url: &str,
        login: &str,
        redirect_uri: &str,
    ) -> BTreeMap<String, String> {
        let mut url = Url::parse(url).unwrap();
        let mut form = None;
        for _ in 0..STEPS_MAX {
            if url.as_str().starts_with(redirect_uri) {
                return url.query_pairs().into_owned().collect();
            }
            let response = self.send(&url, form.take()).await;
            if let Some(location) = response.headers().get(LOCATION) {
                url = url.join(location.to_str().unwrap()).unwrap();
                continue;
            }
            let page = response.text().await.unwrap();
            let (_, rest) = page.split_once("<form").unwrap_or_else(|| unreachable!("no form in: {page}"));
            url = url.join(attribute(rest, "action")).unwrap();
            form = Some(match attribute(rest, "value") {
                "login" => format!("prompt=login&login={login}&password=any"),
                prompt => format!("prompt={prompt}"),
            });
        }
        unreachable!("the sign-in does not end")
    }

    async fn send(&mut self, url: &Url, form: Option<String>) -> Response {
        let request = match form {
            None => self.client.get(url.clone()),
            Some(form) => {
                let post = self.client.post(url.clone()).body(form);
                post.header("content-type", "application/x-www-form-urlencoded")
            }
        };
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }
}

fn attribute<'a>(html: &'a str, name: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0
}
