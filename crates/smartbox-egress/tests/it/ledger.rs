//! The gateway's ports, in memory: a budget, a list of calls, pictures that a test changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use smartbox_core::OrgId;
use smartbox_egress::{
    AiGateway, Ask, BoxShelves, CallLog, CallRecord, Denied, JoinTrace, Limits, ModelPlan, ModelPorts,
    ModelRoutes, ModelRules, ModelUpstream, PriceTable, Reservation, ServicesServer, Shelf, Spend, Spent,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::rig::{Loopback, Rig, a_box};

/// One dollar for a million tokens of either kind: a token costs 1,000 nano-dollars.
pub(crate) const PRICES: &str = r#"
[[price]]
model = "scripted-1"
dialect = "anthropic"
from = "2026-01-01"
input = "1"
output = "1"
"#;
pub(crate) const TOKEN_NANOS: u64 = 1_000;

/// A budget that holds: what is reserved counts until it is settled.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<u64, u64>,
    next: u64,
    spent: Vec<Spent>,
    /// The most that was ever set aside and spent together.
    highest: u64,
    settle_failures: u32,
}

impl Budget {
    pub(crate) fn of(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, state: Mutex::default() })
    }

    pub(crate) fn spent(&self) -> Vec<Spent> {
        self.state.lock().unwrap().spent.clone()
    }

    pub(crate) fn spent_nanos(&self) -> u64 {
        self.spent().iter().map(|spent| spent.nanos).sum()
    }

    pub(crate) fn highest(&self) -> u64 {
        self.state.lock().unwrap().highest
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.state.lock().unwrap().open.is_empty()
    }

    /// The next so many settlements fail.
    pub(crate) fn fails_to_settle(&self, times: u32) {
        self.state.lock().unwrap().settle_failures = times;
    }
}

#[async_trait::async_trait]
impl Spend for Budget {
    async fn reserve(&self, ask: &Ask) -> Result<Reservation, Denied> {
        let mut state = self.state.lock().unwrap();
        let taken: u64 =
            state.open.values().sum::<u64>() + state.spent.iter().map(|spent| spent.nanos).sum::<u64>();
        if taken + ask.nanos > self.limit {
            return Err(Denied::Over {
                what: "money".to_owned(),
                scope: "box".to_owned(),
                current: taken.to_string(),
                limit: self.limit.to_string(),
                resets_at: Some("2026-12-01T00:00:00Z".parse().unwrap()),
                message: format!("{taken} of {} are spent until 2026-12-01.", self.limit),
            });
        }
        state.highest = state.highest.max(taken + ask.nanos);
        state.next += 1;
        let id = state.next;
        state.open.insert(id, ask.nanos);
        Ok(Reservation(Arc::new(id)))
    }

    async fn settle(&self, reservation: &Reservation, spent: &Spent) -> Result<(), String> {
        let mut state = self.state.lock().unwrap();
        if state.settle_failures > 0 {
            state.settle_failures -= 1;
            return Err("the database is away".to_owned());
        }
        let id = reservation.0.downcast_ref::<u64>().unwrap();
        if state.open.remove(id).is_some() {
            state.spent.push(spent.clone());
        }
        Ok(())
    }
}

/// The list of calls.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<Vec<CallRecord>>);

impl Calls {
    /// Waits for so many calls.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<CallRecord> {
        loop {
            let calls = self.0.lock().unwrap().clone();
            if calls.len() >= count {
                return calls;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait::async_trait]
impl CallLog for Calls {
    async fn record(&self, calls: &[CallRecord]) -> Result<(), String> {
        self.0.lock().unwrap().extend_from_slice(calls);
        Ok(())
    }
}

/// To what calls of boxes say that they belong.
#[derive(Default)]
pub(crate) struct Joined(pub(crate) Mutex<Vec<Option<String>>>);

impl Joined {
    fn join(self: Arc<Self>) -> JoinTrace {
        Arc::new(move |_span, headers| {
            let parent = headers.get("traceparent").map(|parent| parent.to_str().unwrap().to_owned());
            self.0.lock().unwrap().push(parent);
        })
    }
}

/// A served box whose gateway has ports.
pub(crate) struct Counted {
    pub(crate) rig: Rig,
    pub(crate) budget: Arc<Budget>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) routes: watch::Sender<Arc<ModelRoutes>>,
    pub(crate) gateway: AiGateway,
    pub(crate) joined: Arc<Joined>,
    _run: JoinSet<()>,
}

pub(crate) fn an_org() -> OrgId {
    "org_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap()
}

/// A picture of one org with one box.
pub(crate) fn picture(
    platform: (Vec<ModelUpstream>, ModelRules),
    of_org: (Vec<ModelUpstream>, ModelRules),
    own: (Vec<ModelUpstream>, ModelRules),
) -> Arc<ModelRoutes> {
    let shelf = |(upstreams, rules)| Arc::new(Shelf::new(upstreams, rules).unwrap());
    let orgs = HashMap::from([(an_org(), shelf(of_org))]);
    let boxes = HashMap::from([(a_box(), BoxShelves { org: an_org(), own: Some(shelf(own)) })]);
    Arc::new(ModelRoutes::new(shelf(platform), orgs, boxes))
}

/// A layer that says nothing.
pub(crate) fn nothing() -> (Vec<ModelUpstream>, ModelRules) {
    (Vec::new(), ModelRules::default())
}

impl Counted {
    /// A gateway whose platform has the upstreams of the plan.
    pub(crate) async fn with_plan(plan: &ModelPlan, budget: u64) -> Result<Self> {
        let platform = (plan.upstreams().to_vec(), ModelRules::default());
        Self::start(plan, picture(platform, nothing(), nothing()), budget).await
    }

    pub(crate) async fn start(plan: &ModelPlan, picture: Arc<ModelRoutes>, budget: u64) -> Result<Self> {
        let (routes, followed) = watch::channel(picture);
        let (budget, calls) = (Budget::of(budget), Arc::new(Calls::default()));
        let joined = Arc::<Joined>::default();
        let ports = ModelPorts {
            traces: Some(Arc::clone(&joined).join()),
            routes: followed,
            prices: Arc::new(PriceTable::parse(PRICES)?),
            spend: Arc::clone(&budget) as Arc<dyn Spend>,
            log: Arc::clone(&calls) as Arc<dyn CallLog>,
            clock: Arc::new(|| "2026-11-29T12:00:00Z".parse().unwrap()),
        };
        let gateway = AiGateway::with_ports(plan.catalog().clone(), ports, Limits::default())?;
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let (server, ended) = (ServicesServer::new(gateway.clone()), stop.clone());
        let mut served = JoinSet::new();
        served.spawn(async move { server.serve(a_box(), Loopback(listener), Arc::default(), ended).await });
        let mut run = JoinSet::new();
        let (running, ended) = (gateway.clone(), stop.clone());
        run.spawn(async move { running.run(ended).await });
        let client = reqwest::Client::builder().no_proxy().build()?;
        let rig = Rig { address, client, stop, served };
        Ok(Self { rig, budget, calls, routes, gateway, joined, _run: run })
    }
}
