"""A box that sleeps, at the provider: time to fall asleep, and from the wake to the first byte of `/healthz`.

The platform is killed first, as by a crash: its box goes on, and only what the provider does is measured, not the way
through the edge. The peer is the boot of a bare gateway of the same version. Squeezing needs room in swap
(`smartbox doctor --setup-swap 2G`); without it that part says so and is left out.
"""

import json
import os
import shutil
import subprocess
import tempfile

from bench_platform import Platform, median
from boot import bare_gateway

ROUNDS = int(os.environ.get("ROUNDS", "50"))
BOOTS = int(os.environ.get("BOOTS", "3"))
SLEEPER = os.environ["SMARTBOX_BENCH_SLEEPER"]
MIB = 1024 * 1024


def percentile(values, share):
    return sorted(values)[int(len(values) * share)]


def rounds(platform, depth):
    """Sleeps and wakes; `None` where the host cannot do it."""
    done = subprocess.run([SLEEPER, platform.data, depth, str(ROUNDS)], capture_output=True, text=True)
    if done.returncode:
        print(f"sleep: {depth} is left out: {done.stderr.strip()}")
        return None
    return [json.loads(line) for line in done.stdout.splitlines()]


def report(depth, measured, boot_s):
    of = lambda name: [one[name] for one in measured]
    sleep, thaw, first = of("sleep_ms"), of("thaw_ms"), of("first_byte_ms")
    print(f"sleep: {depth}: falls asleep in p50 {median(sleep):.2f} ms, p99 {percentile(sleep, .99):.2f}; "
          f"thaw p50 {median(thaw):.2f} ms; wake to first byte p50 {median(first):.2f} ms, p99 {percentile(first, .99):.2f}, "
          f"n={len(first)}; {boot_s * 1000 / median(first):.0f} times faster than a bare boot ({boot_s:.2f} s)")
    if depth == "squeezed":
        first_round, later = measured[0], measured[1:]
        print(f"sleep: squeezed: proportional set size {first_round['before'] / MIB:.0f} MiB awake, "
              f"{median(of('asleep')) / MIB:.0f} MiB asleep, {median(of('swap')) / MIB:.0f} MiB in swap, "
              f"{median(of('after')) / MIB:.0f} MiB after the first request; the first squeeze took "
              f"{first_round['sleep_ms']:.0f} ms, later ones {median([one['sleep_ms'] for one in later]):.0f} ms")


def main():
    cache = tempfile.mkdtemp(prefix="smartbox-bare-cache-")
    # Not counted: fills the bare gateway's compile cache.
    bare_gateway(cache)
    boot_s = median([bare_gateway(cache) for _ in range(BOOTS)])
    shutil.rmtree(cache, ignore_errors=True)
    with Platform() as platform:
        platform.cli("box", "create", "sleeper")
        platform.kill()
        for depth in "frozen", "squeezed":
            measured = rounds(platform, depth)
            if measured:
                report(depth, measured, boot_s)
        # Whoever stops the box is the platform again.
        platform.start()


main()
