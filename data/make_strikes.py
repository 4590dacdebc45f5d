#!/usr/bin/env python3
"""Synthesises the training sounds: six kinds of struck things, one folder for each kind.

Each sound is a mono 16-bit WAV file at 8 kHz of about half a second: decaying modes and filtered
noise, heard in a small room over a faint noise floor. Needs NumPy. The same seed gives the same
bytes with the same NumPy.
"""

import argparse
import shutil
import wave
from pathlib import Path

import numpy as np

RATE = 8000  # samples a second
SHORTEST, LONGEST = 4096, 5200  # samples of a sound
FFT = 16384  # long enough that no filter's ringing wraps round into the sound
HERTZ = np.fft.rfftfreq(FFT, 1 / RATE)
TOP = 3300  # no mode above this; the band ends softly from here to 3,580 Hz

# Frequencies of the modes over that of the lowest.
MEMBRANE = [1, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156]  # an ideal drum head
CHURCH = [0.5, 1, 1.19, 1.5, 2, 2.51, 2.66, 3.01, 4.17, 5.43]  # a tuned bell, hum note first
BAR = [1, 2.756, 5.404, 8.933]  # a free bar


def slope(low, high):
    """1 below `low` hertz, 0 above `high`, half a cosine between."""
    return 0.5 + 0.5 * np.cos(np.pi * np.clip((HERTZ - low) / (high - low), 0, 1))


def hiss(rng, t, low, high, decay):
    """Noise between about two frequencies, of rms 1 at first, dying away in `decay` seconds."""
    band = slope(0.7 * high, high + 180) * (1 - slope(0.5 * low, 1.3 * low))
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(FFT)) * band, FFT)[: len(t)]
    return noise / noise.std() * np.exp(-t / decay)


def modes(rng, t, pitch, ratios, decay, bright, bend=0.0, settle=0.03, split=0.0):
    """Decaying sines, the higher ones shorter, and weaker the less `bright`. All start higher by
    the part `bend` and settle; `split` doubles each with a near one, so that they beat."""
    sound = np.zeros(len(t))
    for ratio in ratios:
        for side in (-split, split) if split else (0,):
            hertz = pitch * ratio * (1 + rng.normal(0, 0.006) + side)
            strength = rng.uniform(0.5, 1) * max(ratio, 1) ** (-2.5 * (1 - bright))
            fall = decay * max(ratio, 1) ** -0.7 * rng.uniform(0.8, 1.2)
            cycles = hertz * (t + bend * settle * (1 - np.exp(-t / settle)))
            if hertz * (1 + bend) < TOP:
                phase = rng.uniform(-0.3, 0.3)
                sound += strength * np.sin(2 * np.pi * cycles + phase) * np.exp(-t / fall)
    return sound


def kick(rng, t, hard):
    pitch, decay, bend = rng.uniform(45, 80), rng.uniform(0.07, 0.18), rng.uniform(1, 3)
    body = modes(rng, t, pitch, [1, 1.6], decay, hard, bend, rng.uniform(0.015, 0.04))
    click = hiss(rng, t, 300, rng.uniform(1200, 3000), rng.uniform(0.004, 0.012))
    return body + 0.3 * hard * rng.uniform(0.3, 1) * click


def snare(rng, t, hard):
    pitch, decay = rng.uniform(150, 260), rng.uniform(0.03, 0.09)
    body = modes(rng, t, pitch, MEMBRANE, decay, 0.5 * hard, rng.uniform(0.05, 0.3))
    wires = hiss(rng, t, rng.uniform(500, 1400), rng.uniform(2600, TOP), rng.uniform(0.04, 0.13))
    return body + (0.4 + 0.5 * hard) * rng.uniform(0.6, 1.2) * wires


def hat(rng, t, hard):
    opened = rng.random() < 0.4
    decay = rng.uniform(0.09, 0.2) if opened else rng.uniform(0.012, 0.05)
    low = rng.uniform(1300, 2300)
    metal = modes(rng, t, 1, rng.uniform(low, TOP, 24), decay * low**0.7, 1)
    sizzle = hiss(rng, t, low, TOP, decay * rng.uniform(0.7, 1.1))
    return metal + (1 + 2 * hard) * rng.uniform(0.7, 1.3) * sizzle


