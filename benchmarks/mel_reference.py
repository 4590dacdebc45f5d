#!/usr/bin/env python3
"""Mel spectra by librosa in float64, for Tests/MediaTests/Fixtures: what `glow mel` must come to.

    pip install librosa
    mel_reference.py Tests/MediaTests/Fixtures        # also makes the sounds, of numbers of its own

NAME.wav, 16-bit mono, and NAME.npy, bands x frames, float32: ln max(filters.mel @ |stft|, 1e-5).
"""
import os, sys, wave
import librosa, numpy as np

# rate, seconds, window, hop, bands, lowest, highest; even, odd and prime factors, and a sound shorter than its window
SOUNDS = {
    "mel-8000": (8000, .3, 512, 128, 80, 0, 4000),
    "mel-16000": (16000, .1, 800, 200, 40, 55, 7600),
    "mel-22050": (22050, .2, 1024, 256, 80, 0, 8000),
    "mel-short": (22050, .01, 1024, 256, 80, 0, 8000),
}


def sound(rate, seconds, seed):
    """A falling tone in noise that dies away, silence at its end."""
    t = np.arange(int(rate * seconds)) / rate
    noise = np.random.default_rng(seed).normal(size=len(t)) * .1 * np.exp(-30 * t)
    x = (.5 * np.sin(2 * np.pi * rate * (.2 * t - .3 * t * t)) * np.exp(-10 * t) + noise) * (t < .8 * seconds)
    return np.round(32767 * np.clip(x, -1, 1)).astype(np.int16)


def log_mel(x, rate, window, hop, bands, lowest, highest):
    spectrum = np.abs(librosa.stft(x / 32768, n_fft=window, hop_length=hop, window="hann", center=True, pad_mode="reflect"))
    filters = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands, fmin=lowest, fmax=highest, dtype=np.float64)
    return np.log(np.maximum(filters @ spectrum, 1e-5))


if __name__ == "__main__":
    for seed, (name, (rate, seconds, *front)) in enumerate(SOUNDS.items()):
        x = sound(rate, seconds, seed)
        path = os.path.join(sys.argv[1], name)
        with wave.open(path + ".wav", "w") as f:
            f.setparams((1, 2, rate, 0, "NONE", ""))
            f.writeframes(x.tobytes())
        np.save(path + ".npy", log_mel(x, rate, *front).astype(np.float32))
