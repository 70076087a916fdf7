//! `smartbox model calls`.

use clap::Args;
use smartbox_api::{ModelCallList, ModelCallView};

use super::BoxFlag;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Nano-dollars of a millionth of a dollar, which is the least that is shown.
const MICRO: u64 = 1_000;
/// Longest id of a model that is shown.
const MODEL_CHARS_MAX: usize = 40;

/// Flags of `model calls`.
#[derive(Debug, Args)]
pub struct CallsArgs {
    /// How many, the newest first
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Lists the newest calls.
pub(super) async fn run(client: &Client, args: &CallsArgs, console: &mut Console) -> Outcome {
    let (reference, limit) = (args.smartbox.reference(), args.limit.to_string());
    let path = ["boxes", reference.as_str(), "model-calls"];
    let list: ModelCallList = client.get(Route::v1(&path).query(&[("limit", &limit)])).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    if list.items.is_empty() {
        console.say("The box has asked no model in the last 30 days.").await;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 8]> = list.items.iter().map(row).collect();
    let header = ["WHEN", "MODEL", "BY", "STATUS", "IN", "OUT", "DOLLARS", "TIME"];
    console.text(&table::columns(header, &rows)).await?;
    if list.items.iter().any(|call| call.estimated) {
        console.say("~: an estimate, because the provider did not count.").await;
    }
    Ok(Exit::Success)
}

fn row(call: &ModelCallView) -> [String; 8] {
    let estimate = if call.estimated { "~" } else { "" };
    let read =
        call.input_tokens.saturating_add(call.cache_read_tokens).saturating_add(call.cache_write_tokens);
    let status = call.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    [
        table::moment(&call.at),
        table::cell(&call.model, MODEL_CHARS_MAX),
        call.provider.as_deref().map_or("-", |name| if call.cached { "memory" } else { name }).to_owned(),
        match call.outcome.as_str() {
            "complete" => status,
            other => format!("{status} {other}"),
        },
        format!("{estimate}{read}"),
        format!("{estimate}{}", call.output_tokens),
        dollars(call.nanos),
        format!("{}.{:03} s", call.duration_ms / 1000, call.duration_ms % 1000),
    ]
}

/// Dollars to six digits, rounded up: what costs something is never shown as nothing.
fn dollars(nanos: u64) -> String {
    let micros = nanos.div_ceil(MICRO);
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
