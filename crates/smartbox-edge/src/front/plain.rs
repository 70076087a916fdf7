//! One form of a request's head, however it came: what follows knows HTTP/1.1 with a path.

use http::header::{COOKIE, HOST};
use http::request::Parts;
use http::{HeaderValue, Uri};

/// Makes `Host` of `:authority`, one `Cookie` of several, and a path of a whole address. The gate has seen that they agree.
pub(super) fn make(head: &mut Parts, host: &str) {
    if !head.headers.contains_key(HOST)
        && let Ok(host) = HeaderValue::try_from(host)
    {
        head.headers.insert(HOST, host);
    }
    // Browsers send each cookie in a line of its own over HTTP/2 (RFC 9113 §8.2.3).
    let cookies: Vec<_> = head.headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        head.headers.insert(COOKIE, joined);
    }
    if head.uri.authority().is_some()
        && let Some(path) = head.uri.path_and_query()
    {
        head.uri = Uri::from(path.clone());
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_request_of_http2_becomes_one_of_http1() {
        let request =
            Request::get("https://boxes.example/a?b=c").header("cookie", "a=1").header("cookie", "b=2");
        let mut head = request.body(()).unwrap().into_parts().0;
        make(&mut head, "boxes.example");
        assert_eq!(head.uri, "/a?b=c");
        assert_eq!(head.headers["host"], "boxes.example");
        assert_eq!(head.headers.get_all("cookie").iter().collect::<Vec<_>>(), ["a=1; b=2"]);
    }
}
