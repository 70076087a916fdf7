//! The AI gateway before a real, if small, language model: llama.cpp's server with SmolLM2, which speaks both dialects.
//!
//! `scripts/test-python.sh` installs both; `make test` calls it. They are never left out: without them these tests fail.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail like the tests themselves"
)]

mod model;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use smartbox_egress::{
    Accept, AiGateway, Ask, CallLog, CallRecord, Denied, Duplex, Limits, ModelPorts, ModelRoutes, ModelRules,
    ModelSettings, PriceTable, Reservation, ServicesServer, Shelf, Spend, Spent, UpstreamSettings,
    model_plan,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use model::SmallModel;

#[derive(Default)]
struct Kept(Mutex<Vec<CallRecord>>);

#[async_trait::async_trait]
impl Spend for Kept {
    async fn reserve(&self, _ask: &Ask) -> Result<Reservation, Denied> {
        Ok(Reservation(Arc::new(())))
    }

    async fn settle(&self, _reservation: &Reservation, _spent: &Spent) -> Result<(), String> {
        Ok(())
    }
}

#[async_trait::async_trait]
impl CallLog for Kept {
    async fn record(&self, calls: &[CallRecord]) -> Result<(), String> {
        self.0.lock().unwrap().extend_from_slice(calls);
        Ok(())
    }
}

struct Loopback(TcpListener);

#[async_trait::async_trait]
impl Accept for Loopback {
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>> {
        Ok(Box::new(self.0.accept().await?.0))
    }
}

/// A gateway of one box before the model.
async fn gateway(model: &SmallModel) -> (SocketAddr, Arc<Kept>, JoinSet<()>) {
    let of = UpstreamSettings {
        api_key: None,
        base_url: Some(model.url()),
        models: vec!["smollm2 context=2048 output=256".to_owned()],
    };
    let plan = model_plan(&ModelSettings { anthropic: of.clone(), openai: of, primary: None }).unwrap();
    let shelf = Arc::new(Shelf::new(plan.upstreams().to_vec(), ModelRules::default()).unwrap());
    let (_routes, followed) =
        watch::channel(Arc::new(ModelRoutes::new(shelf, HashMap::new(), HashMap::new())));
    let kept = Arc::new(Kept::default());
    let ports = ModelPorts {
        traces: None,
        routes: followed,
        prices: Arc::new(PriceTable::built_in().unwrap()),
        spend: Arc::clone(&kept) as Arc<dyn Spend>,
        log: Arc::clone(&kept) as Arc<dyn CallLog>,
        clock: Arc::new(|| "2026-11-29T12:00:00Z".parse().unwrap()),
    };
    let gateway = AiGateway::with_ports(plan.catalog().clone(), ports, Limits::default()).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (server, running) = (ServicesServer::new(gateway.clone()), gateway);
    let id = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let served = server.serve(id, Loopback(listener), Arc::default(), CancellationToken::new()).await;
        served.expect("the gateway serves");
    });
    tasks.spawn(async move { running.run(CancellationToken::new()).await });
    (address, kept, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_model_answers_in_both_dialects_and_its_own_counts_are_read() {
    let model = SmallModel::start().await;
    let (address, kept, _tasks) = gateway(&model).await;
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(120)).build().unwrap();
    let messages = json!([{ "role": "user", "content": "Say hello." }]);
    for path in ["/v1/messages", "/v1/chat/completions"] {
        let mut counted = Vec::new();
        for stream in [false, true] {
            let body = json!({ "model": "smollm2", "max_tokens": 24, "temperature": 0, "stream": stream, "messages": messages });
            let before = kept.0.lock().unwrap().len();
            let request = client.post(format!("http://{address}{path}")).json(&body);
            let answer = request.header("anthropic-version", "2023-06-01").send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let text = answer.text().await.unwrap();
            assert!(text.to_lowercase().contains("hello"), "{path} {stream}: {text}");
            if stream && path == "/v1/chat/completions" {
                let has_counts = |line: &str| {
                    let document =
                        line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok());
                    document.is_some_and(|chunk| chunk["choices"] == json!([]))
                };
                assert!(!text.lines().any(has_counts), "the counts were not asked for: {text}");
            }
            let call = loop {
                let newest = kept.0.lock().unwrap().get(before).cloned();
                match newest {
                    Some(call) => break call,
                    None => tokio::task::yield_now().await,
                }
            };
            assert!(
                !call.is_estimated && call.tokens.output > 0 && call.tokens.output <= 24,
                "{path}: {call:?}"
            );
            // What its cache held is counted apart.
            counted.push((call.tokens.input + call.tokens.cache_read, call.tokens.output));
        }
        assert_eq!(counted[0], counted[1], "{path}: streamed and whole take the same");
    }
    let path = format!("http://{address}/v1/messages/count_tokens");
    let body = json!({ "model": "smollm2", "messages": messages });
    let counted: Value = client.post(path).json(&body).send().await.unwrap().json().await.unwrap();
    assert!(counted["input_tokens"].as_u64().unwrap() > 2, "{counted}");
}
