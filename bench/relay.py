"""One request through the edge, against the same request straight to the gateway inside the box's network.

Both clients are this program with a kept-alive connection; requests alternate in small batches.
"""

import ctypes
import json
import os
import socket
import time

from bench_platform import Platform, median

BATCHES = 60
REQUESTS = 50
CLONE_NEWNET = 0x40000000


def connect_inside(pid, port):
    """A socket that lies in the network of the box's first process."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter the box's network")
    try:
        return socket.create_connection(("127.0.0.1", port))
    finally:
        libc.setns(home, CLONE_NEWNET)


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
    took = time.perf_counter_ns() - began
    assert head.startswith(b"HTTP/1.1 200"), head
    return took / 1e6


def percentile(values, share):
    return sorted(values)[int(len(values) * share)]


def main():
    with Platform() as platform:
        platform.cli("box", "create", "relay")
        pid = json.loads(platform.get("/v1/boxes/relay")[1])["pid"]
        host, port = platform.address()
        secret = platform.file["admin_secret"]
        direct_request = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:18789\r\n\r\n"
        proxied_request = f"GET /b/relay/healthz HTTP/1.1\r\nhost: {host}:{port}\r\nx-admin-secret: {secret}\r\n\r\n".encode()
        direct, proxied = connect_inside(pid, 18789), socket.create_connection((host, port))
        for connection in direct, proxied:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times = {"direct": [], "proxied": []}
        for batch in range(BATCHES + 5):
            for name, connection, request in ("direct", direct, direct_request), ("proxied", proxied, proxied_request):
                took = [ask(connection, request) for _ in range(REQUESTS)]
                if batch >= 5:
                    times[name] += took
        d, p = times["direct"], times["proxied"]
        print(f"relay: p50 {median(p):.3f} ms through the edge, {median(d):.3f} ms direct: added {median(p) - median(d):.3f} ms "
              f"(target 0.3), ratio {median(p) / median(d):.2f}; p99 {percentile(p, .99):.2f} and {percentile(d, .99):.2f} ms, "
              f"n={len(p)} each")


main()
