//! Spans of traces, which leave the platform where an operator wants them to.

/// The target of such spans, at the level `TRACE`: so they are told from what goes to the log, and cost a look at a number where
/// nobody traces. What they hold is seen outside of the platform: ids, names of what the platform itself knows, and numbers; never
/// a path, a query, a body or a credential.
pub const TARGET: &str = "smartbox::trace";

/// The methods of HTTP.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
/// In place of any other: a client's own word is no name of a span or of a series.
const OTHER_METHOD: &str = "_OTHER";

/// The name of a method for spans and numbers, as OpenTelemetry's conventions have it.
pub fn method_of(method: &str) -> &'static str {
    METHODS.into_iter().find(|known| *known == method).unwrap_or(OTHER_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_http_does_not_have_is_no_name() {
        assert_eq!(
            [method_of("PATCH"), method_of("patch"), method_of("BREW")],
            ["PATCH", "_OTHER", "_OTHER"]
        );
    }
}
