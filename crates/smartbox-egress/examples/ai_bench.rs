//! Three programs for `bench/ai.py`: a model that answers at once, the AI gateway of one box before it, and a load of so many requests a second.
//!
//! ```text
//! ai_bench upstream                        prints its address and serves until its input ends
//! ai_bench gateway ADDRESS                 prints its address and serves until its input ends
//! ai_bench load ADDRESS RATE SECONDS whole|stream    prints what it measured, in microseconds, as JSON
//! ```

#![expect(clippy::print_stdout, reason = "a bench talks to its caller")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use smartbox_egress::{
    Accept, AiGateway, Ask, CallLog, CallRecord, Denied, Duplex, Limits, ModelPorts, ModelRoutes, ModelRules,
    ModelSettings, PriceTable, Reservation, ServicesServer, Shelf, Spend, Spent, UpstreamSettings,
    model_plan,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Pieces of a streamed answer.
const PIECES: usize = 20;
/// Bytes of a prompt, as an agent's turn has them.
const PROMPT_BYTES: usize = 60_000;
/// Requests before those that are measured.
const WARM_UP: usize = 200;

type Body = UnsyncBoxBody<Bytes, Infallible>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["upstream"] => upstream().await,
        ["gateway", upstream] => gateway(upstream).await,
        ["load", address, rate, seconds, kind] => {
            load(address, rate.parse()?, seconds.parse()?, *kind == "stream").await
        }
        _ => bail!("see the head of this file"),
    }
}

/// Listens, says where, and ends with standard input.
async fn listen() -> Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    Ok(listener)
}

async fn input_ends() {
    let mut rest = Vec::new();
    let _ends = tokio::io::stdin().read_to_end(&mut rest).await;
}

async fn upstream() -> Result<()> {
    let listener = listen().await?;
    let mut connections = JoinSet::new();
    let mut ends = std::pin::pin!(input_ends());
    loop {
        tokio::select! {
            () = &mut ends => return Ok(()),
            accepted = listener.accept() => {
                let (socket, _) = accepted?;
                socket.set_nodelay(true)?;
                connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer)));
            }
        }
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let is_streamed = body.windows(13).any(|window| window == b"\"stream\":true");
    let (kind, body): (_, Body) = if is_streamed {
        let start = json!({ "type": "message_start", "message": { "usage": { "input_tokens": 10, "output_tokens": 1 } } });
        let piece = json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": "some words " } });
        let end = json!({ "type": "message_delta", "usage": { "output_tokens": 5 } });
        let mut events = vec![format!("event: message_start\ndata: {start}\n\n")];
        events.extend(vec![format!("event: content_block_delta\ndata: {piece}\n\n"); PIECES]);
        events.push(format!("event: message_delta\ndata: {end}\n\n"));
        let frames = events.into_iter().map(|event| Ok(Frame::data(Bytes::from(event))));
        ("text/event-stream", StreamBody::new(stream::iter(frames)).boxed_unsync())
    } else {
        let document = json!({ "type": "message", "content": [{ "type": "text", "text": "some words" }],
            "usage": { "input_tokens": 10, "output_tokens": 5 } });
        ("application/json", Full::new(Bytes::from(document.to_string())).boxed_unsync())
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    Ok(response)
}

/// Grants everything: what a budget costs is measured where budgets are kept.
struct Free;

#[async_trait::async_trait]
impl Spend for Free {
    async fn reserve(&self, _ask: &Ask) -> Result<Reservation, Denied> {
        Ok(Reservation(Arc::new(())))
    }

    async fn settle(&self, _reservation: &Reservation, _spent: &Spent) -> Result<(), String> {
        Ok(())
    }
}

#[async_trait::async_trait]
impl CallLog for Free {
    async fn record(&self, _calls: &[CallRecord]) -> Result<(), String> {
        Ok(())
    }
}

struct Loopback(TcpListener);

#[async_trait::async_trait]
impl Accept for Loopback {
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>> {
        let (socket, _) = self.0.accept().await?;
        socket.set_nodelay(true)?;
        Ok(Box::new(socket))
    }
}

async fn gateway(upstream: &str) -> Result<()> {
    let of = UpstreamSettings {
        api_key: Some("sk-bench".into()),
        base_url: Some(format!("http://{upstream}")),
        models: vec!["claude-sonnet-5".to_owned()],
    };
    let settings = ModelSettings { anthropic: of, ..ModelSettings::default() };
    let plan = model_plan(&settings).map_err(|bad| anyhow::anyhow!("{bad:?}"))?;
    let shelf = Arc::new(Shelf::new(plan.upstreams().to_vec(), ModelRules::default())?);
    let (_routes, followed) =
        watch::channel(Arc::new(ModelRoutes::new(shelf, HashMap::new(), HashMap::new())));
    let ports = ModelPorts {
        traces: None,
        routes: followed,
        prices: Arc::new(PriceTable::built_in()?),
        spend: Arc::new(Free),
        log: Arc::new(Free),
        // What it costs does not matter here.
        clock: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
    };
    let limits = Limits { connections_max: 4096, ..Limits::default() };
    let gateway = AiGateway::with_ports(plan.catalog().clone(), ports, limits)?;
    let (stop, server) = (CancellationToken::new(), ServicesServer::new(gateway.clone()));
    let listener = Loopback(listen().await?);
    let id = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().context("an id")?;
    tokio::select! {
        () = input_ends() => Ok(()),
        () = gateway.run(stop.clone()) => Ok(()),
        served = server.serve(id, listener, Arc::default(), stop.clone()) => Ok(served?),
    }
}

/// What one request took, in microseconds: to the first byte of the answer's body, and to its end.
type Took = (u64, u64);

async fn load(address: &str, rate: u32, seconds: u32, streams: bool) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let url = format!("http://{address}/v1/messages");
    let body = Bytes::from(
        json!({ "model": "claude-sonnet-5", "max_tokens": 100, "stream": streams,
            "messages": [{ "role": "user", "content": "x".repeat(PROMPT_BYTES) }] })
        .to_string(),
    );
    let ask = move || {
        let request = client.post(&url).header("anthropic-version", "2023-06-01").body(body.clone());
        async move {
            let began = Instant::now();
            let mut answer = request.send().await?.error_for_status()?;
            let mut first = None;
            while answer.chunk().await?.is_some() {
                first.get_or_insert_with(|| began.elapsed());
            }
            let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            anyhow::Ok::<Took>((micros(first.unwrap_or_default()), micros(began.elapsed())))
        }
    };
    for _ in 0..WARM_UP {
        ask().await?;
    }
    // Requests come by the clock, whether earlier ones are answered or not.
    let mut clock = interval(Duration::from_secs(1) / rate);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asking = JoinSet::new();
    for _ in 0..rate.saturating_mul(seconds) {
        clock.tick().await;
        asking.spawn(ask());
    }
    let took: Vec<Took> = asking.join_all().await.into_iter().collect::<Result<_>>()?;
    let percentile = |mut all: Vec<u64>, part: usize| -> u64 {
        all.sort_unstable();
        all.get((all.len() * part / 1000).min(all.len().saturating_sub(1))).copied().unwrap_or(0)
    };
    let (first, whole): (Vec<u64>, Vec<u64>) = took.into_iter().unzip();
    println!(
        "{}",
        json!({ "p50": percentile(whole.clone(), 500), "p99": percentile(whole, 990),
            "first_p50": percentile(first.clone(), 500), "first_p99": percentile(first, 990) })
    );
    Ok(())
}
