#!/usr/bin/env python3
"""glow bench against the PyTorch peer: both sides in turn, in one run, by medians.

    swift build -c release
    python3 benchmarks/compare.py A B C D                     all shapes in float32, three rounds
    python3 benchmarks/compare.py A B --precision bfloat16    bfloat16 on both sides
    python3 benchmarks/compare.py A --no-peer --threads 1     this side alone

Prints a Markdown table, and one JSON line for every single run on standard error. Nothing else
should be running. Without bfloat16 units the peer takes minutes a step in that precision: then
--rounds 1 --repeats 1 will do.
"""
import argparse, json, os, statistics, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {
    "A": "--levels 3 --steps 32 --width 512 --channels 3 --batch 16 --size 32",
    "B": "--levels 3 --steps 8 --width 512 --channels 3 --batch 16 --size 32",
    "C": "--levels 2 --steps 16 --width 128 --channels 1 --batch 64 --size 28",
    "V": "--audio --condition mel --hop 256 --levels 6 --steps 4 --width 128 --layers 4 --channels 1 --batch 8 --size 8192",
    "D": "--audio --levels 6 --steps 4 --width 128 --layers 4 --channels 1 --batch 8 --size 8192",
}
PEER = {"eager": [], "eager, folded": ["--fold"], "channels-last, folded": ["--mode", "channels_last", "--fold"]}


def run(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        sys.exit(f"compare.py: {command[0]}: {error.strerror}")
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        sys.exit(f"compare.py: {' '.join(command)}: {reason}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    print(json.dumps(result), file=sys.stderr, flush=True)
    return result


def compare(shape, a):
    options = SHAPES[shape].split() + ["--repeats", str(a.repeats), "--threads", str(a.threads)]
    precision = ["--precision", a.precision]
    # what the peer calls the size of a sound is its segment
    own = ["--segment" if o == "--size" and "--audio" in options else o for o in options]
    ours = [a.glow, "bench", "--json", "--optimizer", "adam", "--coupling", "affine", "--dequantization", "uniform", *own, *precision]
    sides = {"swift-glow": ours, "swift-glow, recompute": ours + ["--memory", "recompute"]}
    if not a.no_peer:
        peer = [a.python, os.path.join(HERE, "peer_torch.py"), "speed", *options]
        # as users run it, whatever the precision asked for
        sides["PyTorch, eager float32" if a.precision != "float32" else "PyTorch, eager"] = peer
        for name, mode in PEER.items():
            # folding is what makes it fast; of the layouts, either may be the better one
            if mode and (a.precision == "float32" or "--mode" in mode):
                sides["PyTorch, " + name] = peer + mode + precision
    runs = {name: [] for name in sides}
    for _ in range(a.rounds):
        for name, command in sides.items():
            runs[name].append(run(command))

    def median(name, key):
        values = [r[key] for r in runs[name] if key in r]
        return statistics.median(values) if values else None
    own = {key: median("swift-glow", key) for key in ("step_s", "sampling_s")}
    limit = median("swift-glow", "limit_gflops")
    for name in sides:
        step, sampling = median(name, "step_s"), median(name, "sampling_s")
        gflops, memory = median(name, "gflops"), median(name, "peak_rss_mb")
        # a share of the limit only where it is the same precision's
        share = "" if a.precision != "float32" and "float32" in name else f"{100 * gflops / limit:.0f} %"
        print(f"| {shape} | {name} | {step:.3f} | {gflops:.1f} | {share} | {step / own['step_s']:.2f} × "
              f"| {sampling:.3f} | {sampling / own['sampling_s']:.2f} × | {memory:,.0f} |", flush=True)
    held = median("swift-glow", "parameters_mb")
    print(f"| {shape} | the limit, a 2048³ product | | {limit:.1f} | | | | | {held:,.0f} of parameters and optimizer |", flush=True)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("shapes", nargs="*", help="of A, B, C and D; all unless given")
    ap.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--repeats", type=int, default=3)
    ap.add_argument("--threads", type=int, default=os.cpu_count())
    ap.add_argument("--no-peer", action="store_true")
    ap.add_argument("--glow", default=os.path.join(HERE, "..", ".build", "release", "glow"))
    ap.add_argument("--python", default=sys.executable, help="the Python that has PyTorch")
    a = ap.parse_args()
    if set(a.shapes) - set(SHAPES):
        ap.error("the shapes are A, B, C and D")
    if min(a.rounds, a.repeats, a.threads) < 1:
        ap.error("--rounds, --repeats and --threads must be at least 1")
    if not a.no_peer and subprocess.run([a.python, "-c", "import torch"], capture_output=True).returncode != 0:
        ap.error(f"{a.python} has no PyTorch: --python names another one, --no-peer does without")
    print("| shape | | s a step | GFLOP/s | of the limit | over swift-glow | s a sampling pass | over swift-glow | peak MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for shape in a.shapes or SHAPES:
        compare(shape, a)
