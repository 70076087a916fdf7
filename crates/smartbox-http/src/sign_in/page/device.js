
// The key of this browser. It cannot be read out, not even by this script: what leaves the browser is proofs made with it.
const smartboxDevice = (() => {
  const open = () =>
    new Promise((resolve, reject) => {
      const asked = indexedDB.open("smartbox", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("keys");
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });

  const request = (asked) =>
    new Promise((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });

  const key = async () => {
    const database = await open();
    try {
      const keys = (mode) => database.transaction("keys", mode).objectStore("keys");
      const known = await request(keys("readonly").get("device"));
      if (known) return known;
      const made = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
      try {
        // Another tab may have been faster: the first one stays.
        await request(keys("readwrite").add(made, "device"));
        return made;
      } catch {
        return await request(keys("readonly").get("device"));
      }
    } finally {
      database.close();
    }
  };

  const base64url = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const encoded = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));

  // DPoP, RFC 9449.
  const proof = async (pair, method, path) => {
    const { x } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const header = { typ: "dpop+jwt", alg: "EdDSA", jwk: { kty: "OKP", crv: "Ed25519", x } };
    const claims = {
      jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
      htm: method,
      htu: location.origin + path,
      iat: Math.floor(Date.now() / 1000),
    };
    const text = `${encoded(header)}.${encoded(claims)}`;
    const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(text));
    return `${text}.${base64url(signature)}`;
  };

  const name = () => {
    const agent = navigator.userAgent;
    const has = (pairs, otherwise) => (pairs.find(([word]) => agent.includes(word)) ?? [null, otherwise])[1];
    const browser = has(
      [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]],
      "A browser",
    );
    const system = has(
      [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]],
      "an unknown system",
    );
    return `${browser} on ${system}`;
  };

  // Shows the device to the platform. Answers what became of it, or throws.
  const show = async () => {
    const pair = await key();
    const answer = await fetch("/v1/devices", {
      method: "POST",
      headers: { "content-type": "application/json", dpop: await proof(pair, "POST", "/v1/devices") },
      body: JSON.stringify({ name: name() }),
    });
    if (answer.ok) return await answer.json();
    const problem = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(problem.title ?? "The device could not be shown"), { problem, status: answer.status });
  };

  const isPossible = () => window.isSecureContext && !!crypto.subtle && !!window.indexedDB;

  return { show, isPossible };
})();
