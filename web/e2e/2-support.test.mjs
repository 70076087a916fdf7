// Support access: whoever helps and whoever is helped see it on each page, and either of them ends it.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { visit } from "./browser.mjs";
import { BOX, api, at, smartbox } from "./platform.mjs";

const REASON = "Ticket 4711: the agent does not answer since this morning, and nobody knows why it would not";

const owner = async () => (await api("GET", "/v1/users")).items.find((user) => user.role === "owner");

/** Opens support access in the name of the owner. */
async function open(...flags) {
  const { id } = await owner();
  const opened = await smartbox("support", "open", id, "--reason", REASON, "--as", "Jo", "--json", ...flags);
  return JSON.parse(opened);
}

const banner = (page) => page.locator("smartbox-support");

/** What the banner says; its root is closed to scripts, and open to people. */
async function waitForBanner(visitor, name) {
  await banner(visitor.page).waitFor();
  const box = await banner(visitor.page).boundingBox();
  assert.ok(box.y === 0 && box.height > 30 && box.height < 120, `${name}: ${JSON.stringify(box)}`);
}

/** The Control UI as a desktop and as a phone show it: all of it is there, below the banner. */
async function captureBoth(visitor, name) {
  const { page } = visitor;
  for (const size of [{ width: 390, height: 844 }, { width: 1280, height: 800 }]) {
    await page.setViewportSize(size);
    await page.waitForTimeout(300);
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} fits ${size.width} px`);
    const composer = await visitor.composer.boundingBox();
    assert.ok(composer.y + composer.height < size.height - 20, `${name}: the composer is not cut off at ${size.width} px`);
    await visitor.capture(`${name}-${size.width}`);
  }
}

// A test that failed leaves nothing open.
afterEach(async () => {
  for (const { id } of (await api("GET", "/v1/support-sessions?open=true")).items) await smartbox("support", "end", id);
});

test("whoever helps looks with the person's eyes, sees so on each page, and is out when it ends", async () => {
  const opened = await open();
  await visit(async (visitor) => {
    const { page } = visitor;
    await visitor.open(opened.link);
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    await visitor.open(at(`/b/${BOX}/`));
    await waitForBanner(visitor, "Control UI");
    await page.getByRole("region", { name: "Chat" }).waitFor({ timeout: 300_000 });
    await captureBoth(visitor, "support-helper-chat");

    assert.equal(await visitor.open(at("/_smartbox/support")), 200);
    await page.getByText(REASON).first().waitFor();
    await waitForBanner(visitor, "page");
    await visitor.captureOwnPage("support-helper");
    const asked = await page.request.post(at(`/v1/boxes/${BOX}/stop`), { headers: { origin: new URL(at()).origin } });
    assert.equal(asked.status(), 403);
    assert.ok(asked.headers()["smartbox-support"].startsWith(opened.session.id));
    assert.ok(!(await visitor.readableByScripts()).includes(opened.token), "no script can read the credential");

    await smartbox("support", "end", opened.session.id);
    await page.getByText(/The credential is not valid/).waitFor();
    assert.equal(await banner(page).count(), 0);
  });
});

test("the person sees it on their page while it lasts, and ends it", async () => {
  await visit(async (visitor) => {
    const { page } = visitor;
    await visitor.signIn();
    await visitor.open(at(`/b/${BOX}/`));
    await visitor.waitForChat();
    assert.equal(await banner(page).count(), 0, "nobody helps");
    const opened = await open("--act");
    await waitForBanner(visitor, "Control UI");
    await captureBoth(visitor, "support-person-chat");
    await visitor.chat("hello below the banner");

    await visitor.open(at("/_smartbox/support"));
    await waitForBanner(visitor, "page");
    await visitor.captureOwnPage("support-person");
    await page.getByRole("button", { name: "End this access" }).click();
    await page.getByText("None is open.").waitFor();
    await banner(page).waitFor({ state: "detached" });
    await visitor.captureOwnPage("support-person-ended");
    const sent = await fetch(at("/v1/boxes"), { headers: { authorization: `Bearer ${opened.token}` } });
    assert.equal(sent.status, 401);
  });
});
