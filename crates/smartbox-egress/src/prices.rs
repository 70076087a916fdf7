//! What models cost: a table with dates, in whole nano-dollars (10⁻⁹ US dollar). No floating point touches money.
//!
//! The table is `prices/table.toml`, which also says where its numbers come from. A model that is not in it costs as much as the dearest known
//! one of its dialect where a vendor's own server answers, so that no budget is passed by a new name; and nothing where
//! another server answers, because that is the operator's own. Either way the tokens count.

use std::collections::HashMap;

use jiff::civil::Date;
use smartbox_core::models::{Price, Rates, Tariff, nanos};

use crate::dialect::Dialect;

const TABLE: &str = include_str!("prices/table.toml");

/// Prices of one model, each from its date on.
#[derive(Clone, Debug)]
struct Dated {
    dialect: Dialect,
    /// Oldest first.
    tariffs: Vec<(Date, Tariff)>,
}

impl Dated {
    fn at(&self, date: Date) -> Option<Tariff> {
        // Before the first date the first price is the best guess.
        let begun = self.tariffs.iter().rev().find(|(from, _)| *from <= date);
        begun.or_else(|| self.tariffs.first()).map(|(_, tariff)| *tariff)
    }
}

/// The table.
#[derive(Clone, Debug)]
pub struct PriceTable {
    models: HashMap<String, Dated>,
}

/// The table cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the price table cannot be used: {0}")]
pub struct BadPrices(String);

/// An entry of the table as it is written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    model: String,
    dialect: String,
    from: String,
    input: String,
    output: String,
    cache_read: Option<String>,
    cache_write: Option<String>,
    cache_write_hour: Option<String>,
    long: Option<LongRow>,
}

/// What it costs when more than so many tokens are read.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LongRow {
    above: u64,
    input: String,
    output: String,
    cache_read: Option<String>,
    cache_write: Option<String>,
    cache_write_hour: Option<String>,
}

/// The prices of an entry, or of its part about long requests.
struct Written<'a> {
    input: &'a str,
    output: &'a str,
    cache_read: Option<&'a str>,
    cache_write: Option<&'a str>,
    cache_write_hour: Option<&'a str>,
}

impl Written<'_> {
    /// Whoever has no price for the cache takes the one for reading, and none for an hour the one for five minutes.
    fn rates(&self) -> Option<Rates> {
        let input = nanos(self.input)?;
        let or = |text: Option<&str>, other| text.map_or(Some(other), nanos);
        let cache_write = or(self.cache_write, input)?;
        let (output, cache_read) = (nanos(self.output)?, or(self.cache_read, input)?);
        let price = Price { input, output, cache_read, cache_write };
        Some(Rates { price, cache_write_hour: or(self.cache_write_hour, cache_write)? })
    }
}

/// Gives the prices of either.
macro_rules! written {
    ($row:expr) => {
        Written {
            input: &$row.input,
            output: &$row.output,
            cache_read: $row.cache_read.as_deref(),
            cache_write: $row.cache_write.as_deref(),
            cache_write_hour: $row.cache_write_hour.as_deref(),
        }
    };
}

impl Row {
    fn tariff(&self) -> Option<Tariff> {
        let long = |long: &LongRow| Some((long.above, written!(long).rates()?));
        let long = match &self.long {
            Some(row) => Some(long(row)?),
            None => None,
        };
        Some(Tariff { rates: written!(self).rates()?, long })
    }
}

#[derive(serde::Deserialize)]
struct Rows {
    price: Vec<Row>,
}

impl PriceTable {
    /// The table that comes with the program.
    ///
    /// # Errors
    /// [`BadPrices`], which a test of this crate rules out.
    pub fn built_in() -> Result<Self, BadPrices> {
        Self::parse(TABLE)
    }

    /// Reads a table in the form of the one that comes with the program.
    ///
    /// # Errors
    /// [`BadPrices`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadPrices> {
        let rows: Rows = toml::from_str(text).map_err(|error| BadPrices(error.to_string()))?;
        let mut models: HashMap<String, Dated> = HashMap::new();
        for row in rows.price {
            let wrong = |what: &str| BadPrices(format!("{} of {}: {what}", row.model, row.from));
            let dialect = match row.dialect.as_str() {
                "anthropic" => Dialect::Anthropic,
                "openai" => Dialect::OpenAi,
                _ => return Err(wrong("no such dialect")),
            };
            let from: Date = row.from.parse().map_err(|_error| wrong("the date is none"))?;
            let tariff = row.tariff().ok_or_else(|| wrong("a price is no number of dollars"))?;
            let dated =
                models.entry(row.model.clone()).or_insert_with(|| Dated { dialect, tariffs: Vec::new() });
            if dated.tariffs.last().is_some_and(|(earlier, _)| *earlier >= from) {
                return Err(wrong("later prices come after earlier ones, and each date once"));
            }
            dated.tariffs.push((from, tariff));
        }
        Ok(Self { models })
    }

    /// The price of a model on a day. Ids with a date at their end (`-20260115`) cost what the id without it does.
    pub fn find(&self, model: &str, date: Date) -> Option<Tariff> {
        let dated = self.models.get(model).or_else(|| self.models.get(undated(model)?))?;
        dated.at(date)
    }

    /// The highest prices of a dialect: those of a model that is not known.
    pub fn dearest(&self, dialect: Dialect, date: Date) -> Tariff {
        let of_dialect = self.models.values().filter(|dated| dated.dialect == dialect);
        of_dialect.filter_map(|dated| dated.at(date)).fold(Tariff::default(), Tariff::dearer)
    }
}

/// The id without the date of its version: `-20260115` or `-2026-01-15`.
fn undated(model: &str) -> Option<&str> {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    [9, 11].into_iter().find_map(|length| {
        let (front, date) = model.split_at_checked(model.len().checked_sub(length)?)?;
        let is_date = date.starts_with('-')
            && digits(date) == 8
            && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        is_date.then_some(front)
    })
}

#[cfg(test)]
mod tests;
