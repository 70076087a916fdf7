//! `smartbox model provider set`.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use smartbox_api::{ProviderModel, ProviderPrice, ProviderView, SetProvider};

use super::ScopeArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Longest key that is read, in bytes.
const KEY_BYTES_MAX: u64 = 8 * 1024;

/// Flags of `model provider set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Its name: lower-case letters, digits and `-`
    #[arg(value_name = "NAME")]
    name: String,
    /// What it speaks
    #[arg(long, value_name = "DIALECT", value_parser = PossibleValuesParser::new(["anthropic", "openai"]))]
    dialect: String,
    /// Any server that speaks it [default: the vendor's own]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Read its key from a file; `-` is standard input [default: the key stays as it is]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Take its key away
    #[arg(long, conflicts_with = "key_file")]
    no_key: bool,
    /// A model it has, if wanted with its sizes in tokens: `ID`, `ID:CONTEXT`, `ID::ANSWER` or `ID:CONTEXT:ANSWER`; several
    /// times, or with commas [default: every model]
    #[arg(long = "model", value_name = "MODEL", value_delimiter = ',')]
    models: Vec<String>,
    /// Dollars for a million tokens: INPUT:OUTPUT, or INPUT:OUTPUT:CACHE-READ:CACHE-WRITE [default: the vendor's list]
    #[arg(long, value_name = "DOLLARS")]
    price: Option<String>,
    /// Let it be at an address that is not public, and be spoken to without TLS (the platform's admin only)
    #[arg(long)]
    inside: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Makes or replaces a provider. Its key comes from a file or from standard input, and from nowhere else: others can see a
/// command line and a program's variables.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let usage = |problem: String| Failure::new(Exit::Usage, problem);
    let models = args.models.iter().map(|text| model(text)).collect::<Result<_, _>>().map_err(usage)?;
    let price = args.price.as_deref().map(price).transpose().map_err(usage)?;
    let key = match &args.key_file {
        Some(path) => Some(key(path, console).await?),
        None => None,
    };
    let body = SetProvider {
        dialect: args.dialect,
        base_url: args.url,
        key,
        no_key: args.no_key,
        models,
        price,
        inside: args.inside,
    };
    let path = ["models", "providers", args.name.as_str()];
    let view: ProviderView = client.put_json(Route::v1(&path).query(&args.scope.query()), &body).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    let key = view.key_hint.map_or_else(|| "no key".to_owned(), |hint| format!("the key {hint}"));
    console
        .say(&format!(
            "The model provider `{}` is set, with {key}. It counts from the next call on.",
            view.name
        ))
        .await;
    Ok(Exit::Success)
}

async fn key(path: &Path, console: &mut Console) -> Result<String, Failure> {
    if path == Path::new("-") {
        return Ok(console.read_text(KEY_BYTES_MAX).await?.trim().to_owned());
    }
    let cannot = |why: String| {
        Failure::new(Exit::Usage, format!("The file {} cannot be read: {why}.", path.display()))
    };
    let size = tokio::fs::metadata(path).await.map_err(|error| cannot(error.to_string()))?.len();
    if size > KEY_BYTES_MAX {
        return Err(cannot("it is too large for a key".to_owned()));
    }
    let text = tokio::fs::read_to_string(path).await.map_err(|error| cannot(error.to_string()))?;
    Ok(text.trim().to_owned())
}

/// `ID`, `ID:CONTEXT`, `ID::ANSWER` or `ID:CONTEXT:ANSWER`. Ids may have a colon themselves (`qwen3:8b`): only numbers at the end are
/// sizes.
fn model(text: &str) -> Result<ProviderModel, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_size = |part: &&str| part.is_empty() || part.bytes().all(|byte| byte.is_ascii_digit());
    let count = parts.iter().skip(1).rev().take(2).take_while(|part| is_size(part)).count();
    let (id, sizes) = parts.split_at(parts.len() - count);
    let size = |index: usize| match sizes.get(index).copied() {
        None | Some("") => Ok(None),
        Some(digits) => {
            digits.parse::<u32>().map(Some).map_err(|_error| format!("`{text}` has a size that is none"))
        }
    };
    Ok(ProviderModel { id: id.join(":"), context_window: size(0)?, output_tokens_max: size(1)? })
}

fn price(text: &str) -> Result<ProviderPrice, String> {
    let parts: Vec<String> = text.split(':').map(str::to_owned).collect();
    match <[String; 2]>::try_from(parts) {
        Ok([input, output]) => Ok(ProviderPrice { input, output, cache_read: None, cache_write: None }),
        Err(parts) => match <[String; 4]>::try_from(parts) {
            Ok([input, output, cache_read, cache_write]) => Ok(ProviderPrice {
                input,
                output,
                cache_read: Some(cache_read),
                cache_write: Some(cache_write),
            }),
            Err(_) => {
                Err("A price is INPUT:OUTPUT, or INPUT:OUTPUT:CACHE-READ:CACHE-WRITE, such as 2.50:10"
                    .to_owned())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_at_the_end_of_a_model() {
        for (text, id, context, output) in [
            ("qwen3", "qwen3", None, None),
            ("qwen3:8b", "qwen3:8b", None, None),
            ("qwen3:8b:32768", "qwen3:8b", Some(32_768), None),
            ("qwen3:8b::4096", "qwen3:8b", None, Some(4_096)),
            ("a:1:2", "a", Some(1), Some(2)),
        ] {
            let read = model(text).unwrap();
            assert_eq!(
                (read.id.as_str(), read.context_window, read.output_tokens_max),
                (id, context, output),
                "{text}"
            );
        }
        assert!(model("a:99999999999").is_err());
    }

    #[test]
    fn a_price_has_two_parts_or_four() {
        assert_eq!(price("2.50:10").unwrap().cache_read, None);
        assert_eq!(price("1:2:3:4").unwrap().cache_write.as_deref(), Some("4"));
        assert!(price("1").is_err() && price("1:2:3").is_err());
    }
}
