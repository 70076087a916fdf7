//! A gateway that serves one box on a loopback port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use secrecy::SecretString;
use serde_json::{Value, json};
use smartbox_core::BoxId;
use smartbox_egress::{
    Accept, AiGateway, Duplex, Limits, ModelPlan, ModelSettings, ServeError, ServicesServer,
    UpstreamSettings, model_plan,
};
use smartbox_testkit::scripted_model::ScriptedModel;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The key that never enters a box.
pub(crate) const REAL_KEY: &str = "sk-real-7f3a91";
/// What the box has instead.
pub(crate) const PLACEHOLDER: &str = "sk-smartbox-placeholder";

/// A served box and a client inside it.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    pub(crate) client: reqwest::Client,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinSet<Result<(), ServeError>>,
}

/// A turn in each dialect: path and body.
pub(crate) const TURNS: [&str; 3] = ["/v1/messages", "/v1/chat/completions", "/v1/responses"];

impl Rig {
    /// A gateway without upstreams.
    pub(crate) async fn demo() -> Result<Self> {
        Self::with_plan(ModelPlan::demo(), Limits::default()).await
    }

    /// A gateway whose upstreams are both this vendor, with the key it wants.
    pub(crate) async fn before(model: &ScriptedModel) -> Result<Self> {
        Self::with_limits(model, Limits::default()).await
    }

    pub(crate) async fn with_limits(model: &ScriptedModel, limits: Limits) -> Result<Self> {
        Self::with_plan(plan_for(model, REAL_KEY), limits).await
    }

    pub(crate) async fn with_plan(plan: ModelPlan, limits: Limits) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let served = serve(plan, limits, Loopback(listener), stop.clone())?;
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
        Ok(Self { address, client, stop, served })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request as OpenClaw's clients make it, placeholder included.
    pub(crate) fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let request = self.client.post(self.url(path)).json(body);
        match path.starts_with("/v1/messages") {
            true => request.header("x-api-key", PLACEHOLDER).header("anthropic-version", "2023-06-01"),
            false => request.header("authorization", format!("Bearer {PLACEHOLDER}")),
        }
    }
}

/// Serves a box with a listener.
pub(crate) fn serve(
    plan: ModelPlan,
    limits: Limits,
    listener: impl Accept + 'static,
    stop: CancellationToken,
) -> Result<JoinSet<Result<(), ServeError>>> {
    let server = ServicesServer::new(AiGateway::new(plan, limits)?);
    let mut served = JoinSet::new();
    served.spawn(async move { server.serve(a_box(), listener, Arc::default(), stop).await });
    Ok(served)
}

pub(crate) fn a_box() -> BoxId {
    "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap()
}

/// A plan whose upstreams are both this vendor.
pub(crate) fn plan_for(model: &ScriptedModel, key: &str) -> ModelPlan {
    plan_at(&model.anthropic_base_url(), &model.openai_base_url(), key)
}

pub(crate) fn plan_at(anthropic: &str, openai: &str, key: &str) -> ModelPlan {
    let upstream = |base_url: &str| UpstreamSettings {
        api_key: Some(SecretString::from(key)),
        base_url: Some(base_url.to_owned()),
        models: vec!["scripted-1".to_owned()],
    };
    let settings = ModelSettings { anthropic: upstream(anthropic), openai: upstream(openai), primary: None };
    model_plan(&settings).unwrap()
}

/// A turn that says one thing.
pub(crate) fn turn(path: &str, text: &str, stream: bool) -> Value {
    let message = json!([{ "role": "user", "content": text }]);
    match path {
        "/v1/responses" => json!({ "model": "scripted-1", "input": message, "stream": stream }),
        _ => json!({ "model": "scripted-1", "max_tokens": 100, "messages": message, "stream": stream }),
    }
}

/// The message of an error, in the shape of the path's dialect; fails if it has another shape.
pub(crate) fn error_message(path: &str, document: &Value) -> String {
    if path.starts_with("/v1/messages") {
        assert_eq!(document["type"], "error", "{document}");
        assert!(document["error"]["type"].is_string(), "{document}");
    } else {
        let error = document["error"].as_object().unwrap();
        for field in ["type", "code", "param"] {
            assert!(error.contains_key(field), "{document}");
        }
    }
    document["error"]["message"].as_str().unwrap().to_owned()
}

/// Connections from a socket instead of a box.
pub(crate) struct Loopback(pub(crate) TcpListener);

#[async_trait::async_trait]
impl Accept for Loopback {
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>> {
        let (stream, _) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}
