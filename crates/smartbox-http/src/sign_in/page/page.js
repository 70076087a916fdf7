
(() => {
  const element = (id) => document.getElementById(id);
  let code = location.hash.slice(1);
  const query = new URLSearchParams(location.search);
  const failed = query.get("failed");
  // On to a path of this server and to nothing else.
  const wanted = query.get("to") ?? "/";
  const to = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wanted) ? wanted : "/";
  // The code must not stay in the address bar, the history or a bookmark.
  history.replaceState(null, "", location.pathname + (to === "/" ? "" : `?to=${encodeURIComponent(to)}`));

  // Text between backticks is something to type.
  const show = (id, text) => {
    const pieces = text.split("`").map((piece, at) => {
      if (at % 2 === 0) return document.createTextNode(piece);
      const typed = document.createElement("code");
      typed.textContent = piece;
      return typed;
    });
    element(id).replaceChildren(...pieces);
  };

  const fail = (message, remedy, canRepeat) => {
    show("message", message);
    show("remedy", remedy);
    element("again").hidden = !canRepeat;
  };

  // Waits as long as the person does; each question is answered at the latest after half a minute.
  const untilApproved = async (device) => {
    for (;;) {
      let answer;
      try {
        answer = await fetch(`/v1/devices/${device.id}?wait=30s`);
      } catch {
        await new Promise((done) => setTimeout(done, 3000));
        continue;
      }
      if (answer.status === 401) return "ended";
      if (answer.status === 404) return "forgotten";
      if (answer.ok && (await answer.json()).status === "approved") return "approved";
      if (!answer.ok) await new Promise((done) => setTimeout(done, 3000));
    }
  };

  // Somebody who is signed in goes on, once their org lets them in with this browser.
  const showDevice = async () => {
    for (const id of ["again", "form", "oidc"]) if (element(id)) element(id).hidden = true;
    const me = await fetch("/v1/me").then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    if (!me) {
      fail("You are not signed in.", "Open the link that `smartbox open` prints on the machine that runs Smartbox, or:", false);
      offer();
      return;
    }
    let device;
    try {
      if (!smartboxDevice.isPossible()) throw new Error("no keys here");
      device = await smartboxDevice.show();
    } catch (error) {
      if (me.is_paired) {
        location.replace(to);
      } else if (error.problem) {
        fail(`${error.message}.`, error.problem.remedy ?? "", true);
      } else {
        fail(
          "This browser cannot keep a key here.",
          "Your org lets people in with approved devices only. Use HTTPS or the machine itself, and a browser that knows Ed25519 keys.",
          true,
        );
      }
      return;
    }
    if (device.status !== "approved") {
      show("message", "This browser waits for approval.");
      show("remedy", `Ask whoever runs your org to run \`smartbox device approve ${device.id}\`. Compare the fingerprint:`);
      element("fingerprint").textContent = device.fingerprint;
      element("device").hidden = false;
      const end = await untilApproved(device);
      element("device").hidden = true;
      if (end === "forgotten") {
        fail("Nobody approved this browser.", "It was refused, or an hour has passed.", true);
        return;
      }
      if (end === "ended") {
        fail("You were signed out.", "", false);
        offer();
        return;
      }
      show("message", "Approved.");
    }
    location.replace(to);
  };

  const signIn = async (credential) => {
    element("again").hidden = true;
    let answer;
    try {
      answer = await fetch("/sign-in", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(credential),
      });
    } catch {
      fail("The platform does not answer.", "Check that it is running and that you are online.", true);
      return;
    }
    if (answer.ok) {
      code = ""; // It is used up.
      await showDevice();
      return;
    }
    const problem = await answer.json().catch(() => ({}));
    fail(`${problem.title ?? "Signing in failed"}.`, problem.remedy ?? "", code && answer.status >= 500);
    offer();
  };

  // Why a sign-in elsewhere did not end here.
  const failures = {
    refused: ["The sign-in did not work.", "Begin again."],
    unavailable: ["The sign-in service does not answer.", "Try again in a moment."],
    unknown: ["Nobody here knows you.", "Ask whoever runs this platform to let you in."],
    pending: ["Your account waits to be activated.", "Ask whoever runs your org."],
    frozen: ["Your account is frozen.", "Ask whoever runs your org. Nothing of yours is deleted."],
  };
  const offer = () => {
    element("form").hidden = false;
    if (element("oidc")) element("oidc").hidden = false;
  };

  const form = element("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const { email, password } = Object.fromEntries(new FormData(form));
    await signIn({ email, password });
    form.elements.password.value = "";
    button.disabled = false;
  });
  const begin = () => (code ? signIn({ code }) : showDevice());
  element("again").firstElementChild.addEventListener("click", begin);
  if (code || location.pathname === "/sign-in/device") {
    begin();
  } else if (failed) {
    fail(...(failures[failed] ?? failures.refused), false);
    offer();
  } else {
    fail("You are not signed in.", "Open the link that `smartbox open` prints on the machine that runs Smartbox, or:", false);
    offer();
  }
})();
