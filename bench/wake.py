"""Wakes of a real box through the edge: from the request to the first byte of the gateway's answer.

The box is put to sleep by the API, at each depth, and woken by a request as a person makes it (for the page of the Control UI, which a gateway that is
awake answers in 2 ms), so that everything on the way is in the figure: the edge, the one gate, the database, the thaw, the gateway's resumption.
It has answered a few requests before: a gateway that has just booted is slow by itself. The peer is the boot of
a bare gateway of the same version in the same run. Squeezing needs room in swap (`smartbox doctor --setup-swap 2G`).
"""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time

from bench_platform import Platform, median
from boot import bare_gateway

ROUNDS = int(os.environ.get("ROUNDS", "50"))
STOPPED_ROUNDS = int(os.environ.get("STOPPED_ROUNDS", "3"))
BOOTS = int(os.environ.get("BOOTS", "3"))
# How long a box is frozen before it is woken: long enough that nothing of the sleep is under way.
ASLEEP_S = 0.3
QUIET_S = 60
# Requests to the box before anything is measured.
WARM_UP = 60


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def post(platform, path, body=None):
    connection = http.client.HTTPConnection(*platform.address(), timeout=240)
    headers = {"X-Admin-Secret": platform.file["admin_secret"], "content-type": "application/json"}
    connection.request("POST", path, body=json.dumps(body or {}), headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{path}: {answer.status} {text}")
    return json.loads(text)


def fall_asleep(platform, tier, name="sleeper"):
    """Puts a box to sleep and waits until it is down at the tier."""
    deadline = time.monotonic() + 240
    while True:
        asked = post(platform, f"/v1/boxes/{name}/sleep", {"tier": tier})
        ended = json.loads(platform.get(f"/v1/operations/{asked['operation']['id']}?wait=60s")[1])
        view = json.loads(platform.get(f"/v1/boxes/{name}")[1])
        is_down = view["phase"] == "sleeping" and view.get("sleep", {}).get("tier") == tier
        if is_down:
            return view
        if time.monotonic() > deadline:
            raise RuntimeError(f"it does not sleep: {ended} {view}")
        time.sleep(0.5)


def wake(platform, name="sleeper"):
    """Milliseconds from the request to the first byte of the answer."""
    connection = http.client.HTTPConnection(*platform.address(), timeout=240)
    connection.connect()
    began = time.monotonic()
    headers = {"X-Admin-Secret": platform.file["admin_secret"], "accept": "application/json"}
    connection.request("GET", f"/b/{name}/", headers=headers)
    answer = connection.getresponse()
    took = (time.monotonic() - began) * 1000
    if answer.status != 200:
        raise RuntimeError(f"the woken box answers {answer.status}")
    answer.read()
    return took


def pss_and_swap(pid):
    """Memory of the box's processes in MiB: its first process and everything below it."""
    totals = [0, 0]
    pids = [pid]
    for one in pids:
        try:
            with open(f"/proc/{one}/task/{one}/children") as file:
                pids.extend(int(child) for child in file.read().split())
            with open(f"/proc/{one}/smaps_rollup") as file:
                for line in file:
                    for at, name in enumerate(("Pss:", "SwapPss:")):
                        if line.startswith(name):
                            totals[at] += int(line.split()[1])
        except FileNotFoundError:
            pass
    return [total / 1024 for total in totals]


def cpu_ticks(pid):
    ticks, pids = 0, [pid]
    for one in pids:
        with open(f"/proc/{one}/task/{one}/children") as file:
            pids.extend(int(child) for child in file.read().split())
        with open(f"/proc/{one}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks


def report(tier, measured, boot_s):
    print(f"wake: {tier}: request to first byte p50 {median(measured):.1f} ms, p99 {percentile(measured, .99):.1f}, "
          f"n={len(measured)}; a bare boot ({boot_s:.2f} s) takes {boot_s * 1000 / median(measured):.0f} times as long; "
          f"of a bare boot: {median(measured) / boot_s / 1000:.2f}")


def has_swap():
    with open("/proc/meminfo") as file:
        figures = dict(line.split(":") for line in file)
    return int(figures["SwapFree"].split()[0]) > 1536 * 1024


def main():
    cache = tempfile.mkdtemp(prefix="smartbox-bare-cache-")
    # Not counted: fills the bare gateway's compile cache.
    bare_gateway(cache)
    boot_s = median([bare_gateway(cache) for _ in range(BOOTS)])
    shutil.rmtree(cache, ignore_errors=True)
    with Platform() as platform:
        platform.cli("box", "create", "sleeper")
        print(f"wake: awake, the same request takes {median([wake(platform) for _ in range(WARM_UP)]):.1f} ms")
        for tier, rounds in ("frozen", ROUNDS), ("squeezed", ROUNDS), ("stopped", STOPPED_ROUNDS):
            if tier == "squeezed" and not has_swap():
                print("wake: squeezed is left out: no room in swap")
                continue
            measured, awake, asleep = [], [], []
            for _ in range(rounds):
                pid = json.loads(platform.get("/v1/boxes/sleeper")[1])["pid"]
                awake.append(pss_and_swap(pid))
                view = fall_asleep(platform, tier)
                if tier == "squeezed":
                    asleep.append(pss_and_swap(pid))
                if tier == "frozen" and not measured:
                    before = cpu_ticks(view["pid"])
                    time.sleep(QUIET_S)
                    print(f"wake: a frozen box used {(cpu_ticks(view['pid']) - before) * 10} ms of CPU in {QUIET_S} s")
                time.sleep(ASLEEP_S)
                measured.append(wake(platform))
            report(tier, measured, boot_s)
            if asleep:
                print(f"wake: squeezed: proportional set size {median([one[0] for one in awake]):.0f} MiB awake, "
                      f"{median([one[0] for one in asleep]):.0f} MiB asleep (goal 160), "
                      f"{median([one[1] for one in asleep]):.0f} MiB in swap")


if __name__ == "__main__":
    main()
