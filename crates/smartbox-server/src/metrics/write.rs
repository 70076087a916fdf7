//! Numbers in the format of OpenMetrics.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use smartbox_core::numbers::Durations;

/// Writes one metric after the other.
pub(super) struct Writer<'a>(pub(super) DescriptorEncoder<'a>);

type Labels<const N: usize> = [&'static str; N];

impl Writer<'_> {
    /// A counter for each set of labels.
    pub(super) fn counts<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Labels<N>,
        values: impl IntoIterator<Item = (Labels<N>, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        each(&mut metric, labels, values, |metric, value| {
            metric.encode_counter::<[(&str, &str); 0], u64, u64>(&value, None)
        })
    }

    /// A gauge for each set of labels.
    pub(super) fn gauges<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Labels<N>,
        values: impl IntoIterator<Item = (Labels<N>, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        each(&mut metric, labels, values, |metric, value| {
            metric.encode_gauge(&i64::try_from(value).unwrap_or(i64::MAX))
        })
    }

    /// A histogram.
    pub(super) fn durations(&mut self, name: &str, help: &str, durations: &Durations) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        encode(&mut metric, durations)
    }

    /// A histogram for each set of labels, as it was counted.
    pub(super) fn durations_by<'v, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Labels<N>,
        values: impl IntoIterator<Item = ([&'v str; N], &'v Durations)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for (words, durations) in values {
            let set: [(&str, &str); N] = std::array::from_fn(|at| (labels[at], words[at]));
            encode(&mut metric.encode_family(&set)?, durations)?;
        }
        Ok(())
    }
}

fn encode(metric: &mut MetricEncoder<'_>, durations: &Durations) -> fmt::Result {
    let Durations { buckets, sum, count } = durations;
    // The library writes this end as `+Inf`.
    let ends: Vec<_> =
        buckets.iter().map(|(end, count)| (if end.is_finite() { *end } else { f64::MAX }, *count)).collect();
    metric.encode_histogram::<[(&str, &str); 0]>(*sum, *count, &ends, None)
}

fn each<const N: usize>(
    metric: &mut MetricEncoder<'_>,
    labels: Labels<N>,
    values: impl IntoIterator<Item = (Labels<N>, u64)>,
    write: impl Fn(&mut MetricEncoder<'_>, u64) -> fmt::Result,
) -> fmt::Result {
    for (words, value) in values {
        let set: [(&str, &str); N] = std::array::from_fn(|at| (labels[at], words[at]));
        match N {
            0 => write(metric, value)?,
            _ => write(&mut metric.encode_family(&set)?, value)?,
        }
    }
    Ok(())
}
