"""From `box create` to ready, against a bare `openclaw gateway` of the same version on the same machine.

Both have a warm compile cache of their own. Runs alternate, so that whatever else the machine does hits both.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time

from bench_platform import Platform, free_port, is_ready, median, runtime

RUNS = int(os.environ.get("RUNS", "5"))


def bare_gateway(cache):
    directory, node = runtime()
    home = tempfile.mkdtemp(prefix="smartbox-bare-")
    port = free_port()
    os.makedirs(f"{home}/state")
    config = {
        "gateway": {"mode": "local", "terminal": {"enabled": False}},
        "models": {"catalogRefresh": {"enabled": False}},
        "update": {"checkOnStart": False},
        "agents": {"defaults": {"workspace": f"{home}/workspace", "heartbeat": {"every": "0m"}}},
        "logging": {"file": f"{home}/gateway.log"},
        "plugins": {"entries": {"admin-http-rpc": {"enabled": True}}},
    }
    with open(f"{home}/state/openclaw.json", "w") as file:
        json.dump(config, file)
    env = {
        "PATH": f"{os.path.dirname(node)}:/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8",
        "OPENCLAW_STATE_DIR": f"{home}/state", "OPENCLAW_CONFIG_PATH": f"{home}/state/openclaw.json",
        "OPENCLAW_GATEWAY_TOKEN": "bench", "NODE_COMPILE_CACHE": cache,
        "OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED": "1", "OPENCLAW_NO_RESPAWN": "1",
        "OPENCLAW_DISABLE_BONJOUR": "1", "OPENCLAW_NO_AUTO_UPDATE": "1", "OPENCLAW_OFFLINE": "1",
        "OPENCLAW_EXEC_SHELL_SNAPSHOT": "0",
    }
    command = [node, f"{directory}/node_modules/openclaw/openclaw.mjs", "gateway", "--bind", "loopback", "--port", str(port)]
    began = time.monotonic()
    with open(f"{home}/out", "wb") as out:
        process = subprocess.Popen(command, env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    while not is_ready(port):
        if process.poll() is not None:
            raise RuntimeError(open(f"{home}/out").read())
        time.sleep(0.02)
    took = time.monotonic() - began
    process.terminate()
    process.wait()
    shutil.rmtree(home, ignore_errors=True)
    return took


def box(platform, name):
    began = time.monotonic()
    platform.cli("box", "create", name)
    took = time.monotonic() - began
    platform.cli("box", "stop", name)
    return took


def main():
    cache = tempfile.mkdtemp(prefix="smartbox-bare-cache-")
    with Platform() as platform:
        # Not counted: fills the bare gateway's cache and the page cache for both.
        bare_gateway(cache)
        box(platform, "warm")
        bare, boxes = [], []
        for run in range(RUNS):
            bare.append(bare_gateway(cache))
            boxes.append(box(platform, f"run-{run}"))
    shutil.rmtree(cache, ignore_errors=True)
    print(f"boot: box create to ready {median(boxes):.2f} s ({min(boxes):.2f}-{max(boxes):.2f}), "
          f"bare gateway {median(bare):.2f} s ({min(bare):.2f}-{max(bare):.2f}), n={RUNS}: "
          f"ratio {median(boxes) / median(bare):.3f} (target 1.10)")


if __name__ == "__main__":
    main()
