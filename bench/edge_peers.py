"""The edge and its peers, each with one worker on one core, in front of the same upstream. Standard library only."""

import json
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time

PROGRAM = os.environ["SMARTBOX_BENCH_EDGE"]
# One core for whoever is measured, one for the load and the upstream.
PROXY_CORE, LOAD_CORE = "1", "0"
BODY = "x" * 1024
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 20

UPSTREAM = """
daemon off; worker_processes 1; pid {dir}/upstream.pid; error_log stderr crit; worker_rlimit_nofile 20000;
events {{ worker_connections 16384; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600s; tcp_nodelay on;
  server {{ listen 127.0.0.1:{port} backlog=4096 reuseport; default_type application/json;
    location / {{ return 200 "{body}"; }} }} }}
"""

NGINX = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log stderr crit; worker_rlimit_nofile 20000;
# More than there are descriptors: nginx closes what waits when the last sixteenth of them is used.
events {{ worker_connections 40000; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600s; tcp_nodelay on;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  map $http_upgrade $hop {{ default upgrade; '' ''; }}
  upstream gateway {{ server {upstream}; keepalive 512; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://gateway; proxy_http_version 1.1; proxy_read_timeout 600s;
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $hop; }} }} }}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 9800
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
  option http-keep-alive
  option forwardfor
frontend in
  bind 127.0.0.1:{port} backlog 4096
  default_backend gateway
backend gateway
  http-reuse always
  server gateway {upstream} maxconn 9800
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address):
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return socket.create_connection(address.rsplit(":", 1), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


class Proxy:
    """Something that relays to an upstream."""

    def __init__(self, name, process, address, path="", headers=()):
        self.name, self.process, self.address, self.path, self.headers = name, process, address, path, headers

    def pids(self):
        """Its process and that one's children, of which nginx has one."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [self.process.pid, *map(int, file.read().split())]

    def cpu_s(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory_bytes(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
        return total


class Peers:
    """Starts programs, and ends them."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="smartbox-bench-")
        self.processes = []
        # 10,000 sockets are 20,000 descriptors of a proxy.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.files = hard

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.stdin:
                process.stdin.close()
            process.terminate()
            process.wait()
        shutil.rmtree(self.dir)

    def start(self, core, *command):
        process = subprocess.Popen(["taskset", "-c", core, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.processes.append(process)
        return process

    def end(self, process):
        self.processes.remove(process)
        process.stdin.close()
        process.terminate()
        process.wait()

    def configured(self, name, text, **values):
        port = free_port()
        path = f"{self.dir}/{name}.conf"
        with open(path, "w") as file:
            file.write(text.format(dir=self.dir, port=port, **values))
        return path, f"127.0.0.1:{port}"

    def upstream(self):
        path, address = self.configured("upstream", UPSTREAM, body=BODY)
        self.start(LOAD_CORE, "nginx", "-p", self.dir, "-c", path)
        wait_for(address)
        return address

    def echo(self):
        return json.loads(self.start(LOAD_CORE, PROGRAM, "echo").stdout.readline())["address"]

    def edge(self, upstream):
        process = self.start(PROXY_CORE, PROGRAM, "edge", upstream)
        said = json.loads(process.stdout.readline())
        proxies = [("edge", f"cookie: {said['cookie']}"), ("edge (JWT)", f"authorization: Bearer {said['jwt']}")]
        return [Proxy(name, process, said["address"], said["path"], [header]) for name, header in proxies]

    def nginx(self, upstream):
        path, address = self.configured("nginx", NGINX, upstream=upstream)
        process = self.start(PROXY_CORE, "nginx", "-p", self.dir, "-c", path)
        wait_for(address)
        return Proxy("nginx", process, address)

    def haproxy(self, upstream):
        path, address = self.configured("haproxy", HAPROXY, upstream=upstream)
        process = self.start(PROXY_CORE, "haproxy", "-q", "-f", path)
        wait_for(address)
        return Proxy("HAProxy", process, address)
