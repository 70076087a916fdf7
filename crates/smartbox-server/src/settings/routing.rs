//! What settings say of routes, and the seeds' switches.

use smartbox_control::RouteChange;
use smartbox_core::routing::{PERCENT_MAX, RouteName, Upstream};

use super::raw::Routing;

/// What the settings say of each route that they mention.
pub(crate) type RouteSettings = Vec<(RouteName, RouteChange)>;

/// The texts about one route.
struct Texts<'a> {
    name: RouteName,
    /// How its keys begin.
    key: &'static str,
    primary: Option<&'a str>,
    candidate: Option<&'a str>,
    percentage: Option<&'a str>,
    switch: Option<&'a str>,
}

/// Understands the section `routing`. Every problem says what to change.
pub(super) fn parse(raw: &Routing) -> Result<RouteSettings, Vec<String>> {
    let mut problems = Vec::new();
    let routes = [
        Texts {
            name: RouteName::AdminApi,
            key: "admin_api",
            primary: raw.admin_api_primary.as_deref(),
            candidate: raw.admin_api_candidate.as_deref(),
            percentage: raw.admin_api_percentage.as_deref(),
            switch: raw.use_new_admin_api.as_deref(),
        },
        Texts {
            name: RouteName::ContainerGateway,
            key: "container_gateway",
            primary: raw.container_gateway_primary.as_deref(),
            candidate: raw.container_gateway_candidate.as_deref(),
            percentage: raw.container_gateway_percentage.as_deref(),
            switch: raw.use_new_container_gateway.as_deref(),
        },
    ];
    let changes = routes.map(|texts| (texts.name, change(&texts, &mut problems)));
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(changes.into_iter().filter(|(_name, change)| !change.is_empty()).collect())
}

fn change(texts: &Texts<'_>, problems: &mut Vec<String>) -> RouteChange {
    let key = texts.key;
    let mut upstream = |side: &str, text: Option<&str>| {
        let text = text?;
        if let Err(error) = text.parse::<Upstream>() {
            problems.push(format!("`routing.{key}_{side}` {error}"));
        }
        Some(text.to_owned())
    };
    let (primary, candidate) = (upstream("primary", texts.primary), upstream("candidate", texts.candidate));
    let percentage = match (texts.percentage, texts.switch) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            problems.push(format!(
                "`routing.{key}_percentage` and `routing.use_new_{key}` say the same: set one"
            ));
            None
        }
        (Some(text), None) => {
            let number = text.trim().parse().ok().filter(|number| *number <= u32::from(PERCENT_MAX));
            if number.is_none() {
                problems.push(format!("`routing.{key}_percentage` must be 0 to {PERCENT_MAX}"));
            }
            number
        }
        (None, Some("0" | "false")) => Some(0),
        (None, Some("1" | "true")) => Some(u32::from(PERCENT_MAX)),
        (None, Some(_)) => {
            problems.push(format!("`routing.use_new_{key}` must be `1`, `true`, `0` or `false`"));
            None
        }
    };
    RouteChange { primary, candidate, percentage, ..RouteChange::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    #[test]
    fn a_switch_means_everybody_or_nobody() {
        for (switch, percentage) in [("0", 0), ("false", 0), ("1", 100), ("true", 100)] {
            let raw = Routing { use_new_admin_api: text(switch), ..Routing::default() };
            let change = RouteChange { percentage: Some(percentage), ..RouteChange::default() };
            assert_eq!(parse(&raw), Ok(vec![(RouteName::AdminApi, change)]));
        }
        assert_eq!(parse(&Routing::default()), Ok(Vec::new()), "what is not mentioned stays");
    }

    #[test]
    fn upstreams_and_shares_are_taken_by_route() {
        let raw = Routing {
            container_gateway_primary: text("http://old.example:8081"),
            container_gateway_candidate: text("self"),
            container_gateway_percentage: text("25"),
            ..Routing::default()
        };
        let change = RouteChange {
            primary: text("http://old.example:8081"),
            candidate: text("self"),
            percentage: Some(25),
            ..RouteChange::default()
        };
        assert_eq!(parse(&raw), Ok(vec![(RouteName::ContainerGateway, change)]));
    }

    #[test]
    fn everything_that_is_wrong_is_said_without_repeating_it() {
        let raw = Routing {
            use_new_admin_api: text("yes"),
            admin_api_primary: text("http://admin:hunter2@old.example"),
            use_new_container_gateway: text("1"),
            container_gateway_percentage: text("10"),
            ..Routing::default()
        };
        let problems = parse(&raw).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(!problems.join(" ").contains("hunter2"), "{problems:?}");
        let raw = Routing { admin_api_percentage: text("101"), ..Routing::default() };
        assert_eq!(parse(&raw), Err(vec!["`routing.admin_api_percentage` must be 0 to 100".to_owned()]));
    }
}
