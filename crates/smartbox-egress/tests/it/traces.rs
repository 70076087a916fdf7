//! The place of a model call in a trace.

use anyhow::Result;
use smartbox_testkit::scripted_model::ScriptedModel;

use crate::ledger::Counted;
use crate::rig::{REAL_KEY, TURNS, plan_for, turn};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_call_of_a_box_goes_on_in_the_trace_that_it_names_and_no_vendor_hears_of_it() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan_for(&model, REAL_KEY), 1_000_000_000).await?;
    for path in TURNS {
        let request = counted.rig.post(path, &turn(path, "hello", false)).header("traceparent", PARENT);
        let answer = request.header("tracestate", "vendor=1").send().await?;
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(*counted.joined.0.lock().unwrap(), [PARENT; 3].map(|parent| Some(parent.to_owned())));
    let requests = model.requests();
    assert_eq!(requests.len(), TURNS.len());
    for name in ["traceparent", "tracestate"] {
        assert!(requests.iter().all(|request| !request.headers.contains_key(name)), "{name}");
    }
    Ok(())
}
