//! `[tracing]`: whether requests are traced, and where their spans go.

use http::HeaderValue;
use secrecy::SecretString;
use smartbox_core::routing::BaseUrl;

use super::parse::Problems;
use super::raw;

/// Where collectors take spans (OTLP over HTTP).
const PATH: &str = "/v1/traces";

/// Where spans go.
#[derive(Clone, Debug)]
pub(crate) struct TracingSettings {
    /// The collector.
    pub(crate) collector: BaseUrl,
    /// The path there.
    pub(crate) path: String,
    /// What lets us in, the value of `Authorization`.
    pub(crate) authorization: Option<SecretString>,
    /// The share of traces that is kept, from 0 to 1.
    pub(crate) sample: f64,
}

/// Understands the texts; `None`: nobody traces. What is wrong is added to `problems`.
pub(super) fn parse(raw: raw::Tracing, problems: &mut Problems) -> Option<TracingSettings> {
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (authorization, sample) = (said(raw.otlp_authorization), said(raw.sample));
    let Some(endpoint) = said(raw.otlp_endpoint) else {
        if authorization.is_some() || sample.is_some() {
            problems.say("`tracing.otlp_endpoint` is missing: without it nothing is traced");
        }
        return None;
    };
    let share = sample.map_or(Some(1.0), |text| text.trim().parse().ok());
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    if share.is_none() {
        problems.say("`tracing.sample` must be a number from 0 to 1: the share of traces that is kept");
    }
    if authorization.as_deref().is_some_and(|text| HeaderValue::from_str(text).is_err()) {
        problems.say("`tracing.otlp_authorization` must be what a header can hold, such as `Bearer …`");
    }
    let Some((collector, path)) = place(&endpoint) else {
        problems.say(
            "`tracing.otlp_endpoint` must be the address of a collector that speaks OTLP over HTTP, such as \
             http://127.0.0.1:4318, without a query and without credentials",
        );
        return None;
    };
    let authorization = authorization.map(SecretString::from);
    Some(TracingSettings { collector, path, authorization, sample: share.unwrap_or(1.0) })
}

/// The server, and the path there: the usual one below what the address says.
fn place(endpoint: &str) -> Option<(BaseUrl, String)> {
    let rest = endpoint.split_once("://")?.1;
    let (base, below) = endpoint.split_at(endpoint.len() - rest.len() + rest.find('/').unwrap_or(rest.len()));
    let below = below.trim_end_matches('/');
    let path = if below.ends_with(PATH) { below.to_owned() } else { format!("{below}{PATH}") };
    let is_path = path.parse::<http::uri::PathAndQuery>().is_ok_and(|path| path.query().is_none());
    (is_path && !path.contains('#')).then_some((base.parse().ok()?, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(endpoint: &str, sample: &str, authorization: &str) -> Result<Option<TracingSettings>, String> {
        let mut problems = Problems::default();
        let said = |text: &str| Some(text.to_owned());
        let raw = raw::Tracing {
            otlp_endpoint: said(endpoint),
            otlp_authorization: said(authorization),
            sample: said(sample),
        };
        let settings = parse(raw, &mut problems);
        problems.into_result(settings).map_err(|said| said.join("\n"))
    }

    #[test]
    fn without_a_collector_nothing_is_traced() {
        assert!(read("", "", "").unwrap().is_none());
        assert!(parse(raw::Tracing::default(), &mut Problems::default()).is_none());
        assert!(read("", "0.5", "").unwrap_err().contains("tracing.otlp_endpoint"));
    }

    #[test]
    fn a_collector_has_an_address_and_the_usual_path_below_it() {
        for (endpoint, base, path) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318", "/v1/traces"),
            ("https://otel.example/", "https://otel.example", "/v1/traces"),
            ("https://otel.example/otlp", "https://otel.example", "/otlp/v1/traces"),
            ("https://otel.example/otlp/v1/traces", "https://otel.example", "/otlp/v1/traces"),
        ] {
            let settings = read(endpoint, "", "").unwrap().unwrap();
            assert_eq!((settings.collector.to_string().as_str(), settings.path.as_str()), (base, path));
            assert_eq!(settings.sample, 1.0);
        }
        for wrong in
            ["otel", "ftp://otel", "http://u:p@otel:4318", "http://otel/x?y", "http://otel/x#y", "http://"]
        {
            assert!(read(wrong, "", "").unwrap_err().contains("tracing.otlp_endpoint"), "{wrong}");
        }
    }

    #[test]
    fn the_share_is_a_number_up_to_one_and_what_lets_us_in_is_a_header() {
        let settings = read("http://otel:4318", "0.25", "Bearer secret-of-the-collector").unwrap().unwrap();
        assert_eq!(settings.sample, 0.25);
        assert!(!format!("{settings:?}").contains("secret-of"), "{settings:?}");
        for wrong in ["2", "-1", "all", "NaN"] {
            assert!(read("http://otel:4318", wrong, "").unwrap_err().contains("tracing.sample"), "{wrong}");
        }
        assert!(read("http://otel:4318", "", "a\nb").unwrap_err().contains("tracing.otlp_authorization"));
    }
}
