//! The log: one event a call, and nothing that was said in it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use smartbox_testkit::scripted_model::{Gate, ModelScript, ScriptedModel, Step};
use tracing_subscriber::fmt::MakeWriter;

use crate::rig::{PLACEHOLDER, REAL_KEY, Rig, a_box, turn};
use crate::sse;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn calls(&self) -> Vec<String> {
        self.text().lines().filter(|line| line.contains("model call")).map(str::to_owned).collect()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn every_call_is_logged_once_without_content_or_keys() -> Result<()> {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(captured.clone())
        .with_max_level(tracing::Level::DEBUG)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let path = "/v1/messages";

    rig.post(path, &turn(path, "a-secret-word", true)).send().await?.bytes().await?;
    model.script(ModelScript::error(429));
    rig.post(path, &turn(path, "a-secret-word", true)).send().await?.bytes().await?;
    rig.client.post(rig.url(path)).body("{").send().await?.bytes().await?;
    model.script(ModelScript::Answer(vec![Step::Say("begun".to_owned()), Step::Wait(Gate::closed())]));
    let mut events = sse::events(rig.post(path, &turn(path, "a-secret-word", true)).send().await?);
    events.next().await?;
    drop(events);
    let mut hostile = turn(path, "a-secret-word", false);
    hostile["model"] = "evil\nmodel".into();
    rig.post(path, &hostile).send().await?.bytes().await?;

    while captured.calls().len() < 5 {
        tokio::task::yield_now().await;
    }
    let log = captured.text();
    for secret in ["a-secret-word", REAL_KEY, PLACEHOLDER] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let calls = captured.calls();
    let has =
        |words: &[&str]| calls.iter().filter(|call| words.iter().all(|word| call.contains(word))).count();
    let this_box = format!("box_id={}", a_box());
    assert_eq!(has(&[&this_box, "dialect=anthropic", "duration_ms="]), 5, "{log}");
    assert_eq!(has(&["status=200", "outcome=\"complete\"", "model=\"scripted-1\""]), 1);
    assert_eq!(has(&["status=429", "outcome=\"complete\""]), 1);
    assert_eq!(has(&["status=400", "code=\"malformed_request\""]), 1);
    assert_eq!(has(&["outcome=\"abandoned\""]), 1);
    assert_eq!(has(&["model=\"evil\\nmodel\""]), 1);
    Ok(())
}
