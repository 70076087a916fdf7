// OpenClaw's Control UI through the edge: at the root for the default box, and under the box's own path.
import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./browser.mjs";
import { BOX, at, credentials } from "./platform.mjs";

test("the default box chats at the root, and its credential stays on the server", async () => {
  await visit(async (visitor) => {
    await visitor.signIn();
    await visitor.open(at());
    await visitor.waitForChat();
    await visitor.chat("hello from the root");
    assert.deepEqual(visitor.complaints, []);

    const session = await visitor.sessionCookie();
    assert.equal(session.httpOnly, true);
    const secrets = Object.entries({ ...(await credentials()), session: session.value });
    const seen = {
      "what scripts can read": await visitor.readableByScripts(),
      "WebSocket frames that the browser sent": visitor.sentFrames.join("\n"),
      "addresses": visitor.addresses.join("\n"),
      "responses": await visitor.received(),
    };
    // That something was looked at.
    assert.match(seen["what scripts can read"], /openclaw/);
    assert.match(seen["WebSocket frames that the browser sent"], /"method":"chat\.send"/);
    assert.match(seen["responses"], /content-security-policy/);
    for (const [place, text] of Object.entries(seen)) {
      for (const [name, secret] of secrets) {
        // The one response that hands out the session is the one to the sign-in code.
        const found = text.split("\n").filter((line) => line.includes(secret) && !line.includes("HttpOnly"));
        assert.deepEqual(found, [], `${name} in ${place}`);
      }
    }
  });
});

test("the name of the gateway's identity header opens nothing from outside", async () => {
  const { identityHeader } = await credentials();
  for (const where of ["/", `/b/${BOX}/`, `/b/${BOX}/v1/models`]) {
    const answer = await fetch(at(where), { headers: { [identityHeader]: "admin", "x-openclaw-scopes": "operator.admin" } });
    assert.equal(answer.status, 401, where);
  }
});

test("a box chats under its own path, and a deep link survives a reload", async () => {
  const home = `/b/${BOX}/`;
  await visit(async (visitor) => {
    await visitor.signIn();
    await visitor.leave();
    visitor.addresses.length = 0;
    await visitor.open(at(home));
    await visitor.waitForChat();
    await visitor.chat("hello from the path");

    const { page } = visitor;
    await page.getByRole("link", { name: "Agents", exact: true }).click();
    await page.waitForURL(at(`${home}agents`));
    await page.reload();
    await page.getByRole("link", { name: "Agents", exact: true }).waitFor();
    assert.equal(page.url(), at(`${home}agents`));

    await visitor.open(at(`${home}chat/main`));
    await page.reload();
    await visitor.waitForChat();
    await visitor.waitForAnswer("hello from the path");

    // What the platform's own banner asks is the platform's.
    const ofBanner = ["/_smartbox/support/banner.js", "/v1/me", "/v1/support-sessions"];
    const isAstray = ({ host, pathname }) =>
      host === new URL(at()).host && !`${pathname}/`.startsWith(home) && !ofBanner.includes(pathname);
    const astray = visitor.addresses.filter((address) => isAstray(new URL(address)));
    assert.deepEqual(astray, [], "everything the page asks for lies under its path");
    assert.deepEqual(visitor.complaints, []);
  });
});
