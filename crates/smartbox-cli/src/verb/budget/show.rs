//! `smartbox budget show`.

use smartbox_api::{BudgetCaps, BudgetView};
use smartbox_core::ledger::Measure;

use super::Whose;
use crate::Outcome;
use crate::args::Limit;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{facts, moment};

/// Shows a budget.
pub(super) async fn run(client: &Client, whose: &Whose, console: &mut Console) -> Outcome {
    let view = fetch(client, whose).await?;
    tell(&view, console).await
}

/// The budget.
pub(super) async fn fetch(client: &Client, whose: &Whose) -> Result<BudgetView, Failure> {
    client.get(Route::v1(&whose.path())).await
}

/// Prints it.
pub(super) async fn tell(view: &BudgetView, console: &mut Console) -> Outcome {
    if console.wants_json() {
        console.json(view).await?;
    } else {
        console.text(&describe(view)).await?;
    }
    Ok(Exit::Success)
}

fn describe(view: &BudgetView) -> String {
    let mut lines = vec![("Of", view.box_id.clone().unwrap_or_else(|| view.org.clone()))];
    for (span, caps) in [("day", &view.day), ("month", &view.month)] {
        for (measure, cap) in caps_of(caps) {
            let bound =
                view.spent.iter().find(|bound| bound.span == span && bound.measure == measure.as_str());
            let name = match (span, measure) {
                ("day", Measure::Bandwidth) => "Daily bandwidth",
                ("day", Measure::Tokens) => "Daily tokens",
                ("day", _) => "Daily money",
                (_, Measure::Bandwidth) => "Monthly bandwidth",
                (_, Measure::Tokens) => "Monthly tokens",
                _ => "Monthly money",
            };
            lines.push((
                name,
                match bound {
                    Some(bound) => format!(
                        "{} of {}, anew at {}",
                        measure.words(bound.current),
                        measure.words(bound.limit),
                        moment(&bound.resets_at)
                    ),
                    None => Limit(measure, cap).to_string(),
                },
            ));
        }
    }
    facts(&lines)
}

fn caps_of(caps: &BudgetCaps) -> [(Measure, Option<u64>); 3] {
    [(Measure::Bandwidth, caps.bytes), (Measure::Tokens, caps.tokens), (Measure::Money, caps.money_nanos)]
}
