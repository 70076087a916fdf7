// Signing in, and what a browser sees that has not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./browser.mjs";
import { at, printedSignInLink } from "./platform.mjs";

test("the printed link signs a browser in, once", async () => {
  const link = printedSignInLink();
  const code = new URL(link).hash.slice(1);

  await visit(async (visitor) => {
    assert.equal(await visitor.open(link), 200);
    await visitor.page.waitForURL((url) => url.pathname !== "/sign-in");
    assert.ok(!visitor.page.url().includes(code), "the code is not in the address");
    const visited = await visitor.page.evaluate(() => navigation.entries().map((entry) => entry.url));
    assert.ok(!visited.join(" ").includes(code), "nor in the history");
    const cookie = await visitor.sessionCookie();
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, "Lax");
    assert.equal(await visitor.page.evaluate(() => document.cookie), "", "no script reads the session");
    assert.notEqual(await visitor.open(at()), 401);
  });

  await visit(async (visitor) => {
    await visitor.open(link);
    await visitor.page.getByText("smartbox open").waitFor();
    assert.equal(visitor.page.url(), at("/sign-in"), "the code is not in the address");
    const text = await visitor.page.getByRole("main").innerText();
    assert.match(text, /link|code/i, "it says what is wrong");
    assert.equal(await visitor.sessionCookie(), undefined);
    await visitor.captureOwnPage("sign-in-used-link");
  });
});

test("the sign-in page without a code says where to get one", async () => {
  await visit(async (visitor) => {
    assert.equal(await visitor.open(at("/sign-in")), 200);
    await visitor.page.getByText("You are not signed in.").waitFor();
    await visitor.page.getByText("smartbox open").waitFor();
    await visitor.captureOwnPage("sign-in-without-code");
  });
});

test("a browser without a session is told how to sign in", async () => {
  await visit(async (visitor) => {
    for (const where of ["/", "/b/home/", "/b/home/chat/main", "/b/nobody/"]) {
      assert.equal(await visitor.open(at(where)), 401, where);
      await visitor.page.getByRole("heading", { name: "You are not signed in" }).waitFor();
      await visitor.page.getByText("smartbox open").waitFor();
    }
    await visitor.captureOwnPage("not-signed-in");
  });
});

test("an address that leads nowhere says so", async () => {
  await visit(async (visitor) => {
    await visitor.signIn();
    assert.equal(await visitor.open(at(`/b/${"nobody-".repeat(5)}x/`)), 404);
    await visitor.captureOwnPage("no-such-box");
  });
});
