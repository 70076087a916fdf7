// The banner of support access: who acts in whose name, why and until when, with a button that ends it. It asks the API, and shows
// nothing where there is nothing.
(() => {
  "use strict";
  const POLL_MS = 15000;
  const STYLE = `
    :host { all: initial; position: fixed; inset: 0 0 auto 0; z-index: 2147483647; }
    * { box-sizing: border-box; }
    section { display: flex; align-items: center; gap: 4px 12px; padding: 4px 12px; background: #7c2d12; color: #fff;
      font: 14px/1.35 system-ui, sans-serif; }
    p { flex: 1 1 auto; min-width: 0; margin: 0; overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical;
      -webkit-line-clamp: 2; overflow-wrap: anywhere; }
    strong { font-weight: 700; }
    button, a { flex: none; font: inherit; font-weight: 600; min-height: 36px; padding: 0 12px; border: 1px solid #fff;
      border-radius: 8px; background: transparent; color: inherit; cursor: pointer; display: inline-flex; align-items: center;
      text-decoration: none; }
    button { background: #fff; color: #7c2d12; }
    button:disabled { opacity: 0.6; }
    button:focus-visible, a:focus-visible { outline: 3px solid #fdba74; outline-offset: 1px; }
    @media (max-width: 640px) { section { padding: 4px 8px; gap: 4px 8px; font-size: 12px; } p { -webkit-line-clamp: 3; } button, a { padding: 0 8px; } }
  `;

  const host = document.createElement("smartbox-support");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const make = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });
  const bar = make("section");
  const line = make("p");
  const link = Object.assign(make("a", "Details"), { href: "/_smartbox/support" });
  const button = Object.assign(make("button", "End"), { type: "button" });
  bar.setAttribute("aria-label", "Support access");
  line.setAttribute("role", "status");
  const isOwnPage = location.pathname === link.getAttribute("href");
  bar.append(line, ...(isOwnPage ? [] : [link]), button);
  root.append(bar);

  let open = null;
  let acts = false;
  let shown = "";

  const time = (text) => new Date(text).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  const who = ({ operator, opened_by }) => (operator ? `${operator} (${opened_by})` : opened_by);

  // The page is as high as what is left of the window below the banner: what wants all of it is cut off at its lower end otherwise. An
  // app does so in one of its outer elements, the Control UI in the sixth below the body. Our own page scrolls.
  const LEVELS = Array.from({ length: 7 }, (_, depth) => `body${" > *".repeat(depth)}`);
  const below = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, below];
  const place = () => {
    const left = `calc(100dvh - ${open ? bar.getBoundingClientRect().height : 0}px)`;
    const cap = isOwnPage ? "" : `${LEVELS.join()} { max-height: ${left} !important; }`;
    below.replaceSync(open ? `body { margin-top: calc(100dvh - ${left}) !important; min-height: ${left} !important; } ${cap}` : "");
  };

  const show = () => {
    if (!open) {
      host.remove();
      shown = "";
      return place();
    }
    const does = open.level === "act" ? "looks and works with boxes" : "only looks";
    const text = acts
      ? `You are ${who(open)}, acting in the name of ${open.user_name}`
      : `Support: ${who(open)} acts in the name of ${open.user_name}`;
    const rest = ` until ${time(open.expires_at)} (${does}): ${open.reason}`;
    if (shown !== text + rest) {
      shown = text + rest;
      line.replaceChildren(make("strong", text), rest);
      line.title = text + rest;
    }
    button.disabled = false;
    if (!host.isConnected) document.body.before(host);
    place();
  };

  const read = async (path) => {
    const answer = await fetch(path, { cache: "no-store", credentials: "same-origin" });
    return answer.ok ? answer.json() : null;
  };

  const look = async () => {
    const before = open;
    try {
      const me = await read("/v1/me");
      acts = Boolean(me?.support);
      // Whoever is helped sees all that is in their name.
      const own = me?.user && (await read("/v1/support-sessions?open=true&user=me&limit=1"));
      open = me?.support ?? own?.items?.[0] ?? null;
      // What was shown in somebody's name is no more to be seen.
      if (before && !me) return location.assign("/_smartbox/support");
    } catch {
      // The platform does not answer. What was open may still be.
      if (open && Date.parse(open.expires_at) <= Date.now()) open = null;
    }
    show();
  };

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      // Whoever acts is signed out by it.
      if (acts) await fetch("/sign-out", { method: "POST", credentials: "same-origin" });
      else await fetch(`/v1/support-sessions/${open.id}`, { method: "DELETE", credentials: "same-origin" });
    } finally {
      await look();
      dispatchEvent(new Event("smartbox-support"));
    }
  });

  look();
  setInterval(look, POLL_MS);
  addEventListener("resize", place);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  addEventListener("smartbox-support", () => look());
})();
