"""Stands in for the gateway: probes, a greeting, and a port that runs commands as the agent."""

import http.server
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading

GATEWAY_PORT, GREETING_PORT, COMMAND_PORT = 18789, 7070, 7071


class Probes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"ready":true}' if self.path == "/readyz" else b""
        self.send_response(200 if body else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


class Greeting(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(f"{socket.gethostname()}\n".encode())


class Command(socketserver.StreamRequestHandler):
    """One line of JSON, a list of arguments; answers with one line: exit code and output."""

    def handle(self):
        argv = json.loads(self.rfile.readline())
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        answer = {"code": done.returncode, "output": done.stdout.decode(errors="replace")}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256


def stop(*_):
    with open("/home/agent/stopped", "w") as file:
        file.write("gracefully\n")
    os._exit(0)


def main():
    exit_at_once = os.environ.get("EXIT_WITH")
    print(f"the gateway of {socket.gethostname()} starts", flush=True)
    if exit_at_once:
        sys.exit(int(exit_at_once))
    signal.signal(signal.SIGTERM, stop)
    for port, handler in ((GREETING_PORT, Greeting), (COMMAND_PORT, Command)):
        threading.Thread(target=Server(("127.0.0.1", port), handler).serve_forever, daemon=True).start()
    Server(("127.0.0.1", GATEWAY_PORT), Probes).serve_forever()


main()
