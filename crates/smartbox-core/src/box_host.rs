//! Host names of boxes: one origin a box.
//!
//! `{label}.{domain}`, where the label is a box's name, or its id with `-` for `_`, which no host name may hold
//! (RFC 952). Names count in the org of whoever asks, ids everywhere.

use crate::id::BoxId;

/// The domain whose names browsers resolve to their own machine (RFC 6761 §6.3).
pub const LOOPBACK_DOMAIN: &str = "localhost";

/// The label in front of one of these domains; `None` for every other host, also for the domains themselves.
pub fn label<'a>(host: &'a str, domains: &[String]) -> Option<&'a str> {
    domains.iter().find_map(|domain| {
        let at = host.len().checked_sub(domain.len())?;
        let (front, tail) = (host.get(..at)?, host.get(at..)?);
        let label = front.strip_suffix('.').filter(|_front| tail.eq_ignore_ascii_case(domain))?;
        (!label.is_empty() && !label.contains('.')).then_some(label)
    })
}

/// The label of a box by its id.
pub fn label_of(id: BoxId) -> String {
    id.to_string().replace('_', "-")
}

/// What a label means: a box's id or name.
pub fn reference(label: &str) -> String {
    let label = label.to_ascii_lowercase();
    let id = label.strip_prefix("box-").map(|id| format!("box_{id}"));
    id.filter(|id| id.parse::<BoxId>().is_ok()).unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains() -> Vec<String> {
        vec!["localhost".to_owned(), "boxes.example.com".to_owned()]
    }

    #[test]
    fn one_label_in_front_of_a_domain_names_a_box() {
        for (host, found) in [
            ("home.localhost", Some("home")),
            ("Home.LocalHost", Some("Home")),
            ("home.boxes.example.com", Some("home")),
            ("localhost", None),
            (".localhost", None),
            ("a.b.localhost", None),
            ("boxes.example.com", None),
            ("evilboxes.example.com", None),
            ("home.example.com", None),
            ("127.0.0.1", None),
            ("", None),
        ] {
            assert_eq!(label(host, &domains()), found, "{host}");
        }
    }

    #[test]
    fn a_label_is_a_name_or_an_id_in_the_letters_of_host_names() {
        let id = "box_0192f0c1a2b37c4d8e5f60718293a4b5";
        assert!(id.parse::<BoxId>().is_ok());
        assert_eq!(reference("BOX-0192f0c1a2b37c4d8e5f60718293a4b5"), id);
        assert_eq!(reference(&label_of(id.parse().unwrap())), id);
        assert_eq!(reference("home"), "home");
        assert_eq!(reference("box-1"), "box-1");
    }
}
