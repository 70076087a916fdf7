//! Puts the boxes of a platform that is gone to sleep and wakes them, again and again: what `bench/sleep.py` measures.
//!
//! `sleep DATA_DIR DEPTH ROUNDS`: one line of JSON for each round, times in milliseconds, memory in bytes.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::PathBuf;
use std::time::Duration;

use smartbox_core::{BoxId, SleepDepth};
use smartbox_provider::{Epoch, Link, Provider};
use smartbox_providers::local::{LocalConfig, LocalProvider};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// Where the gateway listens in its box.
const GATEWAY_PORT: u16 = 18789;
/// The gateway's shortest answer.
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:18789\r\nconnection: close\r\n\r\n";
/// How long a box sleeps in each round.
const ASLEEP: Duration = Duration::from_millis(500);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &'static str| arguments.next().ok_or(what);
    let data_dir = PathBuf::from(next("DATA_DIR is missing")?);
    let word = next("DEPTH is missing")?;
    let depth = SleepDepth::ALL.into_iter().find(|depth| depth.as_str() == word).ok_or("no such depth")?;
    let rounds: u32 = next("ROUNDS is missing")?.parse()?;

    // Nothing is started here, so no boxd is needed.
    let provider = LocalProvider::new(LocalConfig::new(data_dir, "/nonexistent"))?;
    if provider.capabilities().deepest_sleep < Some(depth) {
        return Err(format!("boxes of this host cannot be {word}").into());
    }
    let seen = provider.observe_all().await?;
    for _ in 0..rounds {
        for found in &seen {
            round(&provider, found.id, found.epoch, depth).await?;
        }
    }
    Ok(())
}

async fn round(provider: &LocalProvider, id: BoxId, epoch: Epoch, depth: SleepDepth) -> Result<(), Failure> {
    let before = provider.memory(id).await?.ok_or("the box has no processes")?;
    let begun = Instant::now();
    provider.ensure_asleep(id, epoch, depth).await?;
    let sleep = begun.elapsed();
    let asleep = provider.memory(id).await?.ok_or("the box has no processes")?;
    tokio::time::sleep(ASLEEP).await;

    let begun = Instant::now();
    provider.ensure_awake(id, epoch).await?;
    let thaw = begun.elapsed();
    let mut stream = provider.dial(id, GATEWAY_PORT).await?;
    stream.write_all(REQUEST).await?;
    let first = stream.read_u8().await?;
    let first_byte = begun.elapsed();
    assert_eq!(first, b'H', "an HTTP answer");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    let after = provider.memory(id).await?.ok_or("the box has no processes")?;

    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    println!(
        r#"{{"sleep_ms":{:.3},"thaw_ms":{:.3},"first_byte_ms":{:.3},"before":{},"asleep":{},"swap":{},"after":{}}}"#,
        ms(sleep),
        ms(thaw),
        ms(first_byte),
        before.pss_bytes,
        asleep.pss_bytes,
        asleep.swap_bytes,
        after.pss_bytes
    );
    Ok(())
}