def tom(rng, t, hard):
    pitch, decay = rng.uniform(80, 210), rng.uniform(0.09, 0.2)
    body = modes(rng, t, pitch, MEMBRANE, decay, 0.7 * hard, rng.uniform(0.05, 0.35), 0.05)
    stick = hiss(rng, t, 400, rng.uniform(1500, 3200), rng.uniform(0.004, 0.015))
    return body + 0.35 * hard * rng.uniform(0.3, 1) * stick


def bell(rng, t, hard):
    pitch, decay = rng.uniform(330, 1000), rng.uniform(0.12, 0.3)
    body = modes(rng, t, pitch, CHURCH, decay, 0.5 + 0.4 * hard, split=rng.uniform(0.0005, 0.003))
    return body + 0.4 * hard * hiss(rng, t, 1500, TOP, rng.uniform(0.003, 0.008))


def wood(rng, t, hard):
    pitch, decay = rng.uniform(350, 1150), rng.uniform(0.012, 0.045)
    body = modes(rng, t, pitch, BAR, decay, 0.3 + 0.6 * hard)
    hollow = modes(rng, t, pitch * rng.uniform(0.5, 0.8), [1], 0.7 * decay, 0)
    knock = hiss(rng, t, 0.7 * pitch, rng.uniform(1800, TOP), rng.uniform(0.003, 0.01))
    return body + 0.5 * hollow + 0.3 * rng.uniform(0.4, 1) * knock


def strike(rng, thing):
    """One sound as 16-bit samples: a thing struck softly or hard, and recorded."""
    count, onset = rng.integers(SHORTEST, LONGEST + 1), rng.integers(40, 241)
    hard = rng.random()
    t = np.arange(count - onset) / RATE
    attack = rng.uniform(0.005, 0.0075) - 0.003 * hard  # seconds of half a cosine, 2 to 7.5 ms
    sound = np.zeros(FFT)
    sound[onset:count] = thing(rng, t, hard)
    sound[onset:count] *= 0.5 - 0.5 * np.cos(np.pi * np.clip(t / attack, 0, 1))

    # A small room, then a recorder: a causal high-pass against DC, a low-pass against aliasing.
    echo = np.zeros(FFT)
    late = np.arange(24, 2400) / RATE
    echo[24:2400] = rng.standard_normal(len(late)) * np.exp(-late / rng.uniform(0.02, 0.06))
    room = 1 + np.fft.rfft(echo) * rng.uniform(0.005, 0.025)
    recorder = (HERTZ / (HERTZ - 20j)) ** 2 * slope(TOP, 3580)
    sound = np.fft.irfft(np.fft.rfft(sound) * room * recorder, FFT)[:count]
    sound *= np.clip(np.arange(count, 0, -1) / 400, 0, 1) ** 2  # no click where the file ends
    sound -= sound.mean()
    sound *= 32768 * 10 ** ((-11.7 + 10.4 * hard) / 20) / np.abs(sound).max()

    # The recorder's own noise, 2 to 5 steps rms all the way, and dither of a step for the rounding.
    floor = np.fft.irfft(np.fft.rfft(rng.standard_normal(FFT)) * recorder, FFT)[:count]
    floor = (floor - floor.mean()) / floor.std() * rng.uniform(2, 5)
    dither = rng.random(count) - rng.random(count)
    return np.rint(sound + floor + dither).astype("<i2")


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "output", type=Path, nargs="?", default=here / "strikes", help="folder to (re)make"
    )
    parser.add_argument("--each", type=int, default=70, help="sounds of a kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    things = [kick, snare, hat, tom, bell, wood]
    for kind, thing in enumerate(things):
        folder = options.output / thing.__name__
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number in range(options.each):
            # Its own generator, so that a sound does not depend on how many are made.
            samples = strike(np.random.default_rng([options.seed, kind, number]), thing)
            with wave.open(str(folder / f"{number:03}.wav"), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", None))
                file.writeframes(samples.tobytes())
    print(f"{len(things) * options.each} sounds of {len(things)} kinds in {options.output}")


if __name__ == "__main__":
    main()
