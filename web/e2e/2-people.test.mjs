// People of the org besides its owner: signing in with a password, chatting with less than every right, being shut out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./browser.mjs";
import { BOX, api, at } from "./platform.mjs";

const PASSWORD = "correct horse battery";

async function person(name, role) {
  const email = `${name}@example.org`;
  const user = await api("POST", "/v1/users", { name, role, email });
  await api("PUT", `/v1/users/${user.id}/password`, { password: PASSWORD });
  return { ...user, email };
}

async function signIn(visitor, { email }, password) {
  const { page } = visitor;
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("somebody signs in with a password and chats; revoking the session ends the open chat", async () => {
  const ada = await person("ada", "operator");
  await visit(async (visitor) => {
    const { page } = visitor;
    await visitor.open(at("/sign-in"));
    await signIn(visitor, ada, "wrong horse battery");
    await page.getByText("E-mail address or password is wrong").waitFor();
    await visitor.captureOwnPage("sign-in-wrong-password");
    assert.equal(await visitor.sessionCookie(), undefined);

    await signIn(visitor, ada, PASSWORD);
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    await visitor.waitForChat();
    await visitor.chat("hello from an operator");
    await visitor.capture("operator-chat");
    assert.ok(visitor.openSockets.size > 0, "the chat is open");

    const before = [...visitor.openSockets];
    const closed = Promise.all(before.map((socket) => socket.waitForEvent("close")));
    const { items } = await api("GET", `/v1/sessions?user=${ada.id}`);
    assert.equal(items.length, 1);
    assert.equal(items[0].method, "password");
    const began = performance.now();
    await api("DELETE", `/v1/sessions/${items[0].id}`);
    await closed;
    console.log(`the open chat ended ${Math.round(performance.now() - began)} ms after its session`);
    assert.equal((await page.request.get(at(`/b/${BOX}/`), { headers: { accept: "application/json" } })).status(), 401);
  });
});

test("freezing a person ends what they have open, and says so when they come back", async () => {
  const bob = await person("bob", "operator");
  await visit(async (visitor) => {
    const { page } = visitor;
    await visitor.open(at("/sign-in"));
    await signIn(visitor, bob, PASSWORD);
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    await visitor.waitForChat();
    const closed = Promise.all([...visitor.openSockets].map((socket) => socket.waitForEvent("close")));
    await api("PATCH", `/v1/users/${bob.id}`, { status: "frozen" });
    await closed;
    await visitor.open(at("/sign-in"));
    await signIn(visitor, bob, PASSWORD);
    await page.getByText("The account is frozen").waitFor();
    await visitor.captureOwnPage("sign-in-frozen");
  });
});
