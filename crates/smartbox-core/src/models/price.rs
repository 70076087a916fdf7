//! Money in whole nano-dollars (10⁻⁹ US dollar). No floating point touches it.

/// Tokens that a price is for.
const PER_TOKENS: u128 = 1_000_000;

/// Tokens of one call. The four kinds do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Read anew.
    pub input: u64,
    /// Written, thoughts included.
    pub output: u64,
    /// Read from the vendor's cache.
    pub cache_read: u64,
    /// Put into the vendor's cache.
    pub cache_write: u64,
}

impl Tokens {
    /// All of them.
    pub const fn total(self) -> u64 {
        self.input
            .saturating_add(self.output)
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }
}

/// Nano-dollars for a million tokens of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Read anew.
    pub input: u64,
    /// Written.
    pub output: u64,
    /// Read from the vendor's cache.
    pub cache_read: u64,
    /// Put into it.
    pub cache_write: u64,
}

impl Price {
    /// Nothing at all.
    pub const FREE: Self = Self { input: 0, output: 0, cache_read: 0, cache_write: 0 };

    /// What so many tokens cost in nano-dollars, rounded up.
    pub fn of(&self, tokens: Tokens) -> u64 {
        self.with(tokens, (0, 0))
    }

    /// The same, together with so many tokens of a fifth price.
    pub(super) fn with(&self, tokens: Tokens, (fifth, others): (u64, u64)) -> u64 {
        let parts = [
            (self.input, tokens.input),
            (self.output, tokens.output),
            (self.cache_read, tokens.cache_read),
            (self.cache_write, tokens.cache_write),
            (fifth, others),
        ];
        let sum = parts.iter().fold(0_u128, |sum, (price, tokens)| {
            sum.saturating_add(u128::from(*price).saturating_mul(u128::from(*tokens)))
        });
        u64::try_from(sum.div_ceil(PER_TOKENS)).unwrap_or(u64::MAX)
    }

    /// The highest that so many tokens of request and answer can cost, however the vendor's cache takes them.
    pub fn at_most(&self, input: u64, output: u64) -> u64 {
        let dearest = self.input.max(self.cache_read).max(self.cache_write);
        let price = Self { input: dearest, ..*self };
        price.of(Tokens { input, output, ..Tokens::default() })
    }

    /// The higher of both, for each kind.
    #[must_use]
    pub fn dearer(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            output: self.output.max(other.output),
            cache_read: self.cache_read.max(other.cache_read),
            cache_write: self.cache_write.max(other.cache_write),
        }
    }
}

/// Nano-dollars of a decimal number of dollars, with at most nine digits after the point.
pub fn nanos(dollars: &str) -> Option<u64> {
    let (whole, part) = dollars.split_once('.').unwrap_or((dollars, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 9 {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?;
    whole.checked_add(format!("{part:0<9}").parse().ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_is_exact_and_rounded_up_once() {
        let price = Price { input: 1, output: 1, cache_read: 0, cache_write: 0 };
        assert_eq!(price.of(Tokens { input: 1, output: 1, ..Tokens::default() }), 1);
        for (text, value) in [
            ("2.5", Some(2_500_000_000)),
            ("0.000000001", Some(1)),
            ("3", Some(3_000_000_000)),
            ("", None),
            ("-1", None),
            ("1.", None),
            ("1e3", None),
        ] {
            assert_eq!(nanos(text), value, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_call_costs_more_than_the_most_that_was_asked_for(
            prices in any::<[u32; 4]>(), counts in any::<[u32; 4]>(),
        ) {
            let [input, output, cache_read, cache_write] = prices.map(u64::from);
            let price = Price { input, output, cache_read, cache_write };
            let [input, output, cache_read, cache_write] = counts.map(u64::from);
            let tokens = Tokens { input, output, cache_read, cache_write };
            prop_assert!(price.of(tokens) <= price.at_most(input + cache_read + cache_write, output));
        }
    }
}
