"""A platform for one benchmark, and the bare gateway it is compared with. Standard library only."""

import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAM = os.environ["SMARTBOX_BENCH_PROGRAM"]
STORE = os.environ["SMARTBOX_STORE_DIR"]
PATIENCE_S = 240


class Platform:
    """`smartbox up` in a fresh data directory, without a first box."""

    def __init__(self):
        self.data = tempfile.mkdtemp(prefix="smartbox-bench-")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/root"),
            "SMARTBOX_DATA_DIR": self.data,
            "SMARTBOX_STORE_DIR": STORE,
            "SMARTBOX_LISTEN": "127.0.0.1:0",
            # One client that asks without pause is what is measured.
            "SMARTBOX__EDGE__REQUESTS_PER_MINUTE": "100000000",
        }
        self.accepts_after_s = self.start()

    def start(self):
        """Starts it; returns the seconds until it accepts and answers."""
        with open(f"{self.data}/terminal.log", "ab") as log:
            began = time.monotonic()
            self.process = subprocess.Popen(
                [PROGRAM, "up", "--no-first-box", "--stop-boxes-on-exit"],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        while True:
            try:
                with open(f"{self.data}/platform.json") as file:
                    self.file = json.load(file)
                if self.file["pid"] == self.process.pid and self.get("/healthz")[0] == 200:
                    return time.monotonic() - began
            except (OSError, ValueError, http.client.HTTPException):
                pass
            if time.monotonic() - began > PATIENCE_S or self.process.poll() is not None:
                raise RuntimeError(open(f"{self.data}/terminal.log").read())
            time.sleep(0.005)

    def address(self):
        host, port = self.file["url"].removeprefix("http://").rsplit(":", 1)
        return host, int(port)

    def get(self, path):
        connection = http.client.HTTPConnection(*self.address(), timeout=PATIENCE_S)
        connection.request("GET", path, headers={"X-Admin-Secret": self.file["admin_secret"]})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def cli(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], env=self.env, check=True, capture_output=True, text=True).stdout

    def kill(self):
        """As `kill -9`: boxes go on."""
        self.process.kill()
        self.process.wait()

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def runtime():
    """The installed runtime: its version, its directory, its node."""
    found = [path for path in glob.glob(f"{STORE}/runtimes/openclaw-*") if os.path.isdir(f"{path}/node_modules/openclaw")]
    directory = max(found)
    return directory, glob.glob(f"{directory}/**/bin/node", recursive=True)[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(port):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False


def median(values):
    values = sorted(values)
    return values[len(values) // 2]
