"""The AI gateway between a box and a model that answers at once, against asking the model itself. Standard library only."""

import json
import os
import statistics
import subprocess
import sys

PROGRAM = os.environ["SMARTBOX_BENCH_AI"]
ROUNDS = int(os.environ.get("SMARTBOX_BENCH_ROUNDS", "5"))
SECONDS = os.environ.get("SMARTBOX_BENCH_SECONDS", "5")
RATE = os.environ.get("SMARTBOX_BENCH_RATE", "1000")
# The gateway has a core of its own; the model and the load share the other.
GATEWAY_CORE, REST_CORE = "1", "0"
# Microseconds that the gateway may add: to a whole answer, and to the first token of a stream.
BOUNDS = {"whole": {"p50": 300, "p99": 900}, "stream": {"first_p50": 1000, "first_p99": 1000}}
PATIENCE_S = 120


class Served:
    """One of the programs that serve until their input ends."""

    def __init__(self, core, *words):
        self.child = subprocess.Popen(
            ["taskset", "-c", core, PROGRAM, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = self.child.stdout.readline().strip()
        if not self.address:
            raise SystemExit(f"{words[0]} does not start")

    def end(self):
        self.child.stdin.close()
        self.child.wait(timeout=PATIENCE_S)


def load(address, kind):
    run = ["taskset", "-c", REST_CORE, PROGRAM, "load", address, RATE, SECONDS, kind]
    done = subprocess.run(run, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    return json.loads(done.stdout)


def compare(kind):
    model = Served(REST_CORE, "upstream")
    gateway = Served(GATEWAY_CORE, "gateway", model.address)
    straight, through = [], []
    # In turns, so that a busy moment of the machine meets both.
    for _ in range(ROUNDS):
        straight.append(load(model.address, kind))
        through.append(load(gateway.address, kind))
    gateway.end()
    model.end()
    print(f"\n{kind} answers to 60 KB prompts, {RATE} requests/s, median of {ROUNDS} rounds of {SECONDS} s, microseconds")
    print(f"{'':12}{'straight':>12}{'through':>12}{'ratio':>10}{'added':>10}{'bound':>10}")
    for name in ("p50", "p99", "first_p50", "first_p99"):
        one, other = (statistics.median(figures[name] for figures in of) for of in (straight, through))
        bound = BOUNDS[kind].get(name)
        verdict = "" if bound is None else f"{bound:>10}{'  ok' if other - one <= bound else '  OVER'}"
        print(f"{name:12}{one:>12.0f}{other:>12.0f}{other / max(one, 1):>10.2f}{other - one:>10.0f}{verdict}")


for part in sys.argv[1:] or ["whole", "stream"]:
    compare(part)
