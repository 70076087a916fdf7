//! Amounts and prices as people write them: `tokens=1M`, `bandwidth=100GiB`, `money=20.00`, `cpu=100h`, `memory=500GiBh`.

use std::fmt;
use std::str::FromStr;

use smartbox_core::ledger::Measure;

/// Word for no limit.
const NONE: &str = "none";
/// Digits of a dollar behind its point: the platform counts in nano-dollars.
const NANO_DIGITS: usize = 9;
/// Units of bytes.
const BYTES: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1)];
/// Units of tokens.
const TOKENS: [(&str, u64); 4] = [("G", 1_000_000_000), ("M", 1_000_000), ("k", 1000), ("", 1)];
/// Units of memory over time, in MiB-seconds.
const MEMORY: [(&str, u64); 3] = [("GiBh", 1024 * 3600), ("MiBh", 3600), ("MiBs", 1)];

/// A limit on something; `None` takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    /// On what.
    pub(crate) measure: Measure,
    /// How much there may be, in the measure's own unit.
    pub(crate) value: Option<u64>,
}

/// A price of something, in nano-dollars for each of its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Of what.
    pub(crate) measure: Measure,
    /// How much it costs.
    pub(crate) nanos: u64,
}

fn split(text: &str) -> Result<(Measure, &str), String> {
    let known = || Measure::ALL.map(|measure| format!("`{measure}`")).join(", ");
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, such as `tokens=1M`")?;
    let measure = Measure::ALL.into_iter().find(|measure| measure.as_str() == name);
    Ok((measure.ok_or_else(|| format!("`{name}` is none of {}", known()))?, value))
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (measure, value) = split(text)?;
        let value = if value == NONE { None } else { Some(amount(measure, value)?) };
        Ok(Self { measure, value })
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (measure, value) = split(text)?;
        Ok(Self { measure, nanos: dollars(value)? })
    }
}

fn amount(measure: Measure, text: &str) -> Result<u64, String> {
    let (found, example) = match measure {
        Measure::Bandwidth | Measure::Storage => (scaled(text, &BYTES), "100GiB"),
        Measure::Tokens => (scaled(text, &TOKENS), "1M"),
        Measure::Money => (nanos_of(text), "20.00"),
        Measure::Memory => (scaled(text, &MEMORY), "500GiBh"),
        Measure::Cpu => {
            let time = super::duration(text).ok();
            (time.and_then(|time| u64::try_from(time.as_millis()).ok()), "100h")
        }
    };
    found.ok_or_else(|| format!("write `{measure}={example}`, or `{measure}={NONE}` for no limit"))
}

/// A whole number with one of these units.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, factor) =
        units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse::<u64>().ok()?.checked_mul(*factor)).flatten()
}

/// Dollars as nano-dollars, to the last digit.
fn nanos_of(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > NANO_DIGITS || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let nanos: u64 = format!("{part:0<NANO_DIGITS$}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// Dollars on a command line.
pub(crate) fn dollars(text: &str) -> Result<u64, String> {
    nanos_of(text).ok_or_else(|| "write dollars, such as `5` or `0.50`".to_owned())
}

/// Nano-dollars as dollars.
pub(crate) fn money(nanos: u64) -> String {
    Measure::Money.words(nanos)
}

/// A limit in words.
pub(crate) struct Limit(pub(crate) Measure, pub(crate) Option<u64>);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(value) => f.write_str(&self.0.words(value)),
            None => f.write_str("no limit"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<u64> {
        text.parse::<Amount>().unwrap_or_else(|wrong| panic!("{text}: {wrong}")).value
    }

    #[test]
    fn every_measure_has_its_units() {
        assert_eq!(value("bandwidth=100GiB"), Some(100 << 30));
        assert_eq!(value("storage=512"), Some(512));
        assert_eq!(value("tokens=2M"), Some(2_000_000));
        assert_eq!(value("money=20"), Some(20_000_000_000));
        assert_eq!(value("money=0.000000001"), Some(1));
        assert_eq!(value("money=1.5"), Some(1_500_000_000));
        assert_eq!(value("cpu=100h"), Some(360_000_000));
        assert_eq!(value("memory=2GiBh"), Some(2 * 1024 * 3600));
        assert_eq!(value("tokens=none"), None);
        assert_eq!("cpu=0.05".parse::<Rate>().unwrap().nanos, 50_000_000);
    }

    #[test]
    fn what_is_no_amount_is_refused_before_anything_is_sent() {
        for bad in [
            "tokens",
            "tokens=",
            "tokens=-1",
            "tokens=1.5",
            "tokens=1MiB",
            "money=1,5",
            "money=.5",
            "money=0.0000000001",
            "bandwidth=99999999999999TiB",
            "hats=1",
            "memory=5",
            "cpu=5",
        ] {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
        assert!("cpu=free".parse::<Rate>().is_err());
    }
}
