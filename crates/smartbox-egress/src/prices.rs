//! What models cost: a table with dates, in whole nano-dollars (10⁻⁹ US dollar). No floating point touches money.
//!
//! The table is `prices/table.toml`, which also says where its numbers come from. A model that is not in it costs as much as the dearest known
//! one of its dialect where a vendor's own server answers, so that no budget is passed by a new name; and nothing where
//! another server answers, because that is the operator's own. Either way the tokens count.

use std::collections::HashMap;

use jiff::civil::Date;
use smartbox_core::models::{Price, nanos};

use crate::dialect::Dialect;

const TABLE: &str = include_str!("prices/table.toml");

/// Prices of one model, each from its date on.
#[derive(Clone, Debug)]
struct Dated {
    dialect: Dialect,
    /// Oldest first.
    prices: Vec<(Date, Price)>,
}

impl Dated {
    fn at(&self, date: Date) -> Option<Price> {
        // Before the first date the first price is the best guess.
        let begun = self.prices.iter().rev().find(|(from, _)| *from <= date);
        begun.or_else(|| self.prices.first()).map(|(_, price)| *price)
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

/// A line of the table as it is written.
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
            let dollars = |text: &str| nanos(text).ok_or_else(|| wrong("a price is no number of dollars"));
            let input = dollars(&row.input)?;
            // Whoever has no price for the cache takes the one for reading.
            let or_input = |text: &Option<String>| text.as_deref().map_or(Ok(input), dollars);
            let price = Price {
                input,
                output: dollars(&row.output)?,
                cache_read: or_input(&row.cache_read)?,
                cache_write: or_input(&row.cache_write)?,
            };
            let dated =
                models.entry(row.model.clone()).or_insert_with(|| Dated { dialect, prices: Vec::new() });
            if dated.prices.last().is_some_and(|(earlier, _)| *earlier >= from) {
                return Err(wrong("later prices come after earlier ones, and each date once"));
            }
            dated.prices.push((from, price));
        }
        Ok(Self { models })
    }

    /// The price of a model on a day. Ids with a date at their end (`-20260115`) cost what the id without it does.
    pub fn find(&self, model: &str, date: Date) -> Option<Price> {
        let dated = self.models.get(model).or_else(|| self.models.get(undated(model)?))?;
        dated.at(date)
    }

    /// The highest prices of a dialect: those of a model that is not known.
    pub fn dearest(&self, dialect: Dialect, date: Date) -> Price {
        let of_dialect = self.models.values().filter(|dated| dated.dialect == dialect);
        of_dialect.filter_map(|dated| dated.at(date)).fold(Price::FREE, Price::dearer)
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
