"""A command in a running box through the API (`exec:sync` of `true`), against `runc exec` of the same command in the same box.

Both begin in this program and are timed to the answer: one request over a connection that is kept, one process that is waited for. They
take turns. The command runs as the agent in either.
"""

import glob
import json
import os
import socket
import subprocess
import time

from bench_platform import Platform, median

ROUNDS = int(os.environ.get("SMARTBOX_BENCH_ROUNDS", "100"))
WARM_UP = 5
COMMAND = "/bin/true"


def engine_root(box):
    """Where the OCI runtime keeps what it knows of the box."""
    found = glob.glob(f"/run/smartbox/*/oci/{box}/state.json")
    assert len(found) == 1, found
    return os.path.dirname(os.path.dirname(found[0]))


def ask(connection, request):
    began = time.perf_counter_ns()
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, body = answer.split(b"\r\n\r\n", 1)
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    took = (time.perf_counter_ns() - began) / 1e6
    result = json.loads(body)
    assert head.startswith(b"HTTP/1.1 200") and result["outcome"] == "exited" and result["code"] == 0, (head, body)
    return took


def run(words):
    began = time.perf_counter_ns()
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.perf_counter_ns() - began) / 1e6


def percentile(values, share):
    return sorted(values)[int(len(values) * share)]


def main():
    with Platform() as platform:
        platform.cli("box", "create", "exec")
        box = json.loads(platform.get("/v1/boxes/exec")[1])["id"]
        host, port = platform.address()
        body = json.dumps({"argv": [COMMAND]})
        request = (
            f"POST /v1/boxes/{box}/exec:sync HTTP/1.1\r\nhost: {host}:{port}\r\nx-admin-secret: {platform.file['admin_secret']}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
        ).encode()
        engine = ["runc", "--root", engine_root(box), "exec", "--user", "1000:1000", box, COMMAND]
        connection = socket.create_connection((host, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ours, theirs = [], []
        for number in range(ROUNDS + WARM_UP):
            pair = ask(connection, request), run(engine)
            if number >= WARM_UP:
                ours.append(pair[0])
                theirs.append(pair[1])
        print(f"exec: p50 {median(ours):.2f} ms through the API, {median(theirs):.2f} ms by runc exec: ratio "
              f"{median(ours) / median(theirs):.2f} (target 0.5); p99 {percentile(ours, .99):.2f} and {percentile(theirs, .99):.2f} ms, "
              f"{ROUNDS} rounds")


if __name__ == "__main__":
    main()
