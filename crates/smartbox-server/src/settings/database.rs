//! `[database]`: where the platform keeps what it must not forget.

use secrecy::SecretString;
use smartbox_store::check_address;

use super::parse::{Problems, Wrong, wrong};
use super::raw;

/// Connections that read from a server.
const READERS: u32 = 8;
/// The most: each is a process of the server.
const READERS_MAX: u32 = 64;

/// Which database.
#[derive(Clone, Debug, Default)]
pub(crate) enum DatabaseSettings {
    /// A file in the data directory.
    #[default]
    File,
    /// One on a PostgreSQL server.
    Server {
        /// Its address, with a password perhaps.
        url: SecretString,
        /// Connections that read.
        readers: u32,
    },
}

/// Understands the texts. What is wrong is added to `problems`, without repeating the address.
pub(super) fn parse(raw: raw::Database, problems: &mut Problems) -> DatabaseSettings {
    let readers = problems.take("database.readers", readers(raw.readers.as_deref()));
    let Some(url) = raw.url.filter(|text| !text.is_empty()) else { return DatabaseSettings::File };
    let url = SecretString::from(url);
    if let Err(problem) = check_address(&url) {
        problems.say(&format!("`database.url` (DATABASE_URL): {problem}. {}", problem.remedy()));
    }
    DatabaseSettings::Server { url, readers }
}

fn readers(text: Option<&str>) -> Result<u32, Wrong<u32>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(READERS) };
    text.trim()
        .parse()
        .ok()
        .filter(|readers| (1..=READERS_MAX).contains(readers))
        .ok_or_else(|| wrong(format!("must be a whole number from 1 to {READERS_MAX}"), READERS))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(url: &str, readers: Option<&str>) -> Result<DatabaseSettings, String> {
        let mut problems = Problems::default();
        let raw = raw::Database { url: Some(url.to_owned()), readers: readers.map(str::to_owned) };
        let settings = parse(raw, &mut problems);
        problems.into_result(settings).map_err(|said| said.join("\n"))
    }

    #[test]
    fn without_an_address_the_database_is_a_file_and_with_one_it_is_on_a_server() {
        assert!(matches!(read("", None), Ok(DatabaseSettings::File)));
        for url in ["postgres://u:p@db.example/smartbox", "postgresql:///smartbox?host=/run/postgresql"] {
            let Ok(DatabaseSettings::Server { url: read, readers: 8 }) = read(url, None) else {
                panic!("{url}")
            };
            assert_eq!(read.expose_secret(), url);
        }
        assert!(matches!(
            read("postgres://h/d", Some("64")),
            Ok(DatabaseSettings::Server { readers: 64, .. })
        ));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_address() {
        for url in [
            "mysql://u:the-word@h/d",
            "the-word",
            "postgres://u:the-word@h:port/d",
            "postgres://u:the-word@h/d?sslmode=x",
        ] {
            let said = read(url, None).unwrap_err();
            assert!(said.contains("DATABASE_URL") && said.contains("postgres://"), "{said}");
            assert!(!said.contains("the-word"), "{said}");
        }
        for readers in ["0", "65", "many", "-1"] {
            assert!(
                read("postgres://h/d", Some(readers)).unwrap_err().contains("database.readers"),
                "{readers}"
            );
        }
    }
}
