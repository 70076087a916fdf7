"""Pages about ten thousand boxes through the API, and passes of the reconcile loop over them: control with a real database, and boxes of
the fake provider that do not run.
"""

import json
import os
import subprocess

FLEET = os.environ["SMARTBOX_BENCH_FLEET"]
BOXES = os.environ.get("BOXES", "10000")
CALLS = os.environ.get("SMARTBOX_BENCH_CALLS", "1000")


def run(*words):
    done = subprocess.run([FLEET, *words], stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    return json.loads(done.stdout)


def ms(microseconds):
    return f"{microseconds / 1000:.2f} ms"


pages = run("pages", BOXES, CALLS)
for name, goal in ("summary", 50), ("list", 10):
    took = pages[name]
    print(f"many: {name} of {BOXES} boxes: p50 {ms(took['p50'])}, p99 {ms(took['p99'])}, n={took['n']} (goal: p99 at most {goal} ms)")
passed = run("reconcile", BOXES, "50")["pass"]
rate = int(BOXES) / passed["p50"] * 1e6
print(f"many: a pass over {BOXES} boxes: p50 {ms(passed['p50'])}, p99 {ms(passed['p99'])}; {rate:.0f} boxes a second (goal: 1000)")
share = passed["p50"] / 5e6
print(f"many: a pass every five seconds is {share:.2%} of a core (goal: under 2 %)")
