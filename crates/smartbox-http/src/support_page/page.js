
(() => {
  const POLL_MS = 15000;
  const element = (id) => document.getElementById(id);
  const made = (tag, text, className = "") => Object.assign(document.createElement(tag), { textContent: text, className });
  const moment = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

  const say = (text) => {
    // Only a change is written: screen readers read each one aloud.
    if (element("message").textContent !== text) element("message").textContent = text;
  };

  const card = (session) => {
    const item = made("li", "", session.is_open ? "open" : "");
    const who = session.operator ? `${session.operator} (${session.opened_by})` : session.opened_by;
    const does = session.level === "act" ? "looks and works with boxes" : "looks";
    item.append(made("h2", `${who} ${session.is_open ? does : "had access"}, in the name of ${session.user_name}`));
    item.append(made("p", session.reason, "reason"));
    const ended = session.ended_at ? ` · ended ${moment(session.ended_at)}: ${session.ended_why}` : "";
    const until = session.is_open ? ` · until ${moment(session.expires_at)}` : ended || ` · its time was over ${moment(session.expires_at)}`;
    item.append(made("p", `Opened ${moment(session.opened_at)}${until} · ${session.id}`, "fine"));
    if (session.is_open) {
      const button = made("button", "End this access");
      button.type = "button";
      button.addEventListener("click", () => end(session, button));
      item.append(button);
    }
    return item;
  };

  const end = async (session, button) => {
    button.disabled = true;
    const answer = await fetch(`/v1/support-sessions/${session.id}`, { method: "DELETE" }).catch(() => null);
    if (answer?.ok) {
      dispatchEvent(new Event("smartbox-support"));
      return show();
    }
    const problem = await answer?.json().catch(() => null);
    say(`${problem?.title ?? "The platform does not answer"}.`);
    button.disabled = false;
  };

  let shown = "";
  const show = async () => {
    const answer = await fetch("/v1/support-sessions?limit=50").catch(() => null);
    if (!answer) return say("The platform does not answer.");
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      element("sessions").replaceChildren();
      shown = "";
      return say(`${problem.title ?? "It could not be read"}. ${answer.status === 401 ? "Sign in, and come back." : (problem.remedy ?? "")}`);
    }
    const { items } = await answer.json();
    const open = items.filter((session) => session.is_open).length;
    say(items.length === 0 ? "There is none, and there was none." : open === 0 ? "None is open." : open === 1 ? "One is open." : `${open} are open.`);
    // A button that somebody is about to press stays where it is.
    if (shown === JSON.stringify(items)) return;
    shown = JSON.stringify(items);
    element("sessions").replaceChildren(...items.map(card));
  };

  show();
  setInterval(show, POLL_MS);
  addEventListener("smartbox-support", show);
})();
