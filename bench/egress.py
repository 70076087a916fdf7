"""The forward proxy against squid and tinyproxy: tunnels, new tunnels, plain requests, silent tunnels. Standard library only."""

import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["SMARTBOX_BENCH_PROXY"]
LOAD = os.environ["SMARTBOX_BENCH_PROXY_LOAD"]
ROUNDS = int(os.environ.get("SMARTBOX_BENCH_ROUNDS", "3"))
SECONDS = os.environ.get("SMARTBOX_BENCH_SECONDS", "3")
# One core for whoever is measured, one for the load and the origin.
PROXY_CORE, LOAD_CORE = "1", "0"
FILES = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
PATIENCE_S = 20
# A tunnel is two descriptors of the proxy.
IDLE = min(int(os.environ.get("SMARTBOX_BENCH_TUNNELS", "10000")), (FILES - 200) // 2)

SQUID = """
http_port 127.0.0.1:{port}
http_access allow all
cache deny all
access_log none
cache_log {dir}/cache.log
cache_store_log none
pid_filename none
coredump_dir {dir}
shutdown_lifetime 0 seconds
max_filedescriptors {files}
cache_effective_user nobody
"""

TINYPROXY = """
Listen 127.0.0.1
Port {port}
Timeout 600
MaxClients 20000
LogLevel Critical
LogFile "{dir}/tinyproxy.log"
DisableViaHeader Yes
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """One of those that are compared, alone on its core."""

    def __init__(self, name, directory):
        self.name = name
        run = ["taskset", "-c", PROXY_CORE, "prlimit", f"--nofile={FILES}"]
        if name == "smartbox":
            self.child = subprocess.Popen([*run, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.address = self.child.stdout.readline().strip()
        else:
            port = free_port()
            self.address = f"127.0.0.1:{port}"
            text = {"squid": SQUID, "tinyproxy": TINYPROXY}[name].format(port=port, dir=directory, files=FILES)
            path = os.path.join(directory, f"{name}.conf")
            with open(path, "w") as file:
                file.write(text)
            argv = {"squid": ["squid", "-N", "-n", f"bench{port}", "-f", path], "tinyproxy": ["tinyproxy", "-d", "-c", path]}[name]
            self.child = subprocess.Popen([*run, *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def wait(self):
        host, port = self.address.split(":")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"{self.name} does not listen")
                time.sleep(0.05)

    def rss_kib(self):
        with open(f"/proc/{self.child.pid}/status") as file:
            return int(next(line for line in file if line.startswith("VmRSS")).split()[1])

    def end(self):
        """What it has counted, if it counts."""
        if self.name == "smartbox":
            out, _ = self.child.communicate(timeout=PATIENCE_S)
            return json.loads(out)
        self.child.terminate()
        self.child.wait(timeout=PATIENCE_S)
        return None


def load(mode, address, count):
    run = ["taskset", "-c", LOAD_CORE, "prlimit", f"--nofile={FILES}", LOAD, mode, address, str(count), SECONDS]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    return float(done.stdout) if done.returncode == 0 and done.stdout else None


def compare(title, mode, count, unit, scale, directory):
    """The peers take turns, so that a busy moment of the machine meets all of them."""
    proxies = [Proxy(name, directory) for name in names()]
    figures = {proxy.name: [] for proxy in proxies}
    for _ in range(ROUNDS):
        for proxy in proxies:
            figures[proxy.name].append(load(mode, proxy.address, count))
    for proxy in proxies:
        proxy.end()
    medians = {}
    for name, found in figures.items():
        found = [figure for figure in found if figure is not None]
        medians[name] = statistics.median(found) / scale if found else None
    best = max((figure for name, figure in medians.items() if figure and name != "smartbox"), default=None)
    ours = medians["smartbox"]
    shown = ", ".join(f"{name} {figure:.0f}" if figure else f"{name} failed" for name, figure in medians.items())
    ratio = f"{ours / best:.2f} of the best peer" if best and ours else "no ratio"
    print(f"{title}: {shown} {unit}; {ratio}", flush=True)


def idle(directory):
    for name in names():
        proxy = Proxy(name, directory)
        before = proxy.rss_kib()
        run = ["prlimit", f"--nofile={FILES}", LOAD, "idle", proxy.address, str(IDLE), "0"]
        holder = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        held = holder.stdout.readline().strip()
        # The last buffers of a burst are given back within a moment.
        time.sleep(2)
        used = proxy.rss_kib() - before
        holder.stdin.close()
        holder.wait(timeout=PATIENCE_S)
        proxy.end()
        if held:
            print(f"{held} silent tunnels: {name} {used / 1024:.0f} MiB more, {used / int(held):.1f} KiB each", flush=True)
        else:
            print(f"{IDLE} silent tunnels: {name} did not hold them", flush=True)


def names():
    return ["smartbox"] + [name for name in ("squid", "tinyproxy") if shutil.which(name)]


def main():
    parts = sys.argv[1:] or ["throughput", "opens", "forward", "idle"]
    with tempfile.TemporaryDirectory(prefix="smartbox-bench-") as directory:
        # squid does not run as root.
        os.chmod(directory, 0o777)
        if "throughput" in parts:
            for count in (1, 8, 64):
                compare(f"{count} tunnel(s)", "throughput", count, "MB/s", 1e6, directory)
        if "opens" in parts:
            compare("new tunnels, 32 at a time", "opens", 32, "/s", 1, directory)
        if "forward" in parts:
            compare("plain requests, 32 at a time", "forward", 32, "/s", 1, directory)
        if "idle" in parts:
            idle(directory)


main()
