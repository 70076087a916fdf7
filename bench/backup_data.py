"""The home of a box as `backup.py` saves it: a state as an agent leaves it, and a mixed workspace. Standard library only.

Everything comes from one seed, so that two runs measure the same bytes. `python3 bench/backup_data.py DIRECTORY [MIB]` makes one.
"""

import json
import os
import random
import sqlite3
import sys

WORDS = [a + b for a in "ba co di fu ga hel jo kin lu mar no pra qui ro ste tu vi wol ze".split()
         for b in ("", "n", "ter", "ding", "s", "mo", "lik", "es")]
MIB = 1024 * 1024


def prose(rng, length):
    """Text of about this many bytes: compresses as prose does, by two to three."""
    out, size = [], 0
    while size < length:
        sentence = " ".join(rng.choices(WORDS, k=rng.randint(4, 18))).capitalize() + rng.choice([".", "?", ".\n"])
        out.append(sentence)
        size += len(sentence) + 1
    return " ".join(out)[:length]


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def chat_line(rng, number):
    return json.dumps({
        "type": "message", "id": f"{rng.getrandbits(64):016x}", "timestamp": 1764000000 + number,
        "message": {"role": rng.choice(["user", "assistant"]), "content": [{"type": "text", "text": prose(rng, rng.randint(40, 1500))}]},
        "usage": {"input": rng.randint(1, 9000), "output": rng.randint(1, 900)},
    }) + "\n"


def database(path, rng, size):
    """A database of about this many bytes."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE memory(id INTEGER PRIMARY KEY, text TEXT NOT NULL, vector BLOB NOT NULL)")
        rows = ((prose(rng, 600), rng.randbytes(1536)) for _ in range(size // 2300))
        db.executemany("INSERT INTO memory(text, vector) VALUES (?, ?)", rows)
    db.close()


def state(home, rng):
    """About 30 MiB, as an agent that has been used for some weeks."""
    put(f"{home}/state/openclaw.json", json.dumps({"gateway": {"port": 18789}, "agents": {"list": [{"id": "main"}]}}, indent=2))
    for number in range(40):
        lines = "".join(chat_line(rng, line) for line in range(rng.randint(40, 400)))
        put(f"{home}/state/agents/main/sessions/{rng.getrandbits(64):016x}.jsonl", lines)
    for number in range(12):
        put(f"{home}/state/credentials/{number}.json", json.dumps({"token": rng.randbytes(48).hex()}))
    database(f"{home}/state/state/openclaw.sqlite", rng, 8 * MIB)
    database(f"{home}/state/memory/main.sqlite", rng, 12 * MIB)


def workspace(home, rng, mib):
    """Text, many small files, media that are compressed already, binaries, a database."""
    work = f"{home}/workspace"
    for number in range(mib * 2):
        put(f"{work}/notes/{number % 37}/{number}.md", prose(rng, rng.randint(1_000, 180_000)))
    # As node_modules: deep, small, and many of them alike.
    licence = prose(rng, 1100)
    for package in range(mib):
        root = f"{work}/app/node_modules/{WORDS[package % len(WORDS)]}-{package}"
        put(f"{root}/package.json", json.dumps({"name": f"p{package}", "version": f"{package % 9}.1.0", "main": "lib/index.js"}, indent=2))
        put(f"{root}/LICENSE", licence)
        for file in range(rng.randint(4, 28)):
            put(f"{root}/lib/{file}.js", prose(rng, rng.randint(80, 9_000)))
    left = int(mib * MIB * 0.55)
    while left > 0:
        size = min(left, rng.randint(200_000, 24_000_000))
        put(f"{work}/media/{rng.getrandbits(40):010x}.mp4", rng.randbytes(size))
        left -= size
    for number in range(max(1, mib // 60)):
        # Machine code compresses by about two and repeats itself.
        block = rng.randbytes(3000) + bytes(1000) + prose(rng, 2000).encode()
        pieces = (rng.randbytes(rng.randint(500, 4000)) + block for _ in range(500))
        put(f"{work}/bin/tool-{number}", b"".join(pieces))
    database(f"{work}/data/app.sqlite", rng, mib * MIB // 12)


def make(home, mib, seed=5):
    """Makes a home with a workspace of about this many MiB."""
    rng = random.Random(seed)
    state(home, rng)
    workspace(home, rng, mib)


def files_of(home):
    for root, dirs, files in os.walk(home):
        dirs.sort()
        for name in sorted(files):
            yield os.path.join(root, name)


def change(home, seed, share=0.01):
    """Changes about this share of the bytes: lines are added to chats, rows and notes are rewritten, a file comes, one goes."""
    rng = random.Random(seed)
    budget = sum(os.path.getsize(path) for path in files_of(home)) * share
    chats = sorted(os.listdir(f"{home}/state/agents/main/sessions"))
    for chat in rng.sample(chats, 3):
        with open(f"{home}/state/agents/main/sessions/{chat}", "a") as file:
            file.writelines(chat_line(rng, line) for line in range(20))
    with sqlite3.connect(f"{home}/state/memory/main.sqlite") as db:
        for row in rng.sample(range(1, 1000), 20):
            db.execute("UPDATE memory SET text = ? WHERE id = ?", (prose(rng, 600), row))
    db.close()
    notes = [path for path in files_of(f"{home}/workspace/notes")]
    media = [path for path in files_of(f"{home}/workspace/media")]
    os.remove(media[rng.randrange(len(media))])
    size = int(budget * 0.4)
    put(f"{home}/workspace/media/{rng.getrandbits(40):010x}.mp4", rng.randbytes(size))
    budget -= size
    while budget > 0:
        path = rng.choice(notes)
        with open(path, "r+b") as file:
            length = os.path.getsize(path)
            file.seek(rng.randrange(max(length, 1)))
            file.write(prose(rng, 200).encode())
        budget -= os.path.getsize(path)


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1024)
