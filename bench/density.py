"""How many real boxes sleep and wake in turn on this machine, and what that costs in memory: a table, and a curve as a picture.

Boxes are created and put to sleep (squeezed) one after the other, until as many sleep as `BOXES` says, the platform refuses one more,
or swap is nearly full. After every `STEP` boxes the memory of the machine is read and some are woken in turn, the longest asleep first, through the
edge, and put to sleep again. In the end each is woken once; it has to answer, as the very process that fell asleep.

The peer is the same number of boxes awake: the proportional set size that one had before its first sleep, times their number.
"""

import json
import os
import subprocess
import time

from bench_platform import Platform, median
from density_picture import draw
from wake import fall_asleep, percentile, pss_and_swap, wake

BOXES = int(os.environ.get("BOXES", "200"))
STEP = int(os.environ.get("STEP", "4"))
WOKEN_A_STEP = int(os.environ.get("WOKEN", "4"))
PICTURE = os.environ.get("PICTURE", "density.svg")
# A box that does not fit into swap any more would stay in memory, and count for nothing here.
SWAP_KEPT_KIB = 1536 * 1024
GIB_KIB = 1024 * 1024


def meminfo():
    with open("/proc/meminfo") as file:
        return {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in file)}


def used_kib():
    """Memory that programs cannot get any more, and swap that is taken.

    A page that lies in swap and is still in memory, where no process has it, is given away without writing it: it is not used.
    """
    now = meminfo()
    unmapped = now["Active(anon)"] + now["Inactive(anon)"] - now["AnonPages"] - now["Shmem"]
    spare = now["MemAvailable"] + max(0, min(unmapped, now["SwapCached"]))
    return now["MemTotal"] - spare, now["SwapTotal"] - now["SwapFree"]


def view(platform, name):
    return json.loads(platform.get(f"/v1/boxes/{name}")[1])


def wake_in_turn(platform, names):
    """Milliseconds that each wake took; each box sleeps again afterwards."""
    took = []
    for name in names:
        pid = view(platform, name)["pid"]
        took.append(wake(platform, name))
        if view(platform, name)["pid"] != pid:
            raise RuntimeError(f"{name} was started anew, not woken")
        fall_asleep(platform, "squeezed", name)
    return took


def one_more(platform, name):
    """Creates a box and puts it to sleep; its memory when awake in MiB, `None` when the platform has no room."""
    try:
        platform.cli("box", "create", name)
    except subprocess.CalledProcessError as error:
        print(f"density: no more after this: {error.stderr.strip().splitlines()[0]}")
        return None
    awake = pss_and_swap(view(platform, name)["pid"])[0]
    fall_asleep(platform, "squeezed", name)
    return awake


def grow(platform):
    """Rows of boxes, GiB of memory, GiB of swap, GiB if all were awake, milliseconds of each wake."""
    base_memory, base_swap = used_kib()
    asleep, awake_mib, rows, turn = [], [], [], 0
    while len(asleep) < BOXES and meminfo()["SwapFree"] > SWAP_KEPT_KIB:
        awake = one_more(platform, f"sleeper-{len(asleep) + 1}")
        if awake is None:
            break
        asleep.append(f"sleeper-{len(asleep) + 1}")
        awake_mib.append(awake)
        if len(asleep) % STEP:
            continue
        names = [asleep[(turn + at) % len(asleep)] for at in range(min(WOKEN_A_STEP, len(asleep)))]
        turn += len(names)
        took = wake_in_turn(platform, names)
        memory, swap = used_kib()
        rows.append((len(asleep), (memory - base_memory) / GIB_KIB, (swap - base_swap) / GIB_KIB, sum(awake_mib) / 1024, took))
        print("density: {} boxes asleep: {:.2f} GiB of memory, {:.2f} GiB in swap (awake {:.1f} GiB); woken in p50 {:.0f} ms".format(
            *rows[-1][:4], median(took)), flush=True)
    return asleep, rows


def main():
    with Platform() as platform:
        asleep, rows = grow(platform)
        began = time.monotonic()
        took = wake_in_turn(platform, asleep)
        print(f"density: {len(asleep)} boxes woken in turn, each answered as the same process: p50 {median(took):.0f} ms, "
              f"p99 {percentile(took, .99):.0f} ms, n={len(took)}, the whole turn with falling asleep again {time.monotonic() - began:.0f} s")
        with open(PICTURE, "w") as file:
            file.write(draw(rows, meminfo()["MemTotal"] / GIB_KIB))
        print(f"density: the picture is {PICTURE}")
        for name in asleep:
            platform.cli("box", "delete", name, "--yes")


main()
