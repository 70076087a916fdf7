//! `[secrets]`: where the keys come from that secrets are sealed with.

use secrecy::SecretString;

use super::parse::{Problems, Wrong, wrong};
use super::raw;

/// Most words of a command.
const WORDS_MAX: usize = 64;

/// Where the sealing keys come from.
#[derive(Clone, Debug, Default)]
pub(crate) enum SealingKeys {
    /// A file in the data directory, which is made at the first start.
    #[default]
    File,
    /// The settings themselves: from the environment.
    Given(SecretString),
    /// What a command prints: the door to somebody's key management.
    Command(Vec<String>),
}

/// Understands the texts. What is wrong is added to `problems`, without repeating a key.
pub(super) fn parse(raw: raw::Secrets, problems: &mut Problems) -> SealingKeys {
    let key = raw.key.filter(|text| !text.is_empty());
    let command = raw.key_command.filter(|text| !text.is_empty());
    match (key, command) {
        (None, None) => SealingKeys::File,
        (Some(key), None) => SealingKeys::Given(key.into()),
        (None, Some(command)) => SealingKeys::Command(problems.take("secrets.key_command", words(&command))),
        (Some(_), Some(_)) => {
            problems.say("`secrets.key` and `secrets.key_command` are both set; keep one of them");
            SealingKeys::File
        }
    }
}

/// A program and its arguments as a list of JSON: no shell reads it.
fn words(text: &str) -> Result<Vec<String>, Wrong<Vec<String>>> {
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(words) if (1..=WORDS_MAX).contains(&words.len()) && words[0].starts_with('/') => Ok(words),
        _ => Err(wrong(
            "must be a program with its whole path and its arguments, as a list: [\"/usr/local/bin/unwrap\", \"key-1\"]",
            Vec::new(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: Option<&str>, command: Option<&str>) -> Result<SealingKeys, String> {
        let mut problems = Problems::default();
        let raw = raw::Secrets { key: key.map(str::to_owned), key_command: command.map(str::to_owned) };
        let keys = parse(raw, &mut problems);
        problems.into_result(keys).map_err(|said| said.join("\n"))
    }

    #[test]
    fn keys_come_from_one_place_and_a_command_is_no_shell_line() {
        assert!(matches!(read(None, None), Ok(SealingKeys::File)));
        assert!(matches!(read(Some("AAAA"), Some("")), Ok(SealingKeys::Given(_))));
        let SealingKeys::Command(words) = read(None, Some(r#"["/bin/echo", "a b; c"]"#)).unwrap() else {
            panic!()
        };
        assert_eq!(words, ["/bin/echo", "a b; c"]);
        for bad in ["echo key", "[]", r#"["echo"]"#, "{}", r#"["/bin/echo", 1]"#] {
            assert!(read(None, Some(bad)).unwrap_err().contains("secrets.key_command"), "{bad}");
        }
        let both = read(Some("the-key"), Some(r#"["/bin/echo"]"#)).unwrap_err();
        assert!(both.contains("both set") && !both.contains("the-key"), "{both}");
    }
}
