//! What the AI gateway needs of the platform.

pub(crate) mod door;
pub(crate) mod routes;
mod spend;

use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use smartbox_control::{Clock, Control, ModelCall};
use smartbox_edge::ports::Traces;
use smartbox_egress::{
    AiGateway, CallLog, CallRecord, JoinTrace, Limits, ModelPlan, ModelPorts, ModelRoutes, PriceTable,
};
use tokio::sync::watch;

use spend::LedgerSpend;

/// The gateway, and the ends that are connected once there is a control.
pub(crate) struct Models {
    pub(crate) gateway: AiGateway,
    pub(crate) routes: watch::Sender<Arc<ModelRoutes>>,
    pub(crate) control: Arc<OnceLock<Control>>,
}

impl Models {
    /// Builds the gateway; until its picture is published, nobody is served.
    ///
    /// # Errors
    /// The machine cannot verify TLS certificates.
    pub(crate) fn new(
        plan: &ModelPlan,
        clock: &Arc<dyn Clock>,
        traces: Option<&Arc<dyn Traces>>,
    ) -> Result<Self> {
        let (routes, followed) = watch::channel(Arc::default());
        let control = Arc::new(OnceLock::new());
        let clock = Arc::clone(clock);
        let ports = ModelPorts {
            routes: followed,
            prices: Arc::new(PriceTable::built_in().context("this build of Smartbox is damaged")?),
            spend: Arc::new(LedgerSpend(Arc::clone(&control))),
            log: Arc::new(CallTable(Arc::clone(&control))),
            clock: Arc::new(move || clock.now()),
            traces: traces.map(joining),
        };
        let gateway = AiGateway::with_ports(plan.catalog().clone(), ports, Limits::default())?;
        Ok(Self { gateway, routes, control })
    }
}

/// Calls of boxes belong where their gateways say.
fn joining(traces: &Arc<dyn Traces>) -> JoinTrace {
    let traces = Arc::clone(traces);
    Arc::new(move |span, headers| {
        // One that names no trace begins one.
        let _joined = traces.join(span, headers);
    })
}

/// Calls are appended to a table.
struct CallTable(Arc<OnceLock<Control>>);

#[async_trait::async_trait]
impl CallLog for CallTable {
    async fn record(&self, calls: &[CallRecord]) -> Result<(), String> {
        let Some(control) = self.0.get() else { return Err("the platform is not ready".to_owned()) };
        let rows: Vec<ModelCall> = calls.iter().map(row).collect();
        control.record_model_calls(&rows).await.map_err(|error| error.to_string())
    }
}

fn row(call: &CallRecord) -> ModelCall {
    ModelCall {
        box_id: call.box_id,
        at: call.at,
        via: call.via.clone(),
        dialect: call.dialect.name().to_owned(),
        path: call.path.to_owned(),
        model: call.model.clone(),
        provider: call.provider.clone(),
        status: call.status,
        outcome: call.outcome.to_owned(),
        code: call.code.map(str::to_owned),
        tokens: call.tokens,
        nanos: call.nanos,
        is_estimated: call.is_estimated,
        is_cached: call.is_cached,
        duration_ms: call.duration_ms,
        prompt: call.prompt.clone(),
    }
}
