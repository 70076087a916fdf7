"""A command in a running box through the API (`exec:sync` of `true`), against `runc exec` of the same command in a plain container.

Both begin in this program and are timed to the answer: one request over a connection that is kept, one process that is waited for. They
take turns. `runc exec` cannot enter a box itself: a box's network belongs to the host's user namespace, and runc joins the box's first. So the
container is one of `runc spec`'s defaults with the host's programs in it, which is less to enter than a box.
"""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time

from bench_platform import Platform, median

ROUNDS = int(os.environ.get("SMARTBOX_BENCH_ROUNDS", "100"))
WARM_UP = 5
COMMAND = "/bin/true"


@contextlib.contextmanager
def container():
    """A running container; gives the words that run a command in it."""
    with tempfile.TemporaryDirectory(prefix="smartbox-bench-") as bundle:
        subprocess.run(["runc", "spec"], cwd=bundle, check=True)
        with open(f"{bundle}/config.json") as file:
            spec = json.load(file)
        spec["process"].update(terminal=False, args=["/usr/bin/sleep", "100000"])
        spec["mounts"].append({"destination": "/usr", "source": "/usr", "type": "bind", "options": ["rbind", "ro"]})
        with open(f"{bundle}/config.json", "w") as file:
            json.dump(spec, file)
        os.makedirs(f"{bundle}/rootfs/usr")
        for name in "bin", "lib", "lib64":
            os.symlink(f"usr/{name}", f"{bundle}/rootfs/{name}")
        name, engine = f"bench-{os.getpid()}", ["runc", "--root", f"{bundle}/state"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        subprocess.run([*engine, "run", "--detach", name], cwd=bundle, check=True, **quiet)
        try:
            yield [*engine, "exec", name, COMMAND]
        finally:
            subprocess.run([*engine, "delete", "--force", name], check=False, **quiet)


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
    with Platform() as platform, container() as engine:
        platform.cli("box", "create", "exec")
        box = json.loads(platform.get("/v1/boxes/exec")[1])["id"]
        host, port = platform.address()
        body = json.dumps({"argv": [COMMAND]})
        request = (
            f"POST /v1/boxes/{box}/exec:sync HTTP/1.1\r\nhost: {host}:{port}\r\nx-admin-secret: {platform.file['admin_secret']}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
        ).encode()
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
