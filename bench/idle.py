"""What `smartbox up` itself uses while one box idles, and how soon it accepts when boxes already run."""

import os
import time

from bench_platform import Platform, median

WINDOW_S = float(os.environ.get("WINDOW_S", "30"))
STARTS = 5


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1024


def main():
    with Platform() as platform:
        platform.cli("box", "create", "idle")
        platform.cli("chat", "--box", "idle", "hello")
        pid = platform.process.pid
        before, began = cpu_s(pid), time.monotonic()
        time.sleep(WINDOW_S)
        share = 100 * (cpu_s(pid) - before) / (time.monotonic() - began)
        print(f"idle: {share:.2f} % of a core over {WINDOW_S:.0f} s (target under 1), "
              f"{resident_mib(pid):.1f} MiB resident (target under 60)")
        starts = []
        for _ in range(STARTS):
            platform.kill()
            starts.append(platform.start())
        print(f"restart beside a running box: accepts after {median(starts):.3f} s "
              f"({min(starts):.3f}-{max(starts):.3f}, n={STARTS}; target under 1 s)")


main()
