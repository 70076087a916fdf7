//! The programs of `bench/edge.py`: an edge with a box whose gateway is any server, a server of sockets, and a load of them.
//!
//! ```text
//! edge_bench edge <gateway's address>      prints its address and credentials as JSON; ends with standard input
//! edge_bench echo                          prints its address; answers every frame with one
//! edge_bench sockets <json>                opens sockets, sends through them, prints what came of it
//! ```

mod echo;
mod platform;
mod sockets;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, stdin};

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    // One worker: peers get one process or thread, too. The main thread accepts connections and waits.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["edge", gateway] => platform::serve(gateway.parse().context("not an address")?).await,
            ["echo"] => echo::serve().await,
            ["sockets", load] => sockets::run(serde_json::from_str(load).context("not a load")?).await,
            _ => bail!("edge_bench edge <address> | echo | sockets <json>"),
        }
    })
}

/// Waits until whoever started this program lets it go.
async fn released() {
    let mut nothing = Vec::new();
    let _end = stdin().read_to_end(&mut nothing).await;
}

#[expect(clippy::print_stdout, reason = "the program's output")]
fn print(line: &serde_json::Value) {
    println!("{line}");
}
