//! `smartbox file put`.

use std::path::{Path, PathBuf};

use clap::Args;
use smartbox_api::FileView;
use tokio::io::AsyncRead;

use super::BoxPath;
use crate::Outcome;
use crate::client::{Client, Condition, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::{BoxFlag, size};

/// Flags of `file put`.
#[derive(Debug, Args)]
pub struct PutArgs {
    /// The file here; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The path that it gets in the box; one that ends with `/` is a directory that it goes into
    #[arg(value_name = "PATH")]
    path: String,
    /// Replace nothing
    #[arg(long, conflicts_with = "if_match")]
    new: bool,
    /// Write only if the file in the box has this ETag
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
    /// Make the directories on the way
    #[arg(long, short)]
    parents: bool,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Uploads a file. What breaks off changes nothing in the box.
pub(super) async fn run(client: &Client, args: PutArgs, console: &mut Console) -> Outcome {
    let usage = |what: String| Failure::new(Exit::Usage, what);
    let mut path: BoxPath = args.path.parse().map_err(|why| usage(format!("PATH: {why}.")))?;
    if args.path.ends_with('/') || path.is_home() {
        let name = args.file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
        path = path.join(name.ok_or_else(|| usage("PATH: name the file.".to_owned()))?);
    }
    let condition = match args.if_match {
        Some(tag) => Condition::Match(tag),
        None if args.new => Condition::Absent,
        None => Condition::None,
    };
    let content: Box<dyn AsyncRead + Send + Unpin> = if args.file == Path::new("-") {
        console.take_stdin().unwrap_or_else(|| Box::new(tokio::io::empty()))
    } else {
        let opened = tokio::fs::File::open(&args.file).await;
        Box::new(opened.map_err(|error| {
            Failure::new(Exit::Failed, format!("{} could not be read.", args.file.display()))
                .detail(error.to_string())
        })?)
    };
    let reference = args.smartbox.reference();
    let route = path.route(reference.as_str());
    let query: &[(&str, &str)] = if args.parents { &[("parents", "true")] } else { &[] };
    let view: FileView = client.upload(Route::v1(&route).query(query), &condition, content).await?;
    if console.wants_json() {
        console.json(&view).await?;
        return Ok(Exit::Success);
    }
    console.say(&format!("{} written, {}.", path.as_str(), size(view.bytes))).await;
    Ok(Exit::Success)
}
