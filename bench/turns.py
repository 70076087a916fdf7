"""What a backup costs a box that chats: the time of a turn while nothing is saved, and of one in which a backup is made.

A real gateway with the demo model, whose answers take no time of their own. Both kinds of turns alternate in blocks, so that
whatever else the machine does meets both. A backup begins anywhere in the turn, which meets the freeze for the copy of the
databases, and the walk, the compression and the encryption beside it. A gateway that is spoken to without a pause finds itself short of
memory now and then ("memory pressure" in its log) and stands still for some seconds, with and without backups; such turns are counted
apart. Standard library only.
"""

import http.client
import json
import os
import random
import threading
import time

from bench_platform import Platform
from wake import percentile, post

BLOCKS = int(os.environ.get("SMARTBOX_BENCH_BLOCKS", "6"))
TURNS = int(os.environ.get("SMARTBOX_BENCH_TURNS", "60"))
WARM_UP = 40
# What a backup may add to the p99 of a turn.
ADDED_MAX_MS = 50
# No turn takes this long unless the gateway itself stands still: for five to seven seconds then.
STANDSTILL_MS = 3000
BOX = "talker"


def turn(platform, number, session="main"):
    """Milliseconds from the message to the end of the answer."""
    connection = http.client.HTTPConnection(*platform.address(), timeout=240)
    headers = {"X-Admin-Secret": platform.file["admin_secret"], "content-type": "application/json"}
    began = time.monotonic()
    connection.request("POST", f"/v1/boxes/{BOX}/messages", body=json.dumps({"text": f"turn {number}", "session": f"agent:main:{session}"}), headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    took = (time.monotonic() - began) * 1000
    if answer.status != 200 or b"final" not in text:
        raise RuntimeError(f"no answer: {answer.status} {text[-300:]}")
    return took


class Beside:
    """Makes a backup at a moment of its own while it is entered."""

    def __init__(self, platform, after_s):
        self.platform = platform
        self.after_s = after_s

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        time.sleep(self.after_s)
        self.made = post(self.platform, f"/v1/boxes/{BOX}/backups")

    def __exit__(self, *_):
        self.thread.join()


def main():
    with Platform() as platform:
        platform.cli("box", "create", BOX)
        warm = [turn(platform, number) for number in range(WARM_UP)]
        # Anywhere in the turn: the same moments in each run.
        moments = random.Random(5)
        within_s = percentile(warm[WARM_UP // 2:], 0.5) / 1000
        without, beside, held = [], [], []
        for block in range(BLOCKS):
            without += [turn(platform, f"{block}.{number}") for number in range(TURNS)]
            for number in range(TURNS):
                backup = Beside(platform, moments.uniform(0, within_s))
                with backup:
                    beside.append(turn(platform, f"{block}.{number} beside a backup"))
                held.append(backup.made["held_up_us"] / 1000)
        stood_still = [sum(took >= STANDSTILL_MS for took in values) for values in (without, beside)]
        without, beside = ([took for took in values if took < STANDSTILL_MS] for values in (without, beside))
        for name, values, stood in (("without", without, stood_still[0]), ("with a backup in it", beside, stood_still[1])):
            print(f"turn {name}: p50 {percentile(values, 0.5):.1f} ms, p90 {percentile(values, 0.9):.1f}, p99 {percentile(values, 0.99):.1f} ms "
                  f"(n={len(values)}, and {stood} in which the gateway stood still)")
        added = percentile(beside, 0.99) - percentile(without, 0.99)
        print(f"added to p99: {added:.1f} ms (at most {ADDED_MAX_MS}{'' if added <= ADDED_MAX_MS else ', OVER'}); "
              f"a backup held the box up for {percentile(held, 0.5):.1f} ms (p99 {percentile(held, 0.99):.1f})")


if __name__ == "__main__":
    main()
