// Boxes that do not run: one that was stopped, and one that cannot start.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BOOT_MS_MAX, visit } from "./browser.mjs";
import { BOX, at, box, damage, smartbox } from "./platform.mjs";

const STAGES = ["image", "volume", "process", "listening", "ready"];

test("a stopped box starts before the visitor's eyes and opens by itself, with its history", async () => {
  await visit(async (visitor) => {
    await visitor.signIn();
    await visitor.open(at());
    await visitor.waitForChat();
    await visitor.chat("remember this");
    await visitor.leave();
    await smartbox("box", "stop", BOX);

    const stages = await noteStages(visitor.page);
    assert.equal(await visitor.open(at(`/b/${BOX}/chat/main`)), 503);
    await visitor.page.getByRole("heading", { name: "Starting" }).waitFor();
    await visitor.page.getByRole("list", { name: "Steps of the start" }).waitFor();
    await visitor.captureOwnPage("starting");

    await visitor.waitForChat();
    await visitor.waitForAnswer("remember this");
    assert.equal(visitor.page.url(), at(`/b/${BOX}/chat/main`));
    assert.ok(stages.length >= 2, `it advanced: ${stages}`);
    assert.deepEqual(stages, STAGES.filter((stage) => stages.includes(stage)), "each stage once, in order");
    assert.deepEqual(visitor.complaints, []);
  });
});

test("a box that cannot start says why, and opens after a repair and another attempt", async () => {
  await visit(async (visitor) => {
    await visitor.signIn();
    await visitor.leave();
    await smartbox("box", "stop", BOX);
    const repair = await damage();
    try {
      await visitor.open(at());
      const trouble = visitor.page.getByRole("alert");
      await trouble.waitFor({ timeout: BOOT_MS_MAX });
      await visitor.page.getByRole("heading", { name: "The box did not start" }).waitFor();
      const { phase, error } = await box();
      assert.equal(phase, "failed");
      const text = await trouble.innerText();
      assert.ok(text.includes(error.remedy), `the remedy is in ${JSON.stringify(text)}`);
      await visitor.captureOwnPage("failed-box");
    } finally {
      await repair();
    }
    await visitor.page.getByRole("button", { name: "Try again" }).click();
    await visitor.waitForChat();
    assert.deepEqual(visitor.complaints, []);
  });
});

/** Notes each stage that pages of this tab show from now on. */
async function noteStages(page) {
  const stages = [];
  await page.exposeFunction("stageIsShown", (stage) => stages.at(-1) === stage || stages.push(stage));
  await page.addInitScript(() => {
    const note = () => {
      const step = document.querySelector("[data-stage][aria-current=step]");
      if (step) window.stageIsShown(step.dataset.stage);
    };
    new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
  });
  return stages;
}
