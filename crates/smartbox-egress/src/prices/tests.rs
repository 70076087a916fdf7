use smartbox_core::models::Tokens;

use super::*;
use crate::catalog;

const TWO: &str = r#"
[[price]]
model = "m"
dialect = "openai"
from = "2026-01-01"
input = "2.5"
output = "10"
cache_read = "0.025"

[[price]]
model = "m"
dialect = "openai"
from = "2026-06-01"
input = "1"
output = "4"
"#;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_price_of_the_day_counts_and_dated_ids_cost_the_same() {
    let table = PriceTable::parse(TWO).unwrap();
    let old = Tariff::from(Price {
        input: 2_500_000_000,
        output: 10_000_000_000,
        cache_read: 25_000_000,
        cache_write: 2_500_000_000,
    });
    assert_eq!(table.find("m", day("2026-05-31")), Some(old));
    assert_eq!(table.find("m", day("2020-01-01")), Some(old), "before the first date");
    for id in ["m", "m-20260601", "m-2026-06-01"] {
        assert_eq!(table.find(id, day("2026-06-01")).unwrap().rates.price.output, 4_000_000_000, "{id}");
    }
    assert_eq!(table.find("m-2", day("2026-06-01")), None);
}

#[test]
fn a_call_costs_what_its_kinds_of_tokens_cost() {
    let table = PriceTable::parse(TWO).unwrap();
    let price = table.find("m", day("2026-05-01")).unwrap();
    // 1,000 × $2.50 + 500 × $10 + 10,000 × $0.025, each for a million.
    let tokens = Tokens { input: 1_000, output: 500, cache_read: 10_000, cache_write: 0 };
    assert_eq!(price.of(tokens, 0), 2_500_000 + 5_000_000 + 250_000);
}

#[test]
fn what_is_wrong_with_a_table_is_said() {
    for (from, to) in
        [("openai", "other"), ("2.5", "2,5"), ("2026-06-01", "2026-01-01"), ("2026-06-01", "June")]
    {
        let bad = PriceTable::parse(&TWO.replace(from, to)).unwrap_err();
        assert!(bad.to_string().contains("m of"), "{bad}");
    }
}

#[test]
fn every_known_model_has_a_price_and_none_is_dearer_than_the_unknown() {
    let table = PriceTable::built_in().unwrap();
    let today = day("2026-11-29");
    for dialect in [Dialect::Anthropic, Dialect::OpenAi] {
        let dearest = table.dearest(dialect, today);
        assert!(dearest.rates.price.input > 0 && dearest.rates.price.output > 0);
        for model in catalog::known_ids(dialect) {
            let price = table.find(model, today).unwrap_or_else(|| panic!("{model} has no price"));
            assert_eq!(price.dearer(dearest), dearest, "{model}");
            for rates in [Some(price.rates), price.long.map(|(_, rates)| rates)].into_iter().flatten() {
                assert!(rates.price.input > 0 && rates.price.output >= rates.price.input, "{model}");
                assert!(rates.cache_write_hour >= rates.price.cache_write, "{model}");
            }
        }
    }
}

#[test]
fn an_hour_in_the_cache_and_long_requests_have_prices_of_their_own() {
    let table = PriceTable::built_in().unwrap();
    let today = day("2026-11-29");
    let sonnet = table.find("claude-sonnet-5", today).unwrap();
    let kept = Tokens { cache_write: 100_000, ..Tokens::default() };
    assert_eq!([0, 100_000].map(|hour| sonnet.of(kept, hour)), [250_000_000, 400_000_000]);
    let gpt = table.find("gpt-6-sol", today).unwrap();
    let tokens = |input| Tokens { input, output: 1_000_000, ..Tokens::default() };
    assert_eq!(gpt.of(tokens(272_000), 0), 544_000_000 + 10_000_000_000);
    assert_eq!(gpt.of(tokens(272_001), 0), 1_088_004_000 + 20_000_000_000);
    let bad = PriceTable::parse(&format!("{TWO}\n[price.long]\nabove = 5\ninput = \"x\"\noutput = \"1\"\n"));
    assert!(bad.unwrap_err().to_string().contains("no number of dollars"));
}
