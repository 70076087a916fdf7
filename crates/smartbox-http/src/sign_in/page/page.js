
(() => {
  const element = (id) => document.getElementById(id);
  const code = location.hash.slice(1);
  const failed = new URLSearchParams(location.search).get("failed");
  // The code must not stay in the address bar, the history or a bookmark.
  history.replaceState(null, "", location.pathname);

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
      location.replace("/");
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
  element("again").firstElementChild.addEventListener("click", () => signIn({ code }));
  if (code) {
    signIn({ code });
  } else if (failed) {
    fail(...(failures[failed] ?? failures.refused), false);
    offer();
  } else {
    fail("You are not signed in.", "Open the link that `smartbox open` prints on the machine that runs Smartbox, or:", false);
    offer();
  }
})();
