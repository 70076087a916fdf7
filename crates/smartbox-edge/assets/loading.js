"use strict";
// Shows how a box starts, from `/_smartbox/boxes/{box}/state`, and opens the wanted page when the box is ready.
(() => {
  const POLL_MS = 700;
  const POLL_LOST_MS = 2000;
  const RELOAD_MIN_MS = 1500;
  const LINES = {
    image: "Looking for the box’s image.",
    volume: "Preparing the disk and the isolation.",
    process: "The agent’s gateway is loading. This takes about ten seconds.",
    listening: "The gateway answers and finishes its start.",
    ready: "The last checks.",
  };
  const TITLES = { stopping: "Stopping, then starting again", sleeping: "Waking", waking: "Waking" };
  const WAITS = {
    stopping: "The box finishes its work and starts right after.",
    sleeping: "The box wakes in a moment.",
    waking: "The box wakes in a moment.",
  };
  const byId = (id) => document.getElementById(id);
  const first = JSON.parse(byId("state").textContent);
  const path = `/_smartbox/boxes/${first.id}`;
  const steps = [...byId("stages").children];
  const order = steps.map((step) => step.dataset.stage);
  const opened = Date.now();
  let timer = 0;
  let reachedNow = -1;

  const write = (id, text) => {
    const element = byId(id);
    // Only a change is written: screen readers read each one aloud.
    if (element.textContent !== (text || "")) element.textContent = text || "";
  };

  const showSteps = (now, isStuck) => {
    // A box that never began to start has no steps to show.
    byId("stages").hidden = now < 0;
    reachedNow = now;
    steps.forEach((step, index) => {
      step.className = index < now ? "done" : index === now ? (isStuck ? "stuck" : "now") : "";
      if (index === now) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
  };

  const showTrouble = (error) => {
    byId("trouble").hidden = !error;
    write("trouble-title", error && error.title);
    write("trouble-detail", error && error.detail);
    write("trouble-remedy", error && error.remedy);
    byId("trouble-detail").hidden = !(error && error.detail);
    byId("trouble-remedy").hidden = !(error && error.remedy);
    byId("line").hidden = Boolean(error);
    byId("elapsed").hidden = Boolean(error);
    byId("retry").disabled = false;
  };

  const seconds = (ms) => `${Math.max(0, Math.floor(ms / 1000))} s`;

  const show = (state) => {
    const stage = state.ready ? "ready" : state.stage;
    const now = stage ? order.indexOf(stage) : state.error ? -1 : 0;
    showTrouble(state.error);
    if (state.error) {
      write("title", "The box did not start");
      showSteps(reachedNow, true);
      return;
    }
    const isAsleep = ["sleeping", "waking"].includes(state.phase);
    write("title", TITLES[state.phase] || "Starting");
    write("line", state.ready ? "Opening the page." : WAITS[state.phase] || LINES[order[now]]);
    // A box that wakes is there in one step.
    showSteps(state.ready ? order.length : isAsleep ? -1 : now, false);
    const elapsed = state.elapsed_ms === null ? Date.now() - opened : state.elapsed_ms;
    write("elapsed", seconds(elapsed));
  };

  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(poll, ms);
  };

  async function poll() {
    let response;
    try {
      response = await fetch(`${path}/state`, { cache: "no-store", credentials: "same-origin" });
    } catch {
      write("line", "The connection to the platform is lost. Trying again.");
      return later(POLL_LOST_MS);
    }
    // Signed out, or the box is gone: the page itself says it better.
    if (response.status === 401 || response.status === 404) return location.reload();
    if (!response.ok) return later(POLL_LOST_MS);
    const state = await response.json();
    show(state);
    if (!state.ready) return later(state.error ? POLL_LOST_MS : POLL_MS);
    setTimeout(() => location.reload(), Math.max(0, opened + RELOAD_MIN_MS - Date.now()));
  }

  byId("retry").addEventListener("click", async () => {
    byId("retry").disabled = true;
    clearTimeout(timer);
    try {
      const response = await fetch(`${path}/wake`, { method: "POST", credentials: "same-origin" });
      if (response.ok) {
        show({ ...first, phase: "starting", stage: null, elapsed_ms: null, ready: false, error: null });
        return later(POLL_MS);
      }
      const problem = await response.json();
      showTrouble({ title: problem.title, detail: problem.detail, remedy: problem.remedy });
    } catch {
      showTrouble({ title: "The platform does not answer", detail: null, remedy: "Try again in a moment." });
    }
  });

  show(first);
  // What was refused stays refused until somebody tries again.
  if (!first.refused) later(POLL_MS);
})();
