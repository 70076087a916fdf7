"""What sleeping boxes cost the platform: CPU time of control and its loop, with boxes of the fake provider.

The peer is the same program without a box, in the same run.
"""

import os
import subprocess
import time

BOXES = int(os.environ.get("BOXES", "1000"))
SPAN_S = int(os.environ.get("SPAN", "60"))
FLEET = os.environ["SMARTBOX_BENCH_FLEET"]
# What was put off until now is not counted.
SETTLE_S = 10


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def used(fleet, boxes):
    """Share of a core that the program takes while so many boxes sleep."""
    fleet.stdin.write(f"{boxes}\n")
    fleet.stdin.flush()
    if int(fleet.stdout.readline()) != boxes:
        raise RuntimeError("not every box sleeps")
    time.sleep(SETTLE_S)
    before, began = cpu_s(fleet.pid), time.monotonic()
    time.sleep(SPAN_S)
    return (cpu_s(fleet.pid) - before) / (time.monotonic() - began)


with subprocess.Popen([FLEET], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as fleet:
    empty, full = used(fleet, 0), used(fleet, BOXES)
    print(f"fleet: {BOXES} sleeping boxes take {full:.2%} of a core (goal: under 2 %), no box {empty:.2%}")
    fleet.stdin.close()
