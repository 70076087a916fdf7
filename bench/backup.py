"""Backups of one box against Debian's restic, on the same data in one run: wall time and peak memory of each step.

Both write to a directory of the same disk, with fsync as they have it by default, compressed and encrypted. Ours is the
example `backup_bench` of `smartbox-backup`: look, copies of the databases, snapshot, as the platform does it. Each step is a
process of its own, timed from its start to its end, so the opening of the repository is in each figure. Standard library only.
"""

import filecmp
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

import backup_data
from backup_data import MIB

PROGRAM = os.environ["SMARTBOX_BENCH_BACKUP"]
ROUNDS = int(os.environ.get("SMARTBOX_BENCH_ROUNDS", "3"))
SIZE_MIB = int(os.environ.get("SMARTBOX_BENCH_MIB", "1024"))
# `unchanged` is what the platform does for a box in which nothing has changed: it looks, and saves nothing. `again` saves it all the same,
# as when a person asks for it.
STEPS = ["first", "unchanged", "again", "changed", "restore"]
# What an unchanged box may cost at most, whatever the peer takes.
UNCHANGED_MAX_S = 0.3
KEY = "bench-key-bench-key-bench-key-bench"


def run(words, env):
    """Runs a program to its end: its output, wall seconds, peak memory in bytes, CPU seconds."""
    began = time.monotonic()
    child = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    out = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    took = time.monotonic() - began
    # `Popen` must not wait for it again.
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(words)} failed with {child.returncode}")
    return out, {"s": took, "bytes": used.ru_maxrss * 1024, "cpu_s": used.ru_utime + used.ru_stime}


class Ours:
    name = "smartbox"

    def __init__(self, root):
        self.depot = f"{root}/ours"
        self.env = {"PATH": os.environ["PATH"], "SMARTBOX_BENCH_KEY": KEY, "TMPDIR": root}

    def save(self, home):
        out, used = run([PROGRAM, "save", home, self.depot], self.env)
        saved = json.loads(out)
        self.snapshot, self.mark = saved["snapshot"], saved["mark"]
        return used

    def unchanged(self, home):
        out, used = run([PROGRAM, "look", home], self.env)
        if json.loads(out)["mark"] != self.mark:
            raise SystemExit("what did not change looks changed")
        return used

    def restore(self, into):
        return run([PROGRAM, "restore", self.depot, self.snapshot, into], self.env)[1]

    def restored(self, into, _home):
        return into


class Restic:
    name = "restic"

    def __init__(self, root):
        self.env = {
            "PATH": os.environ["PATH"], "RESTIC_PASSWORD": KEY, "RESTIC_REPOSITORY": f"{root}/restic",
            "RESTIC_CACHE_DIR": f"{root}/restic-cache", "TMPDIR": root, "HOME": root,
        }
        self.is_made = False

    def save(self, home):
        # Ours makes its repository with the first snapshot.
        words = ["restic", "backup", "--quiet", home]
        if not self.is_made:
            words = ["sh", "-c", f"restic init --quiet && exec restic backup --quiet {home}"]
            self.is_made = True
        return run(words, self.env)[1]

    def unchanged(self, home):
        return self.save(home)

    def restore(self, into):
        return run(["restic", "restore", "--quiet", "latest", "--target", into], self.env)[1]

    def restored(self, into, home):
        return into + home


def apart(work, *arguments):
    """Does it in a process of its own: what a program inherits at its start counts as its peak memory, so this one stays small."""
    with multiprocessing.Pool(1) as pool:
        return pool.apply(work, arguments)


def differs(one, other):
    """The first path that differs, or `None`."""
    names = {os.path.relpath(path, one) for path in backup_data.files_of(one)}
    if names != {os.path.relpath(path, other) for path in backup_data.files_of(other)}:
        return "names"
    same = (name for name in sorted(names) if not filecmp.cmp(f"{one}/{name}", f"{other}/{name}", shallow=False))
    return next(same, None)


def size_of(directory):
    return sum(os.path.getsize(path) for path in backup_data.files_of(directory))


def one_round(number, home, figures):
    with tempfile.TemporaryDirectory(prefix="smartbox-backup-bench-") as root:
        tools = [Ours(root), Restic(root)]
        # In turns, so that neither is always the one that finds the files in memory.
        if number % 2:
            tools.reverse()
        for step in STEPS:
            if step == "changed":
                apart(backup_data.change, home, 100 + number)
            for tool in tools:
                if step == "restore":
                    into = f"{root}/restored-{tool.name}"
                    os.mkdir(into)
                    used = tool.restore(into)
                    wrong = apart(differs, home, tool.restored(into, home))
                    if wrong:
                        raise SystemExit(f"{tool.name} restored something else: {wrong}")
                    shutil.rmtree(into)
                else:
                    used = tool.unchanged(home) if step == "unchanged" else tool.save(home)
                figures.setdefault((step, tool.name), []).append(used)
        sizes = size_of(f"{root}/ours"), size_of(f"{root}/restic")
        print(f"round {number + 1}: repositories of {sizes[0] / MIB:.0f} MiB and {sizes[1] / MIB:.0f} MiB", file=sys.stderr)


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def report(figures):
    print(f"{'':12}{'smartbox':>22}{'restic':>22}{'wall':>8}{'memory':>8}{'cpu':>8}")
    for step in STEPS:
        of = lambda tool, what: median([one[what] for one in figures[step, tool]])
        cells = [f"{of(tool, 's'):>9.2f} s {of(tool, 'bytes') / MIB:>6.0f} MiB" for tool in ("smartbox", "restic")]
        ratios = [of("smartbox", what) / of("restic", what) for what in ("s", "bytes", "cpu_s")]
        is_met = ratios[0] <= 1 and ratios[1] <= 1 and (step != "unchanged" or of("smartbox", "s") <= UNCHANGED_MAX_S)
        print(f"{step:12}{cells[0]:>22}{cells[1]:>22}" + "".join(f"{ratio:>8.2f}" for ratio in ratios)
              + ("  ok" if is_met else "  OVER"))


def main():
    with tempfile.TemporaryDirectory(prefix="smartbox-backup-data-") as data:
        home = f"{data}/home"
        apart(backup_data.make, home, SIZE_MIB)
        count = sum(1 for _ in backup_data.files_of(home))
        print(f"backup: {count} files, {size_of(home) / MIB:.0f} MiB; medians of {ROUNDS} rounds; ratios are ours to restic's")
        # Nothing of the making is left to be written while it is measured.
        os.sync()
        figures = {}
        for number in range(ROUNDS):
            one_round(number, home, figures)
        report(figures)


main()
