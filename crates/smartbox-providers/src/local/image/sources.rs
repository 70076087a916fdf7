//! The host's package sources, so that the image comes from where the host comes from: both formats of
//! sources.list(5), cut down to the host's own release.

use std::fs;
use std::io;
use std::path::Path;

/// Components that hold the packages of a box on Debian and on its descendants.
const COMPONENTS: [&str; 2] = ["main", "universe"];

/// One source, as a line in the one-line format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) line: String,
}

/// Sources of a release in `/etc/apt` below `root`.
pub(super) fn of_release(root: &Path, codename: &str) -> io::Result<Vec<Source>> {
    let apt = root.join("etc/apt");
    let mut files = vec![apt.join("sources.list")];
    match fs::read_dir(apt.join("sources.list.d")) {
        Ok(entries) => files.extend(entries.filter_map(|entry| Some(entry.ok()?.path()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match file.extension().and_then(|name| name.to_str()) {
            Some("sources") => found.extend(deb822(&text, codename)),
            Some("list") => found.extend(one_line(&text, codename)),
            _ => {}
        }
    }
    Ok(found)
}

/// The release itself, its updates and its security fixes. Not backports, and not other vendors' suites.
fn is_own_suite(suite: &str, codename: &str) -> bool {
    let rest = suite.strip_prefix(codename);
    matches!(rest, Some("" | "-updates" | "-security" | "/updates"))
}

fn line(options: &[String], uri: &str, suite: &str, components: &[&str]) -> Option<Source> {
    let components: Vec<&str> = components.iter().copied().filter(|name| COMPONENTS.contains(name)).collect();
    if components.is_empty() {
        return None;
    }
    let options = if options.is_empty() { String::new() } else { format!("[{}] ", options.join(" ")) };
    Some(Source { line: format!("deb {options}{uri} {suite} {}", components.join(" ")) })
}

/// Only what says whom to trust matters for another root.
fn kept_option(option: &str) -> bool {
    option.starts_with("signed-by=") || option.starts_with("trusted=")
}

fn one_line(text: &str, codename: &str) -> Vec<Source> {
    let parse = |entry: &str| {
        let entry = entry.split('#').next()?.trim().strip_prefix("deb")?;
        let entry = entry.strip_prefix([' ', '\t'])?.trim_start();
        let (options, rest) = match entry.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", entry),
        };
        let options: Vec<String> =
            options.split_whitespace().filter(|option| kept_option(option)).map(str::to_owned).collect();
        let mut words = rest.split_whitespace();
        let (uri, suite) = (words.next()?, words.next()?);
        let components: Vec<&str> = words.collect();
        is_own_suite(suite, codename).then(|| line(&options, uri, suite, &components))?
    };
    text.lines().filter_map(parse).collect()
}

fn deb822(text: &str, codename: &str) -> Vec<Source> {
    text.split("\n\n").flat_map(|stanza| stanza_lines(stanza, codename)).collect()
}

fn stanza_lines(stanza: &str, codename: &str) -> Vec<Source> {
    let field = |name: &str| {
        stanza.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let words = |name: &str| field(name).unwrap_or_default().split_whitespace().collect::<Vec<_>>();
    let is_on = !field("Enabled").is_some_and(|value| value.eq_ignore_ascii_case("no"));
    if !is_on || !words("Types").contains(&"deb") {
        return Vec::new();
    }
    // A key that is written out in the stanza has no path; the keys that the system trusts must do.
    let key = field("Signed-By").filter(|value| value.starts_with('/'));
    let options: Vec<String> = key.into_iter().map(|key| format!("signed-by={key}")).collect();
    let (uris, suites, components) = (words("URIs"), words("Suites"), words("Components"));
    let own: Vec<&str> = suites.into_iter().filter(|suite| is_own_suite(suite, codename)).collect();
    uris.into_iter()
        .flat_map(|uri| {
            own.iter().filter_map(|suite| line(&options, uri, suite, &components)).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(sources: &[Source]) -> Vec<&str> {
        sources.iter().map(|source| source.line.as_str()).collect()
    }

    #[test]
    fn the_new_format_gives_the_releases_own_suites_only() {
        let text = "Types: deb\n# a comment\nURIs: http://mirror/debian\nSuites: bookworm bookworm-updates \
                    bookworm-backports\nComponents: main contrib\nSigned-By: /usr/share/keyrings/a.gpg\n\n\
                    Types: deb\nURIs: https://other/\nSuites: nodistro\nComponents: main\n\n\
                    Enabled: no\nTypes: deb\nURIs: http://off/\nSuites: bookworm\nComponents: main\n";
        assert_eq!(
            lines(&deb822(text, "bookworm")),
            [
                "deb [signed-by=/usr/share/keyrings/a.gpg] http://mirror/debian bookworm main",
                "deb [signed-by=/usr/share/keyrings/a.gpg] http://mirror/debian bookworm-updates main",
            ]
        );
    }

    #[test]
    fn the_old_format_is_read_with_its_options() {
        let text = "# deb http://no/ bookworm main\ndeb-src http://no/ bookworm main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://mirror/debian bookworm main non-free # why\n\
                    deb http://mirror/security bookworm-security main\ndeb http://x/ cloud-sdk-bookworm main\n";
        assert_eq!(
            lines(&one_line(text, "bookworm")),
            [
                "deb [signed-by=/k.gpg] http://mirror/debian bookworm main",
                "deb http://mirror/security bookworm-security main",
            ]
        );
    }

    #[test]
    fn a_host_without_sources_has_none() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(of_release(root.path(), "bookworm").unwrap(), []);
    }
}
