//! Serving the gateway's Control UI under a path.
//!
//! The gateway knows nothing of the path: whoever relays requests removes the prefix. The UI learns its base from
//! one attribute of its document, which the gateway leaves empty; stamped with the prefix, everything else that the
//! UI loads (chunks, WebSocket, configuration, avatars, media) follows. Inline scripts are not touched, so the
//! hashes in the gateway's `Content-Security-Policy` stay valid.

/// How the document of a gateway without a base path says so (OpenClaw `serveResolvedIndexHtml`).
const ROOT_MARK: &str = r#" data-openclaw-control-ui-base-path="""#;

/// Rewrites the Control UI's document for a prefix such as `/b/home`.
///
/// `None` if `page` is not the document of a Control UI at the root, or if `prefix` is not a plain path.
pub fn mount(page: &str, prefix: &str) -> Option<String> {
    if !page.contains(ROOT_MARK) || !is_plain_path(prefix) {
        return None;
    }
    let stamp = format!(r#" data-openclaw-control-ui-base-path="{prefix}""#);
    let mounted = page
        .replacen(ROOT_MARK, &stamp, 1)
        .replace(r#" href="/"#, &format!(r#" href="{prefix}/"#))
        .replace(r#" src="/"#, &format!(r#" src="{prefix}/"#));
    Some(mounted)
}

/// Absolute, without a trailing slash, and of characters that mean nothing in HTML or in a URL.
fn is_plain_path(prefix: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.');
    prefix.starts_with('/') && !prefix.ends_with('/') && !prefix.contains("//") && prefix.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(
        r#"<!doctype html><html data-openclaw-control-ui-base-path="" lang="en"><head>"#,
        r#"<link rel="icon" href="/favicon.svg?v=1"><script type="module" src="/assets/index.js"></script>"#,
        r#"<script>var base = "/themes/";</script></head><body><a href="https://docs.example/">docs</a></body></html>"#,
    );

    #[test]
    fn the_document_learns_its_base_and_loads_from_there() {
        let mounted = mount(PAGE, "/b/home").unwrap();
        assert!(mounted.contains(r#"<html data-openclaw-control-ui-base-path="/b/home" lang="en">"#));
        assert!(mounted.contains(r#"href="/b/home/favicon.svg?v=1""#));
        assert!(mounted.contains(r#"src="/b/home/assets/index.js""#));
    }

    #[test]
    fn inline_scripts_and_links_elsewhere_stay_as_they_are() {
        let mounted = mount(PAGE, "/b/home").unwrap();
        assert!(mounted.contains(r#"<script>var base = "/themes/";</script>"#));
        assert!(mounted.contains(r#"<a href="https://docs.example/">"#));
    }

    #[test]
    fn other_pages_and_odd_prefixes_are_left_alone() {
        assert_eq!(mount("<html><a href=\"/x\"></a></html>", "/b/home"), None);
        for prefix in
            ["", "/", "b/home", "/b/home/", "//evil.example", r#"/b/"onload="x"#, "/b/<x>", "/b/%2e"]
        {
            assert_eq!(mount(PAGE, prefix), None, "{prefix}");
        }
    }
}
