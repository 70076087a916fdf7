// The running platform as the tests see it: its address, its command line, its data directory.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const { E2E_PROGRAM, E2E_DATA_DIR, E2E_RESULTS } = process.env;
if (!E2E_PROGRAM || !E2E_DATA_DIR || !E2E_RESULTS) throw new Error("start the tests with web/e2e/run.sh");

/** The first box, which the platform creates at its first start; also the default one. */
export const BOX = "home";
/** Longest time for one command: a box may take a minute and a half to boot on a busy machine. */
const COMMAND_MS_MAX = 300_000;

const dataFile = (...parts) => JSON.parse(readFileSync(path.join(E2E_DATA_DIR, ...parts), "utf8"));
const { url, admin_secret: adminSecret } = dataFile("platform.json");

/** An address of the platform. */
export const at = (where = "/") => new URL(where, url).href;

/** Runs the command line; returns what it prints. */
export async function smartbox(...args) {
  const options = { env: { PATH: process.env.PATH }, timeout: COMMAND_MS_MAX };
  const { stdout } = await promisify(execFile)(E2E_PROGRAM, [...args, "--data-dir", E2E_DATA_DIR], options);
  return stdout.trim();
}

/** Asks the API as the platform's admin. */
export async function api(method, where, body) {
  const headers = { "x-admin-secret": adminSecret, "content-type": "application/json" };
  const answer = await fetch(at(where), { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** A sign-in link that nobody has used. */
export const signInLink = () => smartbox("open", "--print");

/** The sign-in link that the platform printed when it started. */
export function printedSignInLink() {
  const printed = readFileSync(path.join(E2E_RESULTS, "platform.log"), "utf8");
  return printed.match(/http:\S+\/sign-in#\S+/)[0];
}

/** The view of the box. */
export const box = async () => JSON.parse(await smartbox("box", "show", BOX, "--json"));

const boxDirectory = async (...parts) => path.join("boxes", (await box()).id, ...parts);

/**
 * What makes the box's gateway believe the platform, by name. Admins of the platform may read the name of the
 * gateway's identity header in the gateway's own answer to `config.get` (docs/decisions/0002-gateway-trusted-proxy.md);
 * nothing else of it may reach a browser.
 */
export async function credentials() {
  const config = dataFile(await boxDirectory("platform", "openclaw.json"));
  const identityHeader = config.gateway.auth.trustedProxy.userHeader;
  const hex = identityHeader.match(/[0-9a-f]{32,}$/)[0];
  return { identityHeader, hex, token: Buffer.from(hex, "hex").toString(), adminSecret };
}

/** Damages the stopped box so that its gateway refuses to start. Returns the repair. */
export async function damage() {
  // Not `state`: a box without one has lost its disk, and a backup takes its place.
  const workspace = path.join(E2E_DATA_DIR, await boxDirectory("volume", "agent", "workspace"));
  const kept = `${workspace}.kept`;
  await rename(workspace, kept);
  await writeFile(workspace, "");
  return async () => {
    await rm(workspace, { force: true });
    await rename(kept, workspace);
  };
}
