//! What a vendor's list tells apart beyond four kinds of tokens: how long its cache keeps something, and how long a request is.

use super::price::{Price, Tokens};

/// Prices of one range of lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of the four kinds. What is put into the cache is kept for as long as is usual, which is five minutes.
    pub price: Price,
    /// Of what is put into the cache for an hour, in nano-dollars for a million tokens.
    pub cache_write_hour: u64,
}

/// What a model costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tariff {
    /// What it usually costs.
    pub rates: Rates,
    /// What all tokens of a call cost when it reads more than so many, from the cache and into it included.
    pub long: Option<(u64, Rates)>,
}

impl Rates {
    fn of(&self, tokens: Tokens, hour: u64) -> u64 {
        // Those for an hour are among those that are put into the cache.
        let hour = hour.min(tokens.cache_write);
        let usual = Tokens { cache_write: tokens.cache_write - hour, ..tokens };
        self.price.with(usual, (self.cache_write_hour, hour))
    }

    fn dearer(self, other: Self) -> Self {
        Self {
            price: self.price.dearer(other.price),
            cache_write_hour: self.cache_write_hour.max(other.cache_write_hour),
        }
    }
}

impl From<Price> for Rates {
    /// Nothing is said of an hour: it costs what is usual.
    fn from(price: Price) -> Self {
        Self { price, cache_write_hour: price.cache_write }
    }
}

impl From<Price> for Tariff {
    /// However long a request is.
    fn from(price: Price) -> Self {
        Self { rates: price.into(), long: None }
    }
}

impl Tariff {
    /// What so many tokens cost in nano-dollars, rounded up; `hour` of those that were put into the cache are kept for an hour.
    pub fn of(&self, tokens: Tokens, hour: u64) -> u64 {
        let read = tokens.total().saturating_sub(tokens.output);
        self.at(read).of(tokens, hour)
    }

    /// The highest that so many tokens of request and answer can cost, however the vendor's cache takes them; `may_last`: something
    /// may be put there for an hour.
    pub fn at_most(&self, input: u64, output: u64, may_last: bool) -> u64 {
        let worst = |rates: &Rates| {
            let hour = if may_last { rates.cache_write_hour } else { 0 };
            let input_price = rates.price.input.max(hour);
            Price { input: input_price, ..rates.price }.at_most(input, output)
        };
        let long = self.long.filter(|(above, _)| input > *above);
        worst(&self.rates).max(long.map_or(0, |(_, rates)| worst(&rates)))
    }

    /// The higher of both in everything: no call costs more with it. The long prices begin where the first of both does.
    #[must_use]
    pub fn dearer(self, other: Self) -> Self {
        let rates = self.rates.dearer(other.rates);
        let above = self.long.into_iter().chain(other.long).map(|(above, _)| above).min();
        let long = |of: &Self| of.long.map_or(of.rates, |(_, long)| long.dearer(of.rates));
        Self { rates, long: above.map(|above| (above, long(&self).dearer(long(&other)))) }
    }

    fn at(&self, read: u64) -> &Rates {
        match &self.long {
            Some((above, long)) if read > *above => long,
            _ => &self.rates,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rates(input: u64) -> Rates {
        let price =
            Price { input, output: 5 * input, cache_read: input / 10, cache_write: input + input / 4 };
        Rates { price, cache_write_hour: 2 * input }
    }

    fn tariff() -> Tariff {
        Tariff { rates: rates(1_000_000), long: Some((200, rates(2_000_000))) }
    }

    #[test]
    fn what_is_kept_for_an_hour_costs_more_than_what_is_kept_for_five_minutes() {
        let tokens = Tokens { cache_write: 100, ..Tokens::default() };
        assert_eq!([0, 40, 100, 500].map(|hour| tariff().of(tokens, hour)), [125, 155, 200, 200]);
    }

    #[test]
    fn a_long_request_costs_more_for_all_of_it_and_its_answer_does_not_make_it_long() {
        let tokens = |cache_read, output| Tokens { input: 100, output, cache_read, cache_write: 0 };
        assert_eq!(tariff().of(tokens(100, 1000), 0), 100 + 10 + 5000);
        assert_eq!(tariff().of(tokens(110, 1000), 0), 200 + 22 + 10_000);
    }

    proptest! {
        #[test]
        fn no_call_costs_more_than_the_most_that_was_asked_for_nor_than_what_is_dearer(
            prices in any::<[[u32; 5]; 2]>(), above in 0..5_000_000_000_u64, counts in any::<[u32; 4]>(), hour in any::<u32>(),
            other in any::<[u32; 5]>(),
        ) {
            let rates = |prices: [u32; 5]| {
                let [input, output, cache_read, cache_write, cache_write_hour] = prices.map(u64::from);
                Rates { price: Price { input, output, cache_read, cache_write }, cache_write_hour }
            };
            let tariff = Tariff { rates: rates(prices[0]), long: Some((above, rates(prices[1]))) };
            let [input, output, cache_read, cache_write] = counts.map(u64::from);
            let tokens = Tokens { input, output, cache_read, cache_write };
            let cost = tariff.of(tokens, u64::from(hour));
            prop_assert!(cost <= tariff.at_most(input + cache_read + cache_write, output, true));
            prop_assert!(tariff.of(tokens, 0) <= tariff.at_most(input + cache_read + cache_write, output, false));
            let dearer = tariff.dearer(Tariff { rates: rates(other), long: None });
            prop_assert!(cost <= dearer.of(tokens, u64::from(hour)));
        }
    }
}
