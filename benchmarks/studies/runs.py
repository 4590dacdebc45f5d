"""Runs of a study: `glow` and its output, a CSV that a stopped study goes on from, and what it ran on."""
import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
GLOW = os.path.join(HERE, "../../.build/release/glow")


def output_of(command):
    """What a command prints; if it fails, the study ends with what it said."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def machine(glow):
    """Versions, the processor and the widest instructions that it has, in a line."""
    model, features = platform.processor() or platform.machine(), ""
    try:
        with open("/proc/cpuinfo") as lines:
            found = dict(line.split(":", 1) for line in lines if ":" in line)
        found = {key.strip(): value.strip() for key, value in found.items()}
        model, features = found.get("model name", model), found.get("flags", "")
    except OSError:
        pass
    kinds = ["amx_bf16", "avx512_bf16", "avx512f", "avx2", "fma"]
    has = [kind for kind in kinds if kind in features.split()]
    version = output_of([glow, "--version"]).strip()
    return (f"swift-glow {version}, Python {platform.python_version()}; {os.cpu_count()} cores of"
            f" {model}, {', '.join(has) or 'instruction set unknown'}")


class Study:
    """Rows of a CSV, each found by its key; those that are there are not run again."""

    def __init__(self, path, key, figures):
        self.path, self.key, self.figures = path, key, figures
        self.lock = threading.Lock()
        self.rows = {}
        if os.path.exists(path):
            with open(path, newline="") as file:
                for row in csv.DictReader(file):
                    if all(row.get(name) for name in figures):
                        self.rows[tuple(row[name] for name in key)] = row
        # written anew: a row that was cut off is gone
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, key + figures, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows.values())

    def get(self, *key):
        return self.rows.get(tuple(str(k) for k in key))

    def run(self, todo, body, jobs):
        """Calls body(*key), which gives the figures, for each key not there yet, some at a time."""
        todo = [key for key in todo if self.get(*key) is None]

        def one(key):
            row = dict(zip(self.key, map(str, key))) | {k: str(v) for k, v in body(*key).items()}
            with self.lock:
                self.rows[tuple(map(str, key))] = row
                with open(self.path, "a", newline="") as file:
                    csv.DictWriter(file, self.key + self.figures).writerow(row)
                done = sum(self.get(*k) is not None for k in todo)
                print(f"{done} of {len(todo)}: {row}", file=sys.stderr, flush=True)

        with ThreadPoolExecutor(jobs) as pool:
            for result in [pool.submit(one, key) for key in todo]:
                try:
                    result.result()
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise


def metrics(run):
    """What a run wrote as it went, from the first step to the last."""
    with open(os.path.join(run, "metrics.jsonl")) as lines:
        return [json.loads(line) for line in lines]


def example_count(folder):
    """The PNG files in a folder and those within it."""
    return sum(name.lower().endswith(".png") for _, _, names in os.walk(folder) for name in names)


def fresh(path):
    """A directory's path with nothing there: what a stopped run left is no run."""
    shutil.rmtree(path, ignore_errors=True)
    return path


def mean_and_spread(values):
    """The mean, and the standard deviation over the runs."""
    mean = sum(values) / len(values)
    squares = sum((v - mean) ** 2 for v in values)
    return mean, (squares / (len(values) - 1)) ** 0.5 if len(values) > 1 else float("nan")
