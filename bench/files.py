"""Downloading a file of a box through the API, against `cat` of the same file through a pipe.

The reader is the same in both: this program, which counts the bytes and drops them. The file is in memory (page cache) for both; they take
turns.
"""

import glob
import json
import os
import random
import socket
import subprocess
import time

from bench_platform import Platform, median

ROUNDS = int(os.environ.get("SMARTBOX_BENCH_ROUNDS", "10"))
MIB = int(os.environ.get("SMARTBOX_BENCH_MIB", "512"))
PIECE = 1 << 20


def drain(read, buffer):
    """Reads to the end; returns how many bytes there were."""
    total = 0
    while count := read(buffer):
        total += count
    return total


def download(address, request, size, buffer):
    with socket.create_connection(address) as connection:
        began = time.perf_counter()
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        head, first = answer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 200"), head
        got = len(first) + drain(connection.recv_into, buffer)
        took = time.perf_counter() - began
    assert got == size, (got, size)
    return size / took / 1e6


def cat(path, size, buffer):
    began = time.perf_counter()
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE, bufsize=0) as process:
        got = drain(process.stdout.readinto, buffer)
    took = time.perf_counter() - began
    assert got == size, (got, size)
    return size / took / 1e6


def main():
    buffer = memoryview(bytearray(PIECE))
    with Platform() as platform:
        platform.cli("box", "create", "files")
        box = json.loads(platform.get("/v1/boxes/files")[1])["id"]
        path = f"{platform.data}/boxes/{box}/volume/agent/workspace/large"
        assert glob.glob(os.path.dirname(path)), path
        block = random.Random(1).randbytes(PIECE)
        with open(path, "wb") as file:
            for _ in range(MIB):
                file.write(block)
        size = MIB * PIECE
        address = platform.address()
        request = (
            f"GET /v1/boxes/{box}/files/workspace/large HTTP/1.1\r\nhost: {address[0]}:{address[1]}\r\n"
            f"x-admin-secret: {platform.file['admin_secret']}\r\nconnection: close\r\n\r\n"
        ).encode()
        ours, theirs = [], []
        for number in range(ROUNDS + 1):
            pair = download(address, request, size, buffer), cat(path, size, buffer)
            if number:
                ours.append(pair[0])
                theirs.append(pair[1])
        print(f"files: {median(ours):.0f} MB/s downloaded, {median(theirs):.0f} MB/s by cat through a pipe: ratio "
              f"{median(ours) / median(theirs):.2f} (target 0.8), {MIB} MiB, {ROUNDS} rounds")


if __name__ == "__main__":
    main()
