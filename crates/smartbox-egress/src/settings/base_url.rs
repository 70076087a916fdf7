//! Base URLs as people write them.

use reqwest::Url;

use crate::dialect::Dialect;

/// The vendor's own server.
pub(crate) const fn of_vendor(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Anthropic => "https://api.anthropic.com/v1",
        Dialect::OpenAi => "https://api.openai.com/v1",
    }
}

/// The URL to which `/messages` or `/chat/completions` is added.
///
/// Anthropic's clients are given a base without `/v1`, OpenAI's one with it; both spellings are taken for both.
/// A path that names a version elsewhere (`/v1beta/openai`, `/paas/v4`) is left as it is.
pub(super) fn api_root(dialect: Dialect, given: &str) -> Result<String, String> {
    let example = of_vendor(dialect);
    let url = Url::parse(given).map_err(|error| format!("is not a URL ({error}); an example: {example}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("must start with http:// or https://; an example: {example}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "must not hold a user or password; the key belongs into {}",
            dialect.key_setting()
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("must end after the path, without `?` or `#`; an example: {example}"));
    }
    let root = url.as_str().trim_end_matches('/');
    let has_version = url.path_segments().is_some_and(|mut segments| segments.any(is_version));
    Ok(if has_version { root.to_owned() } else { format!("{root}/v1") })
}

fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_taken_with_and_without_its_version() {
        for (given, root) in [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
            ("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1"),
            ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
            ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
            ("https://router.example/api/", "https://router.example/api/v1"),
            ("https://models.example/v1beta/openai", "https://models.example/v1beta/openai"),
            ("https://models.example/paas/v4", "https://models.example/paas/v4"),
        ] {
            for dialect in [Dialect::Anthropic, Dialect::OpenAi] {
                assert_eq!(api_root(dialect, given).as_deref(), Ok(root), "{given}");
            }
        }
    }

    #[test]
    fn what_is_no_base_is_refused_and_a_password_in_it_is_not_repeated() {
        for given in
            ["api.openai.com", "ftp://models.example", "https://models.example/?key=1", "https:///v1#x", ""]
        {
            assert!(api_root(Dialect::OpenAi, given).is_err(), "{given}");
        }
        let problem = api_root(Dialect::OpenAi, "https://me:hunter2@models.example/v1").unwrap_err();
        assert!(problem.contains("OPENAI_API_KEY") && !problem.contains("hunter2"), "{problem}");
    }
}
