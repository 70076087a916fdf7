// Devices that wait for approval, and boxes at origins of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BOOT_MS_MAX, visit } from "./browser.mjs";
import { BOX, api, at, smartbox } from "./platform.mjs";

const PASSWORD = "correct horse battery";

/** The address of a box's own host. */
const atBox = (name, where = "/") => {
  const url = new URL(where, at());
  url.hostname = `${name}.localhost`;
  return url.href;
};

async function person(name, role) {
  const email = `${name}@example.org`;
  const user = await api("POST", "/v1/users", { name, role, email });
  await api("PUT", `/v1/users/${user.id}/password`, { password: PASSWORD });
  return { ...user, email };
}

async function signIn({ page }, { email }) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a new browser waits for approval, chats, and is cut off when its device is revoked", async () => {
  const org = (await api("GET", "/v1/orgs")).items[0].id;
  await api("PATCH", `/v1/orgs/${org}`, { pairing: "manual" });
  const eve = await person("eve", "operator");
  try {
    await visit(async (visitor) => {
      const { page } = visitor;
      await visitor.open(at("/sign-in"));
      await signIn(visitor, eve);
      await page.getByText("This browser waits for approval.").waitFor();
      await visitor.captureOwnPage("device-waits");
      assert.equal(await visitor.open(at(`/b/${BOX}/`)), 200, "sent to the page that waits");
      await page.getByText("This browser waits for approval.").waitFor();

      const { items } = await api("GET", "/v1/devices");
      const device = items.find((item) => item.user === eve.id);
      assert.equal(device.status, "pending");
      assert.ok((await page.getByText(device.fingerprint).textContent()).includes(device.fingerprint));
      await smartbox("device", "approve", device.id);
      await visitor.waitForChat();
      await visitor.chat("hello from an approved device");

      const closed = Promise.all([...visitor.openSockets].map((socket) => socket.waitForEvent("close")));
      const began = performance.now();
      await api("POST", `/v1/devices/${device.id}/revoke`);
      await closed;
      console.log(`the open chat ended ${Math.round(performance.now() - began)} ms after its device`);

      // The key is the browser's own: signed in again it is the same device, and waits again.
      await visitor.open(at("/sign-in"));
      await signIn(visitor, eve);
      await page.getByText("This browser waits for approval.").waitFor();
      await page.getByText(device.fingerprint).waitFor();
    });
  } finally {
    await api("PATCH", `/v1/orgs/${org}`, { pairing: "auto" });
  }
});

test("the key of a browser cannot be read by scripts", async () => {
  await visit(async (visitor) => {
    await visitor.signIn();
    const read = await visitor.page.evaluate(async () => {
      const database = await new Promise((resolve) => {
        const asked = indexedDB.open("smartbox", 1);
        asked.onsuccess = () => resolve(asked.result);
      });
      const pair = await new Promise((resolve) => {
        const asked = database.transaction("keys").objectStore("keys").get("device");
        asked.onsuccess = () => resolve(asked.result);
      });
      const exported = await crypto.subtle.exportKey("pkcs8", pair.privateKey).catch((error) => error.name);
      return { extractable: pair.privateKey.extractable, exported };
    });
    assert.deepEqual(read, { extractable: false, exported: "InvalidAccessError" });
  });
});

test("two boxes at two origins share nothing", async () => {
  await smartbox("box", "create", "work");
  try {
    await visit(async (visitor) => {
      const { context, page } = visitor;
      await visitor.signIn();
      await visitor.open(atBox(BOX));
      assert.equal(new URL(page.url()).host, new URL(atBox(BOX)).host, "in, without another sign-in");
      await visitor.waitForChat();
      await visitor.chat("hello at my own origin");
      await page.evaluate(() => localStorage.setItem("secret-of-home", "1"));
      await visitor.capture("own-origin");

      const tab = await context.newPage();
      await tab.goto(atBox("work"));
      await tab.getByRole("textbox", { name: "Chat composer" }).waitFor({ timeout: BOOT_MS_MAX });
      assert.equal(await tab.evaluate(() => localStorage.getItem("secret-of-home")), null);
      const [home, work, platform] = await Promise.all(
        [atBox(BOX), atBox("work"), at()].map(async (url) => (await context.cookies(url)).map(({ name, value }) => [name, value])),
      );
      assert.deepEqual([home, work, platform].map((cookies) => cookies.map(([name]) => name)), [["smartbox_box"], ["smartbox_box"], ["smartbox_session"]]);
      assert.notEqual(home[0][1], work[0][1]);
      assert.equal(await tab.evaluate(() => document.cookie), "", "scripts see none of them");

      // What a page of one box asks of the other, or of the platform, is refused.
      for (const url of [atBox(BOX, "/"), at("/v1/boxes"), at(`/b/${BOX}/`)]) {
        const answer = await tab.evaluate(
          (url) => fetch(url, { credentials: "include" }).then((answer) => answer.status, (error) => error.name),
          url,
        );
        assert.equal(answer, "TypeError", url);
      }
      // With its cookie a box's browser is nobody at the platform, and at no other box.
      const cookie = `smartbox_box=${work[0][1]}`;
      for (const [url, status] of [[at("/v1/boxes"), 401], [at(`/b/${BOX}/`), 404], [at("/b/work/"), 200]]) {
        assert.equal((await fetch(url, { headers: { cookie } })).status, status, url);
      }
    });
  } finally {
    await smartbox("box", "delete", "work", "--yes");
  }
});

test("the link of a box's token opens that box and leaves no token behind", async () => {
  const made = await api("POST", "/v1/tokens", { name: "link", scopes: ["boxes:read", "boxes:talk"], box: BOX });
  await visit(async (visitor) => {
    const { page } = visitor;
    await visitor.open(made.link);
    assert.ok(!page.url().includes("token"), page.url());
    await visitor.waitForChat();
    await visitor.chat("hello by a link");
    const seen = await visitor.readableByScripts();
    assert.ok(!seen.includes(made.secret), "no script can read it");
    const closed = Promise.all([...visitor.openSockets].map((socket) => socket.waitForEvent("close")));
    await api("DELETE", `/v1/tokens/${made.token.id}`);
    await closed;
  });
});
