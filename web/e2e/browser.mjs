// A person's browser: Debian's chromium with an empty profile, and what it shows, says, sends and keeps.
import assert from "node:assert/strict";
import path from "node:path";
import { chromium } from "playwright-core";
import { at, signInLink } from "./platform.mjs";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Longest wait for what the platform answers by itself. */
const PAGE_MS_MAX = 30_000;
/** Longest wait for a box: a gateway boots in ten seconds, on a busy machine in a hundred. */
export const BOOT_MS_MAX = 300_000;
/** Longest wait for an answer of the agent: the first turn loads half of the gateway. */
const TURN_MS_MAX = 240_000;

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** What our own pages are known by; the Control UI's policy begins otherwise. */
const OWN_POLICY = /^default-src 'none'/;

/** Lets `story` drive a browser that has never been here. */
export async function visit(story) {
  const browser = await chromium.launch({ executablePath: process.env.E2E_BROWSER, args: FLAGS });
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-GB" });
  context.setDefaultTimeout(PAGE_MS_MAX);
  try {
    const visitor = new Visitor(context, await context.newPage());
    await story(visitor).catch(async (error) => {
      await visitor.capture("failed").catch(() => {});
      throw error;
    });
  } finally {
    await browser.close();
  }
}

/** One tab, and all that goes through it. */
class Visitor {
  /** Addresses of requests and WebSockets, in the order in which they were opened. */
  addresses = [];
  /** Texts of the WebSocket frames that the browser sent. */
  sentFrames = [];
  /** WebSockets that are open. */
  openSockets = new Set();
  /** Complaints of our own pages, and violations of any page's policy. */
  complaints = [];
  #answers = [];
  #isOwnPage = false;

  constructor(context, page) {
    this.context = context;
    this.page = page;
    page.on("request", (request) => this.addresses.push(request.url()));
    page.on("response", (response) => this.#noteResponse(response));
    page.on("requestfinished", (request) => this.#answers.push(wholeAnswer(request)));
    page.on("pageerror", (error) => this.#complain(`${error}`));
    page.on("console", (message) => this.#noteMessage(message));
    page.on("websocket", (socket) => {
      this.addresses.push(socket.url());
      this.openSockets.add(socket);
      socket.on("close", () => this.openSockets.delete(socket));
      socket.on("framesent", ({ payload }) => this.sentFrames.push(`${payload}`));
    });
  }

  #noteResponse(response) {
    // Some never finish.
    this.#answers.push(JSON.stringify(response.headers()));
    const request = response.request();
    if (!request.isNavigationRequest() || response.status() === 308) return;
    this.#isOwnPage = OWN_POLICY.test(response.headers()["content-security-policy"] ?? "");
  }

  #noteMessage(message) {
    const text = message.text();
    // Chromium's own note about a status that is not 200; which status a page has is checked where it is opened.
    if (text.startsWith("Failed to load resource")) return;
    if (/content security policy/i.test(text)) this.complaints.push(text);
    else if (["error", "warning"].includes(message.type())) this.#complain(text);
  }

  #complain(text) {
    if (this.#isOwnPage) this.complaints.push(`${this.page.url()}: ${text}`);
  }

  /** Opens an address; returns the status. */
  async open(where) {
    const response = await this.page.goto(where);
    return response.status();
  }

  /** Leaves the platform's pages: an open Control UI connects again, and so wakes a box that was stopped. */
  async leave() {
    await this.page.goto("about:blank");
  }

  /** Signs in with a new link. */
  async signIn() {
    await this.open(await signInLink());
    await this.page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  }

  /** The session cookie, as the browser keeps it. */
  async sessionCookie() {
    return (await this.context.cookies(at())).find((cookie) => cookie.name === "smartbox_session");
  }

  /** Everything that a script of the page can read without asking a server. */
  async readableByScripts() {
    const cookies = await this.page.evaluate(() => document.cookie);
    const session = await this.page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    const { origins } = await this.context.storageState({ indexedDB: true });
    return [cookies, session, JSON.stringify(origins), await this.page.content()].join("\n");
  }

  /** Headers of every response, and the bodies of those that a person or a script reads as text; one a line. */
  async received() {
    return (await Promise.all(this.#answers)).join("\n");
  }

  /** Saves what is to be seen. */
  async capture(name) {
    await this.page.screenshot({ path: path.join(process.env.E2E_RESULTS, `${name}.png`), animations: "disabled" });
  }

  /** Checks and saves our own page as a desktop and as a phone show it. */
  async captureOwnPage(name) {
    for (const size of [PHONE, DESKTOP]) {
      await this.page.setViewportSize(size);
      const wide = await this.page.evaluate(() => {
        const elements = [document.scrollingElement, ...document.body.querySelectorAll("*")];
        const isWide = (element) =>
          element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline";
        const isOutside = (element) => element.getBoundingClientRect().right > innerWidth + 0.5;
        const found = elements.filter((element) => isWide(element) || isOutside(element));
        return found.map((element) => element.outerHTML.slice(0, 120));
      });
      assert.deepEqual(wide, [], `${name} fits ${size.width} px`);
      await this.capture(`${name}-${size.width}`);
    }
    assert.deepEqual(this.complaints, [], name);
  }

  /** The field for messages of the Control UI: there when its gateway is. */
  get composer() {
    return this.page.getByRole("textbox", { name: "Chat composer" });
  }

  /** The conversation in the Control UI. */
  get conversation() {
    return this.page.getByRole("region", { name: "Chat" }).getByRole("log");
  }

  /** Waits for the Control UI, connected to its gateway. */
  async waitForChat() {
    await this.composer.waitFor({ timeout: BOOT_MS_MAX });
    await this.page.getByRole("status").getByText("Connected").first().waitFor({ timeout: BOOT_MS_MAX });
  }

  /** Types a message and waits until the demo model has answered it. */
  async chat(message) {
    await this.composer.fill(message);
    await this.composer.press("Enter");
    await this.waitForAnswer(message, TURN_MS_MAX);
  }

  /** Waits until the conversation shows the demo model's answer to `message`. */
  async waitForAnswer(message, timeout = PAGE_MS_MAX) {
    const answer = this.conversation.getByRole("paragraph").filter({ hasText: `You said: “${message}”` });
    await answer.waitFor({ timeout });
  }
}

async function wholeAnswer(request) {
  const isText = ["document", "fetch", "xhr"].includes(request.resourceType());
  try {
    const response = await request.response();
    const headers = JSON.stringify(await response.headersArray());
    return isText ? `${headers}\n${await response.text()}` : headers;
  } catch {
    // A page that was left has taken its answers with it.
    return "";
  }
}
