"""The edge against nginx and HAProxy: requests, messages over sockets, and memory of silent sockets.

Each has one worker on one core, the load and the same upstream have the other. The edge runs its whole chain: session or
token, limits, policy. Rounds alternate; figures are medians. CPU is what the proxy itself used: it hardly depends on what
else the machine does.
"""

import json
import os
import re
import subprocess
import sys

from edge_peers import LOAD_CORE, PROGRAM, Peers
from statistics import median

ROUNDS = int(os.environ.get("SMARTBOX_BENCH_ROUNDS", "7"))
SECONDS = int(os.environ.get("SMARTBOX_BENCH_SECONDS", "3"))
CONNECTIONS = 64
SOCKETS = 64
SILENT = 10_000
UNITS_US = {"us": 1, "ms": 1000, "s": 1e6}


def wrk(proxy, connections):
    headers = [part for header in proxy.headers for part in ("-H", header)]
    url = f"http://{proxy.address}{proxy.path}/assets/app.js"
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}", "--latency", *headers, url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return rate, float(amount) * UNITS_US[unit]


def load(proxy, sockets, secs):
    cookie = next((header.removeprefix("cookie: ") for header in proxy.headers), "")
    load = {"address": proxy.address, "path": proxy.path or "/", "cookie": cookie, "sockets": sockets, "secs": secs}
    return json.dumps(load)


def messages(proxy, sockets):
    command = ["taskset", "-c", LOAD_CORE, PROGRAM, "sockets", load(proxy, sockets, SECONDS)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout)
    return said["per_second"], said["p99_us"]


def compare(what, proxies, measure):
    """Runs the rounds and prints each proxy's medians, then the edge's ratios."""
    seen = {proxy.name: [] for proxy in proxies}
    for round in range(ROUNDS + 1):
        for proxy in proxies:
            before = proxy.cpu_s()
            rate, p99 = measure(proxy)
            used = proxy.cpu_s() - before
            # The first round warms up.
            if round:
                seen[proxy.name].append((rate, p99, used / (rate * SECONDS) * 1e6))
    print(f"{what}: {ROUNDS} rounds of {SECONDS} s")
    medians = {name: [median(figures) for figures in zip(*rounds)] for name, rounds in seen.items()}
    for name, (rate, p99, cpu) in medians.items():
        spread = [rate for rate, _, _ in seen[name]]
        print(f"  {name:11} {rate:8.0f}/s ({min(spread):.0f}–{max(spread):.0f})  p99 {p99 / 1000:6.2f} ms  CPU {cpu:5.1f} us each")
    peers = [figures for name, figures in medians.items() if not name.startswith("edge")]
    if not peers:
        return
    for name, (rate, p99, cpu) in medians.items():
        if name.startswith("edge"):
            print(f"  {name} against the better peer: throughput {rate / max(p[0] for p in peers):.2f} (target 1.0 or more), "
                  f"p99 {p99 / min(p[1] for p in peers):.2f} (target 1.0 or less), CPU {cpu / min(p[2] for p in peers):.2f}")


def requests():
    with Peers() as peers:
        upstream = peers.upstream()
        proxies = [*peers.edge(upstream), peers.nginx(upstream), peers.haproxy(upstream)]
        compare(f"requests over {CONNECTIONS} connections", proxies, lambda proxy: wrk(proxy, CONNECTIONS))


def sockets():
    with Peers() as peers:
        upstream = peers.echo()
        proxies = [peers.edge(upstream)[0], peers.nginx(upstream), peers.haproxy(upstream)]
        compare(f"messages over {SOCKETS} sockets", proxies, lambda proxy: messages(proxy, SOCKETS))


def memory():
    with Peers() as peers:
        # Two descriptors a socket, and a few for everything else.
        count = min(SILENT, (peers.files - 400) // 2)
        print(f"memory of {count} silent sockets, both sides' buffers in the kernel left out:")
        for start in (lambda up: peers.edge(up)[0], peers.nginx, peers.haproxy):
            echo = peers.start(LOAD_CORE, PROGRAM, "echo")
            proxy = start(json.loads(echo.stdout.readline())["address"])
            messages(proxy, SOCKETS)
            before = proxy.memory_bytes()
            holder = peers.start(LOAD_CORE, PROGRAM, "sockets", load(proxy, count, 0.0))
            assert json.loads(holder.stdout.readline())["open"] == count
            each = (proxy.memory_bytes() - before) / count / 1024
            target = " (target 10 or less)" if proxy.name == "edge" else ""
            print(f"  {proxy.name:11} {each:5.1f} KiB each{target}")
            for process in holder, proxy.process, echo:
                peers.end(process)


if __name__ == "__main__":
    for part in sys.argv[1:] or ["requests", "sockets", "memory"]:
        {"requests": requests, "sockets": sockets, "memory": memory}[part]()
