#!/usr/bin/env python3
"""How a vocoder's nets are best told a spectrum between its frames: by steps (repetition), by lines, or by a transposed
convolution that is learned, as WaveGlow's.

    upsampling.py TRAIN TEST [--iterations 400] [--seeds 3]        folders of mono WAV files of one rate

The same model each time, small (4 levels of 4 steps, 16 hidden channels, 3 gated layers), affine couplings, by Adam at 0.001
in batches of 4 segments; bits/sample of the test files' first segments. pip install torch numpy librosa safetensors
"""
import argparse, pathlib, sys, time, wave
import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import glow_reference as R
import mel_reference
import peer_torch

HOP, WINDOW, BANDS, SEGMENT = 128, 512, 80, 2048


def read(folder):
    """The sounds of a folder that are no shorter than a segment, each with its spectrum, [bands, frames]."""
    for path in sorted(pathlib.Path(folder).glob("*.wav")):
        with wave.open(str(path)) as f:
            x, rate = np.frombuffer(f.readframes(f.getnframes()), "<i2"), f.getframerate()
        if len(x) >= SEGMENT + HOP:
            yield x, mel_reference.log_mel(x.astype(float), rate, WINDOW, HOP, BANDS, 0, rate / 2).astype(np.float32)


def segment(sound, first):
    """From frame `first` of the spectrum on: 1,1,T,1 samples and B,1,F numbers."""
    x, mel = sound
    samples = x[first * HOP:first * HOP + SEGMENT].astype(np.float32)
    return torch.from_numpy(samples)[None, :, None], torch.from_numpy(mel[:, first:first + SEGMENT // HOP + 1])[:, None]


def steps(condition, p, level, x, cfg):
    """The nearest frame."""
    s = 2 ** (level + 1)
    row = (torch.arange(x.shape[3]) * s + s // 2 + HOP // 2) // HOP
    return condition[..., row]


LINES = R.at_level


def lines(condition, p, level, x, cfg):
    """As the product does; what it normalises was normalised before."""
    zero = torch.zeros(BANDS)
    return LINES(condition, {"condition.bias": zero, "condition.log_scale": zero}, level, x, cfg)


def learned(condition, p, level, x, cfg):
    """A transposed convolution over bands, which begins as lines do; positions take its outputs in their middles."""
    c = F.conv_transpose1d(condition[:, :, 0], p["upsampling.weight"], p["upsampling.bias"], stride=HOP, padding=HOP)
    s = 2 ** (level + 1)
    return c[:, :, None, torch.arange(x.shape[3]) * s + s // 2]


def triangle():
    """Lines between frames as a transposed convolution's taps, each band to itself, [B, B, 2·HOP]."""
    taps = 1 - (torch.arange(2 * HOP) - HOP).abs() / HOP
    return torch.eye(BANDS)[:, :, None] * taps


def run(way, train, test, a, seed):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    cfg = R.Config(4, 4, 15, audio=True, condition=BANDS, spacing=HOP)
    p = peer_torch.fresh_parameters(cfg, 1, 16, seed)
    p |= {"upsampling.weight": triangle().requires_grad_(way is learned), "upsampling.bias": torch.zeros(BANDS, requires_grad=way is learned)}
    R.at_level = way
    mels = np.concatenate([m for _, m in train], 1)
    mean, deviation = (torch.from_numpy(v)[:, None, None] for v in (mels.mean(1), mels.std(1)))

    def score(sounds, firsts):
        pairs = [segment(s, f) for s, f in zip(sounds, firsts)]
        x = R.dequantize_audio(torch.stack([v for v, _ in pairs]), torch.rand(len(pairs), 1, SEGMENT, 1))
        told = torch.stack([(m - mean) / deviation for _, m in pairs])
        return R.bits_per_dim(R.encode(x, p, cfg, condition=told)[1], SEGMENT, cfg.bits)

    def batch(n):
        sounds = [train[i] for i in rng.integers(len(train), size=n)]
        return sounds, [rng.integers(0, (len(x) - SEGMENT) // HOP + 1) for x, _ in sounds]

    optimizer = torch.optim.Adam([v for v in p.values() if v.requires_grad], lr=1e-3)
    start = time.perf_counter()
    for _ in range(a.iterations):
        optimizer.zero_grad()
        score(*batch(4)).mean().backward()
        torch.nn.utils.clip_grad_norm_([v for v in p.values() if v.requires_grad], 50)
        optimizer.step()
    seconds = (time.perf_counter() - start) / a.iterations
    torch.manual_seed(99)
    with torch.no_grad():
        return score(test, [0] * len(test)).mean().item(), seconds


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("train"); ap.add_argument("test")
    ap.add_argument("--iterations", type=int, default=400); ap.add_argument("--seeds", type=int, default=3)
    a = ap.parse_args()
    train, test = list(read(a.train)), list(read(a.test))
    print("| seed | steps | lines | learned |\n| --- | --- | --- | --- |")
    for seed in range(a.seeds):
        row = [run(way, train, test, a, seed) for way in (steps, lines, learned)]
        print(f"| {seed} | " + " | ".join(f"{bits:.3f}, {seconds:.2f} s" for bits, seconds in row) + " |", flush=True)
