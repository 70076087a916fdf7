"""A gateway for tests. What it does is decided by the files in its working directory, while it runs.

ready        /readyz answers 200; without it 503
silent       nothing is answered
page         /readyz answers 200 with a page
draining     /readyz answers as a suspended gateway does
working      a suspension drains for as long as this exists
ignore-term  SIGTERM is ignored
It writes calls.log (what it was asked, in order).
"""
import http.server
import json
import os
import signal
import sys
import time


def note(line):
    with open("calls.log", "a") as log:
        log.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        forwarded = [name for name in self.headers if name.lower().startswith(("x-forwarded", "forwarded", "x-real"))]
        if self.path != "/readyz" or forwarded:
            note(f"unexpected probe {self.path} {forwarded}")
        while os.path.exists("silent"):
            time.sleep(0.05)
        if os.path.exists("page"):
            return self.answer(200, "<!doctype html>")
        if os.path.exists("draining"):
            with open("draining-probes", "a") as probes:
                probes.write(".")
            return self.answer(503, {"ready": False, "failing": ["gateway-draining"]})
        ready = os.path.exists("ready")
        self.answer(200 if ready else 503, {"ready": ready})

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/api/v1/admin/rpc" or self.headers["authorization"] != "Bearer test-token":
            note("refused " + self.path)
            return self.answer(401, {"error": {"message": "Unauthorized"}})
        note(call["method"] + " " + json.dumps(call["params"], sort_keys=True))
        status = "draining" if os.path.exists("working") else "ready"
        self.answer(200, {"ok": True, "payload": {"status": status, "suspensionId": "s-1"}})

    def log_message(self, *_):
        pass


def terminate(*_):
    note("SIGTERM")
    if not os.path.exists("ignore-term"):
        sys.stdout.flush()
        os._exit(0)


signal.signal(signal.SIGTERM, terminate)
print("fake gateway starts", flush=True)
print("and complains", file=sys.stderr, flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
