"""What a budget costs a model call: setting aside before it, putting down after it, with a real database on the disk of `SMARTBOX_BENCH_DIR`;
and whether it holds when 200 calls come at once.

The peer is the same disk: as many commits by the `sqlite3` of Python's standard library, one row each, with the same durability.
"""

import json
import os
import sqlite3
import statistics
import subprocess
import tempfile
import time

FLEET = os.environ["SMARTBOX_BENCH_FLEET"]
RATE = os.environ.get("SMARTBOX_BENCH_RATE", "1000")
SECONDS = os.environ.get("SMARTBOX_BENCH_SECONDS", "5")
DIRECTORY = os.environ.get("SMARTBOX_BENCH_DIR", tempfile.gettempdir())
COMMITS = 1000


def one_commit():
    """Microseconds of a commit, median."""
    took = []
    with tempfile.TemporaryDirectory(dir=DIRECTORY) as directory:
        database = sqlite3.connect(os.path.join(directory, "peer.db"), isolation_level=None)
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        database.execute("create table row (id integer primary key, what text)")
        for _ in range(COMMITS):
            began = time.perf_counter()
            database.execute("insert into row (what) values ('x')")
            took.append((time.perf_counter() - began) * 1e6)
        database.close()
    return statistics.median(took)


def run(*words):
    environment = {**os.environ, "SMARTBOX_BENCH_DIR": DIRECTORY}
    done = subprocess.run([FLEET, *words], capture_output=True, text=True, check=True, timeout=300, env=environment)
    return json.loads(done.stdout)


commit = one_commit()
seen = run("spend", RATE, SECONDS)
print(f"spend: {RATE} calls/s for {SECONDS} s of a box with a budget, microseconds; one commit on this disk takes {commit:.0f}")
for step in ("reserve", "settle"):
    figures = seen[step]
    print(f"  {step:8} p50 {figures['p50']:>7}  p99 {figures['p99']:>7}  n={figures['n']}, p50 {figures['p50'] / commit:.2f} of one commit")
race = run("race", "200")
print(f"  {race['calls']} calls at once against a budget for ten: {race['through']} went through, {race['spent']} of {race['limit']} tokens spent")
if race["spent"] > race["limit"]:
    raise SystemExit("the budget did not hold")
