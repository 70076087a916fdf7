//! The header `traceparent` (W3C Trace Context, level 1), read in one way or not at all.

use http::{HeaderMap, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// The header.
const NAME: &str = "traceparent";
/// `00-{32 digits}-{16 digits}-{2 digits}`.
const CHARS: usize = 55;
/// The one version that means nothing.
const NO_VERSION: u8 = 0xff;

/// The span that a request says it belongs to.
pub(super) fn read(headers: &HeaderMap) -> Option<SpanContext> {
    let mut given = headers.get_all(NAME).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    parse(value.to_str().ok()?)
}

fn parse(text: &str) -> Option<SpanContext> {
    // A later version may say more, behind what this one says.
    let (told, more) = (text.get(..CHARS)?, text.get(CHARS..)?);
    let mut parts = told.split('-');
    let mut part = || parts.next();
    let (version, trace, span, flags) = (part()?, part()?, part()?, part()?);
    if part().is_some() {
        return None;
    }
    let [version] = unhex::<1>(version)?;
    let is_known = if version == 0 { more.is_empty() } else { more.is_empty() || more.starts_with('-') };
    if version == NO_VERSION || !is_known {
        return None;
    }
    let [flags] = unhex::<1>(flags)?;
    let (trace, span) = (TraceId::from_bytes(unhex(trace)?), SpanId::from_bytes(unhex(span)?));
    let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    // All zeros is no id.
    context.is_valid().then_some(context)
}

/// The header for whoever is asked within this span.
pub(super) fn write(context: &SpanContext) -> Option<HeaderValue> {
    if !context.is_valid() {
        return None;
    }
    let flags = u8::from(context.is_sampled());
    HeaderValue::try_from(format!("00-{:032x}-{:016x}-{flags:02x}", context.trace_id(), context.span_id()))
        .ok()
}

/// As many bytes as there are pairs of digits; capital letters are not allowed.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = [0; N];
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_read_is_written_alike() {
        let context = parse(GOOD).unwrap();
        assert!(context.is_remote() && context.is_sampled());
        assert_eq!(write(&context).unwrap(), GOOD);
        // Flags that nobody knows yet are not passed on.
        let unsampled = parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe").unwrap();
        assert!(write(&unsampled).unwrap().to_str().unwrap().ends_with("-00"));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        assert!(parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-then").is_some());
        assert!(parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what").is_none());
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-3600f067aa0ba902b7-01",
            "0--4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0é",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        let mut headers = HeaderMap::new();
        headers.append(NAME, HeaderValue::from_static(GOOD));
        assert!(read(&headers).is_some());
        headers.append(NAME, HeaderValue::from_static(GOOD));
        assert!(read(&headers).is_none(), "nobody knows which one is meant");
    }
}
