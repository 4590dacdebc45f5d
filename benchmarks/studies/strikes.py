#!/usr/bin/env python3
"""Whether struck things begin once and die away: strikes.py FOLDER...

Of the WAV files below each folder (16-bit, mono), by levels of 10 ms each (RMS, at least -50 dB of the
loudest): how often a sound begins, that is rises by 12 dB within 30 ms to -30 dB or more; and the share
of its energy in its first and last third. Means over the files, which should be of one length, 30 ms or
more; silent ones, of which no sample reaches 100, are counted apart."""

import sys
import wave
from pathlib import Path

import numpy as np


def levels(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), f"{path}: not 16-bit mono"
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
        frame = file.getframerate() // 100
    if np.abs(samples).max() < 100:
        return None
    whole = samples[: len(samples) // frame * frame].reshape(-1, frame)
    return (whole**2).mean(1)


def onsets(power):
    decibels = 10 * np.log10(np.maximum(power / power.max(), 1e-5))
    decibels = np.concatenate([[-50.0] * 3, decibels])
    rises = [decibels[i] - decibels[i - 3 : i].min() >= 12 for i in range(3, len(decibels))]
    count, last = 0, -10
    for i, rises_here in enumerate(rises):
        if rises_here and decibels[i + 3] > -30:
            count += i - last > 3
            last = i
    return count


for folder in sys.argv[1:]:
    all_levels = [levels(path) for path in sorted(Path(folder).rglob("*.wav"))]
    powers = [power for power in all_levels if power is not None]
    thirds = [len(power) // 3 for power in powers]
    print(
        f"{folder}: {len(all_levels)} sounds, {len(all_levels) - len(powers)} silent;"
        f" begin {np.mean([onsets(power) for power in powers]):.2f} times;"
        f" first third {np.mean([p[:n].sum() / p.sum() for p, n in zip(powers, thirds)]):.3f},"
        f" last {np.mean([p[-n:].sum() / p.sum() for p, n in zip(powers, thirds)]):.3f} of the energy"
    )
