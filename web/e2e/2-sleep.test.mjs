// A chat across a sleep: the page stays open, and nobody notices.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { visit } from "./browser.mjs";
import { at, box, smartbox } from "./platform.mjs";

/** Longest wait for a change of the box's state. */
const STATE_MS_MAX = 120_000;
/** What a page asks for the first time may be somebody's doing. It has asked for all that it asks by itself after a minute. */
const LOADED_MS = 65_000;
/** An idle page asks for its lists by itself every 30 seconds: long enough to see that this wakes nobody. */
const ASLEEP_MS = 35_000;

async function waitForPhase(phase) {
  const deadline = Date.now() + STATE_MS_MAX;
  for (;;) {
    const view = await box();
    if (view.phase === phase) return view;
    assert.ok(Date.now() < deadline, `the box is ${view.phase} and not ${phase}`);
    await pause(250);
  }
}

test("a chat goes on where it was after its box has slept", async () => {
  await visit(async (visitor) => {
    await visitor.signIn();
    await visitor.open(at());
    await visitor.waitForChat();
    await visitor.chat("before the sleep");
    const before = await box();
    // A reload would lose this.
    await visitor.page.evaluate(() => (globalThis.wasHereBefore = true));
    const navigations = [];
    visitor.page.on("framenavigated", (frame) => navigations.push(frame.url()));
    const sockets = visitor.openSockets.size;

    await pause(LOADED_MS);
    await smartbox("box", "sleep");
    await waitForPhase("sleeping");
    await pause(ASLEEP_MS);
    assert.equal((await box()).phase, "sleeping", "what the page asks for by itself wakes nobody");
    assert.equal(visitor.openSockets.size, sockets, "its socket stays open");

    await visitor.chat("after the sleep");
    const after = await box();
    assert.equal(after.phase, "running");
    assert.deepEqual([after.pid, after.restarts], [before.pid, before.restarts], "the same process");
    await visitor.waitForAnswer("before the sleep");
    assert.equal(await visitor.page.evaluate(() => globalThis.wasHereBefore), true, "nothing was loaded anew");
    assert.deepEqual(navigations, []);
    assert.deepEqual(visitor.complaints, []);

    const why = await smartbox("why", "home");
    assert.match(why, /running|awake/i);
  });
});
