#!/usr/bin/env python3
"""What might lower the bits/sample of a small flow of sound: each lever alone against the same baseline.

    sounds.py TRAIN TEST [--levers groups,ar,...] [--seeds 0] [--iterations 800] [--levels 4 --steps 4 --width 32 --layers 4 --batch 2]
              [--segment 2048] [--test 100] [--threads 1]       folders of mono WAV files of 16 bits, below which they may lie in folders

The baseline is what `glowtrain --audio` chose when levers were looked for, but smaller: optimizer, rate, average and bound as in
levers.py. Test segments are consecutive whole windows of the test files, so that figures say nothing beside others'. Prints a row as soon as a lever is done.

groups      the first two levels as one that squeezes by 4, its couplings over four groups: each is told all before it
ar          before all else, each sample is transformed as the 2^layers before it say
ar-only     that alone, by a net whose arithmetic is the baseline's
ar-prior    the deepest latents' mean and scale as those of the frames before them say
"""
import argparse, pathlib, wave
import torch
import torch.nn.functional as F
import numpy

import levers
from levers import R, MIXTURE


def net(m, x, name, width, causal=False, layers=None):
    """The product's, up to its last convolution; a causal one sees the places before its own alone."""
    def conv(x, name, outputs, taps=1, dilation=1, pad=None):
        # uniform numbers of that bound have this deviation
        w = m.made(name + ".weight", outputs, x.shape[1], 1, taps, deviation=(3 * x.shape[1] * taps) ** -0.5, over=x.shape[3])
        b = m.made(name + ".bias", outputs)
        m.matrices |= {name + ".weight"}
        around = pad or ((taps - 1) * dilation // 2,) * 2
        return F.conv2d(F.pad(x, around), w, b, dilation=(1, dilation))
    if causal:
        x = F.pad(x, (1, 0))[..., :-1]
    h, skip, layers = conv(x, name + ".start", width), 0.0, layers or m.layers
    for layer in range(layers):
        d, n = 2 ** layer, f"{name}.layers.{layer}"
        a = conv(h, n + ".dilated", 2 * width, 2 if causal else 3, d, (d, 0) if causal else None)
        r = conv(torch.tanh(a[:, :width]) * torch.sigmoid(a[:, width:]), n + ".output", width * (1 if layer == layers - 1 else 2))
        if layer < layers - 1:
            h = h + r[:, :width]
        skip = skip + r[:, -width:]
    return skip


class Sounds(levers.Model):
    def __init__(self, kind, a, seed, samples, noise, width=None):
        self.kind, self.layers, self.levels, self.steps = kind, a.layers, a.levels, a.steps
        self.ar_width = width
        lever = levers.lever(net=lambda m, x, name, width, deepest: net(m, x, name, width))
        super().__init__(lever, a, seed, a.width, samples, noise)

    def transformed(self, x, told, name, width, **how):
        """x as a net of `told` says, and the log-determinant."""
        numbers = self.last(net(self, told, name, width, **how), name + ".end", MIXTURE * x.shape[1], 1)
        y, logs = R.logistic_mixture(x, numbers.unflatten(1, (x.shape[1], -1)))
        return y, logs.flatten(1).sum(1)

    def grouped(self, x, name):
        """The mix of all and a coupling over groups of one channel each."""
        x, logdet = self.mix(x, name + ".mix")
        parts = [x[:, :1]]
        for j in range(1, x.shape[1]):
            y, logs = self.transformed(x[:, j:j + 1], x[:, :j], f"{name}.coupling.{j}", self.width)
            parts, logdet = parts + [y], logdet + logs
        return torch.cat(parts, 1), logdet

    def neighbours(self, x, name, outputs):
        """A zero convolution of 1×3."""
        w = self.made(name + ".weight", outputs, x.shape[1], 1, 3, over=x.shape[3])
        b, logs = self.made(name + ".bias", outputs), self.made(name + ".log_scale", outputs)
        return (F.conv2d(x, w, padding=(0, 1)) + R.per_channel(b)) * torch.exp(3 * R.per_channel(logs))

    def normal(self, x, name):
        return self.actnorm(x, name), x.shape[3] * self.p[name + ".log_scale"].sum()

    def bits(self, samples, noise):
        dims = samples[0].numel()
        x, logp = ((samples + noise) / 32768)[:, None, None], 0.0
        if self.kind in ("ar", "ar-only"):
            x, more = self.normal(x, "ar.actnorm")
            logp = logp + more
            deep = {"layers": 9} if self.kind == "ar-only" else {}
            x, more = self.transformed(x, x, "ar", self.ar_width or self.width, causal=True, **deep)
            logp = logp + more
        level = 0
        while level < self.levels and self.kind != "ar-only":
            grouped = level == 0 and self.kind == "groups"
            x = R.squeeze(x, (1, 4 if grouped else 2))
            for step in range(self.steps):
                name = f"levels.{level}.steps.{step}"
                x, more = self.normal(x, name + ".actnorm")
                logp = logp + more
                x, more = self.grouped(x, name) if grouped else self.mixed(x, name, self.width)
                logp = logp + more
            level += 2 if grouped else 1
            if level < self.levels:
                kept = x.shape[1] // (4 if grouped else 2)
                x, z = x[:, :kept], x[:, kept:]
                h = self.neighbours(x, f"levels.{level}.split", 2 * z.shape[1])
                logp = logp + R.gaussian_log_density(z, h[:, 0::2], h[:, 1::2])
        c = x.shape[1]
        mean, logs = (R.per_channel(self.made(f"prior.{k}", c)) + torch.zeros_like(x) for k in ("mean", "log_scale"))
        if self.kind == "ar-prior":
            h = self.last(net(self, x, "prior.net", self.width, causal=True), "prior.end", [0.0] * (2 * c), 1)
            mean, logs = mean + h[:, 0::2], logs + h[:, 1::2]
        return R.bits_per_dim(logp + R.gaussian_log_density(x, mean, logs), dims, 15)


def read(folder):
    sounds = []
    for path in sorted(pathlib.Path(folder).rglob("*.wav")):
        with wave.open(str(path)) as f:
            sounds.append(torch.from_numpy(numpy.frombuffer(f.readframes(f.getnframes()), "<i2").astype("f4")))
    return sounds


def study(a):
    torch.set_num_threads(a.threads)
    sounds = [s for s in read(a.train) if len(s) >= a.segment]
    test = [w for s in read(a.test_folder) for w in s.split(a.segment) if len(w) == a.segment and w.std() > 1]
    g = torch.Generator().manual_seed(0)
    test = torch.stack([test[i] for i in torch.randperm(len(test), generator=g)[:a.test]])
    noise = torch.rand(test.shape, generator=g)
    print(f"{len(sounds)} sounds, {len(test)} windows\n| lever | seed | bits/sample | minus the baseline's | parameters | multiply-adds | time of a step |\n"
          + "| --- " * 7 + "|", flush=True)

    def batches(lever, a, seed, data):
        g = torch.Generator().manual_seed(seed + 1)
        for _ in range(a.iterations):
            parts = []
            while len(parts) < a.batch:
                s = data[torch.randint(len(data), (), generator=g)]
                start = int(torch.randint(len(s) - a.segment + 1, (), generator=g))
                if s[start:start + a.segment].std() > 1:
                    parts.append(s[start:start + a.segment])
            x = torch.stack(parts)
            yield x, torch.rand(x.shape, generator=g)

    levers.batches = batches
    for seed in map(int, a.seeds.split(",")):
        base = None
        for kind in ["baseline"] + [k for k in a.levers.split(",") if k != "baseline"]:
            first = torch.stack([x for x, _ in zip((x for b, _ in batches(None, a, seed + 99, sounds) for x in b), range(16))])
            u = torch.rand(first.shape, generator=torch.Generator().manual_seed(seed))
            make = lambda width=None: Sounds(kind, a, seed, first, u, width)
            width = None
            if kind == "ar-only":
                width = next(w for w in range(8, 512, 4) if make(w).macs > base[1])
            levers.fitted = lambda *_: make(width)
            m, bits, seconds = levers.run(levers.lever(), ["ramp"], a, seed, sounds, test, noise)
            base = base or (bits["ramp"], m.macs, seconds)
            print(f"| {kind}{f', {width} wide' if width else ''} | {seed} | {bits['ramp']:.4f} | {bits['ramp'] - base[0]:+.4f} | "
                  f"{sum(v.numel() for v in m.trained.values()):,} | {m.macs / base[1]:.2f} | "
                  + (f"{seconds:.4f} s |" if kind == "baseline" else f"{seconds / base[2]:.2f} |"), flush=True)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("train", metavar="TRAIN"); ap.add_argument("test_folder", metavar="TEST")
    ap.add_argument("--levers", default="groups,ar,ar-only,ar-prior"); ap.add_argument("--seeds", default="0")
    for name, default in (("iterations", 800), ("levels", 4), ("steps", 4), ("width", 32), ("layers", 4), ("batch", 2), ("segment", 2048),
                          ("threads", 1), ("test", 100)):
        ap.add_argument("--" + name, type=int, default=default)
    study(ap.parse_args())
