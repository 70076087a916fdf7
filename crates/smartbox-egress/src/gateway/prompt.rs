//! The beginning of what was said, without what looks like a secret: for orgs that want it in their list of calls.

/// Most characters that are kept.
const CHARS_MAX: usize = 500;
/// What stands in the place of something that is left out.
const REDACTED: &str = "[redacted]";
/// Beginnings of well-known secrets.
const PREFIXES: [&str; 14] = [
    "sk-",
    "sbx_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "-----BEGIN",
];
/// Words after which a secret follows.
const ANNOUNCING: [&str; 7] = ["bearer", "password", "passwd", "passwort", "secret", "token", "api_key"];
/// A word of at least so many characters, of both letters and digits, is taken for a key.
const KEY_CHARS_MIN: usize = 24;

/// What may be kept of a text.
pub(super) fn redacted(text: &str) -> String {
    let begun: String = text.chars().take(CHARS_MAX).collect();
    let mut announced = false;
    let mut kept = String::with_capacity(begun.len());
    for word in begun.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let space = &word[bare.len()..];
        if bare.is_empty() {
            kept.push_str(space);
            continue;
        }
        // `KEY=value`, `"key": "value"`: the value is looked at by itself.
        let (name, value) = bare.split_once(['=', ':']).map_or(("", bare), |(name, value)| (name, value));
        let is_named = announces(name);
        if (announced || is_named) && !value.is_empty() || is_secret(value) || is_secret(bare) {
            kept.push_str(REDACTED);
        } else {
            kept.push_str(bare);
        }
        kept.push_str(space);
        announced = announces(bare) || (is_named && value.is_empty());
    }
    kept
}

fn letters(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
}

fn announces(word: &str) -> bool {
    let word = letters(word).to_ascii_lowercase();
    ANNOUNCING.iter().any(|name| word.ends_with(name)) || word.ends_with("_key") || word.ends_with("apikey")
}

fn is_secret(word: &str) -> bool {
    // The user and password of a URL.
    let has_userinfo = word.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '-');
    let is_known = PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    let is_key_like = word.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').any(|part| {
        part.len() >= KEY_CHARS_MIN
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    });
    has_userinfo || is_known || is_key_like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_left_out_and_the_rest_stays() {
        for (said, kept) in [
            ("use sk-ant-api03-x now", "use [redacted] now"),
            ("my password is short", "my password [redacted] short"),
            ("PASSWORD=hunter2 ok", "[redacted] ok"),
            ("token: abc\nnext", "token: [redacted]\nnext"),
            ("{\"api_key\":\"abc\"} x", "[redacted] x"),
            ("Authorization: Bearer abc", "Authorization: Bearer [redacted]"),
            ("see https://me:pw@host/x", "see [redacted]"),
            ("key 0123456789abcdef0123456789abcdef", "key [redacted]"),
            ("plain words, 12 apples: fine", "plain words, 12 apples: fine"),
        ] {
            assert_eq!(redacted(said), kept);
        }
        assert_eq!(redacted(&"é".repeat(2_000)).chars().count(), CHARS_MAX);
    }
}
