//! `[egress]`: the way out of the boxes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use smartbox_core::egress_policy::Rules;

use super::parse::{self, Problems};
use super::raw;

/// The settings of the forward proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct EgressSettings {
    /// Where boxes that are not on this machine reach it, if there are any.
    pub(crate) proxy_listen: Option<SocketAddr>,
    /// What the platform says of every box.
    pub(crate) rules: Arc<Rules>,
    /// A file with certificate authorities that are believed beside those of this machine, by the proxy and by boxes.
    pub(crate) extra_roots: Option<PathBuf>,
}

impl EgressSettings {
    /// Understands the texts. What is wrong is added to `problems`.
    pub(super) fn parse(raw: &raw::Egress, problems: &mut Problems) -> Self {
        let proxy_listen = raw.proxy_listen.as_deref().filter(|text| !text.is_empty());
        let proxy_listen =
            proxy_listen.map(|text| problems.take("egress.proxy_listen", parse::address(text)));
        let extra_roots = raw.extra_roots.as_deref().filter(|text| !text.is_empty()).map(PathBuf::from);
        Self { proxy_listen, rules: problems.take("egress.rules", rules(raw.rules.as_deref())), extra_roots }
    }
}

/// Rules, separated by line ends or semicolons.
fn rules(text: Option<&str>) -> Result<Arc<Rules>, parse::Wrong<Arc<Rules>>> {
    let lines = text.unwrap_or_default().split([';', '\n']).map(str::trim).filter(|line| !line.is_empty());
    Rules::from_lines(lines)
        .map(Arc::new)
        .map_err(|bad| parse::wrong(format!("cannot be used: {bad}"), Arc::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_in_their_order_and_mistakes_are_named() {
        let mut problems = Problems::default();
        let raw = raw::Egress {
            proxy_listen: Some("0.0.0.0:3128".to_owned()),
            rules: Some("allow nas.lan inside; deny *.ads.example\nallow * ports=22".to_owned()),
            ..raw::Egress::default()
        };
        let settings = EgressSettings::parse(&raw, &mut problems);
        let lines: Vec<_> = settings.rules.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["allow nas.lan inside", "deny *.ads.example", "allow * ports=22"]);
        assert_eq!(settings.proxy_listen.map(|address| address.port()), Some(3128));
        let raw = raw::Egress {
            proxy_listen: Some("3128".to_owned()),
            rules: Some("deny *; permit a".to_owned()),
            ..raw::Egress::default()
        };
        EgressSettings::parse(&raw, &mut problems);
        let said = problems.into_result(()).unwrap_err().join("\n");
        assert!(said.contains("egress.proxy_listen") && said.contains("rule 2"), "{said}");
    }
}
