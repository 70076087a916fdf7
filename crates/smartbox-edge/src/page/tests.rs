use http::Request;

use super::*;

#[test]
fn values_are_filled_in_once_and_escaped() {
    assert_eq!(fill("<{{a}}|{{b}}|{{unknown}}>", &[("a", "{{b}}"), ("b", "2")]), "<{{b}}|2|>");
    assert_eq!(escape(r#"<a href="x">&'"#), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    assert_eq!(with_code("run `a<b` now"), "run <code>a&lt;b</code> now");
}

#[test]
fn only_a_browser_that_opens_a_page_navigates() {
    let navigates = |method: &str, headers: &[(&str, &str)]| {
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        is_navigation(&request.body(()).unwrap().into_parts().0)
    };
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    assert!(navigates("GET", &[html]));
    assert!(navigates("GET", &[html, ("sec-fetch-mode", "navigate")]));
    assert!(!navigates("GET", &[html, ("sec-fetch-mode", "cors")]));
    assert!(!navigates("GET", &[("accept", "*/*")]));
    assert!(!navigates("GET", &[]));
    assert!(!navigates("POST", &[html]));
    assert!(!navigates("GET", &[html, ("connection", "upgrade"), ("upgrade", "websocket")]));
}

#[test]
fn every_place_of_the_pages_is_filled() {
    let problem = Problem::new(StatusCode::NOT_FOUND, "box-not-found", "None").remedy("`x`");
    for template in [MESSAGE_HTML, LOADING_HTML] {
        assert!(!template.replace("{{", "").is_empty());
    }
    assert_eq!(message(&problem, "req-1").status(), StatusCode::NOT_FOUND);
}
