#!/usr/bin/env python3
"""How near copies of sounds come to them, beside Griffin and Lim's from the same spectra.

    vocoder.py ORIGINALS COPIES... [--classify --train DIR] [--levels 5] [--bands 80 --fft 512 --hop 128] [--match 30]

ORIGINALS and COPIES hold WAV files of the same names, 16-bit mono of one rate, as `glow vocode RUN ORIGINALS --output COPIES` leaves
them; names begin with a digit and _, which is the class. Prints, for the copies and for Griffin-Lim (100 iterations, momentum 0.99, from the
non-negative inverse of the filters), and for two controls, in means over files ± one standard error. The controls are Griffin and Lim's and
white noise of the sound's deviation, each brought to the spectrum as `glow vocode --match 30` brings a copy: what of it is the matching's.
    mel      root mean square of the difference of the log mel spectra, dB
    MCD      mel-cepstral distortion, 10/ln 10 · sqrt(2 Σ (c − c')²), c the 1st to 13th cosine coefficients of ln mel; frame by frame, as both
             begin together, over frames within 40 dB of the loudest
    known    with --classify: the part of them in which a small convolutional net, trained on the log mel spectra of DIR, knows the digit
    tones    at rate / 2^level and the multiples of the lowest: how far the mean spectrum stands above its neighbourhood, more than the
             originals' does there, dB, at worst, and where
Front end: the one of `glow train --condition mel` at that rate, unless --bands, --fft and --hop say the model's. Needs numpy; torch to classify.
"""
import argparse, glob, math, os, wave
import numpy as np

FLOOR = 1e-5


def read(path):
    with wave.open(path) as f:
        return np.frombuffer(f.readframes(f.getnframes()), np.int16) / 32768, f.getframerate()


def mel_filters(rate, window, bands, lowest, highest):
    mel = lambda f: np.where(f < 1000, f * 3 / 200, 15 + np.log(np.maximum(f, 1) / 1000) * 27 / math.log(6.4))
    hertz = lambda m: np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * math.log(6.4) / 27))
    corners = hertz(np.linspace(mel(np.float64(lowest)), mel(np.float64(highest)), bands + 2))
    f = np.arange(window // 2 + 1) * rate / window
    left, top, right = (corners[i:bands + i, None] for i in range(3))
    return np.maximum(0, np.minimum((f - left) / (top - left), (right - f) / (right - top))) * 2 / (right - left)


class Front:
    def __init__(self, rate, bands=80, window=None, hop=None):
        self.rate, self.window = rate, window or 2 ** round(math.log2(rate * 1024 / 22050))
        self.hop, self.hann = hop or self.window // 4, np.hanning(self.window + 1)[:-1]
        self.filters = mel_filters(rate, self.window, bands, 0, min(8000, rate / 2))

    def stft(self, x):
        x = np.pad(x, self.window // 2, mode="reflect")
        frames = 1 + (len(x) - self.window) // self.hop
        return np.fft.rfft(self.hann * np.stack([x[i * self.hop:i * self.hop + self.window] for i in range(frames)]))

    def istft(self, spectrum, count):
        x, weight = np.zeros((2, (len(spectrum) - 1) * self.hop + self.window))
        for i, part in enumerate(np.fft.irfft(spectrum)):
            x[i * self.hop:i * self.hop + self.window] += self.hann * part
            weight[i * self.hop:i * self.hop + self.window] += self.hann ** 2
        x = (x / np.maximum(weight, 1e-8))[self.window // 2:]
        return np.pad(x, (0, max(0, count - len(x))))[:count]

    def log_mel(self, x):
        return np.log(np.maximum(np.abs(self.stft(x)) @ self.filters.T, FLOOR))

    def griffin_lim(self, log_mel, count, rng, iterations=100, momentum=.99):
        mel = np.exp(log_mel)
        magnitude = np.maximum(mel @ np.linalg.pinv(self.filters).T, 1e-8)
        for _ in range(200):                          # multiplicative steps to the nearest that is not negative
            magnitude *= (mel @ self.filters) / np.maximum(magnitude @ self.filters.T @ self.filters, 1e-12)
        angles, before = np.exp(2j * np.pi * rng.random(magnitude.shape)), 0
        for _ in range(iterations):
            rebuilt = self.stft(self.istft(magnitude * angles, count))[:len(magnitude)]
            angles = rebuilt - momentum / (1 + momentum) * before
            angles /= np.maximum(np.abs(angles), 1e-16)
            before = rebuilt
        return self.istft(magnitude * angles, count)

    def matched(self, x, log_mel, passes):
        """What MelSpectrum+Matching.swift does."""
        covered = self.filters.sum(0)
        inside = np.flatnonzero(covered)
        nearest = np.clip(np.arange(len(covered)), inside[0], inside[-1])
        for _ in range(passes):
            spectrum = self.stft(x)
            lacking = np.exp(log_mel - np.log(np.maximum(np.abs(spectrum) @ self.filters.T, FLOOR)))
            factors = np.where(covered > 0, lacking @ self.filters / np.maximum(covered, 1e-12), 1)
            x = self.istft(spectrum * factors[:, nearest], len(x))
        return x


def mel_distance(a, b):
    return 20 / math.log(10) * math.sqrt(np.mean((a - b) ** 2))


def cepstral_distortion(a, b):
    n = np.arange(a.shape[1])
    basis = np.cos(np.pi * np.outer(np.arange(1, 14), n + .5) / a.shape[1]) * 2 / a.shape[1]   # ln |H| = c0 + Σ c cos
    power = np.exp(2 * a).sum(1)
    heard = power > power.max() * 1e-4
    d = ((a - b)[heard] @ basis.T)
    return 10 / math.log(10) * np.mean(np.sqrt(2 * (d ** 2).sum(1)))


def tones(sounds, front, levels):
    """How far multiples of rate / 2^levels stand above the median of their neighbours in the mean power spectrum, dB, by frequency."""
    size = 2048
    window, power = np.hanning(size + 1)[:-1], 0
    for x in sounds:
        x = np.pad(x, (0, max(0, size - len(x))))
        for i in range(0, len(x) - size + 1, size // 2):
            power = power + np.abs(np.fft.rfft(window * x[i:i + size])) ** 2
    decibels, levels_of = 10 * np.log10(power + 1e-12), {}
    for k in range(size // 2 ** levels, size // 2 + 1, size // 2 ** levels):
        near = np.r_[decibels[k - 12:k - 3], decibels[k + 4:k + 13]]
        levels_of[k * front.rate / size] = decibels[k - 1:k + 2].max() - np.median(near)
    return levels_of


def classifier(front, folder, seed=0, epochs=12):
    import torch
    from torch import nn
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    length = 1 + front.rate // front.hop

    def tensor(spectra):
        out = np.full((len(spectra), 1, length, len(front.filters)), math.log(FLOOR), np.float32)
        for i, s in enumerate(spectra):
            out[i, 0, :min(length, len(s))] = s[:length]
        return torch.from_numpy((out + 6) / 3)

    paths = sorted(glob.glob(os.path.join(folder, "*.wav")))
    x = tensor([front.log_mel(read(p)[0]) for p in paths])
    y = torch.tensor([int(os.path.basename(p)[0]) for p in paths])
    block = lambda i, o: [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)]
    net = nn.Sequential(*block(1, 16), *block(16, 32), *block(32, 48), nn.AdaptiveAvgPool2d((4, 5)), nn.Flatten(), nn.Dropout(.3), nn.Linear(48 * 20, 10))
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for part in order.split(50):
            shift = int(torch.randint(-6, 7, ()))
            loss = nn.functional.cross_entropy(net(torch.roll(x[part], shift, 2)), y[part])
            optimizer.zero_grad(); loss.backward(); optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1 - (epoch + 1) / epochs) + 1e-5
    net.eval()

    def accuracy(spectra, labels):
        with torch.no_grad():
            return (net(tensor(spectra)).argmax(1) == torch.tensor(labels)).double().mean().item()
    return accuracy


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("originals"); ap.add_argument("copies", nargs="+"); ap.add_argument("--train"); ap.add_argument("--classify", action="store_true")
    ap.add_argument("--no-griffin-lim", action="store_true"); ap.add_argument("--levels", type=int, default=5, help="of the model")
    ap.add_argument("--bands", type=int, default=80); ap.add_argument("--fft", type=int); ap.add_argument("--hop", type=int)
    ap.add_argument("--match", type=int, default=30, help="passes that bring the controls to the spectra")
    a = ap.parse_args()
    names = sorted(os.path.basename(p) for p in glob.glob(os.path.join(a.originals, "*.wav")))
    first, rate = read(os.path.join(a.originals, names[0]))
    front, rng = Front(rate, a.bands, a.fft, a.hop), np.random.default_rng(0)
    originals = [read(os.path.join(a.originals, n))[0] for n in names]
    spectra = [front.log_mel(x) for x in originals]
    known = classifier(front, a.train) if a.classify else None
    labels = [int(n[0]) for n in names] if a.classify else None
    sets = [("originals", originals)]
    if not a.no_griffin_lim:
        sets.append(("Griffin and Lim", [front.griffin_lim(s, len(x), rng) for s, x in zip(spectra, originals)]))
    noise = [rng.normal(0, x.std(), len(x)) for x in originals]
    for name, sounds in [("noise", noise)] + sets[1:]:
        sets.append((f"{name}, matched", [front.matched(x, s, a.match) for x, s in zip(sounds, spectra)]))
    sets += [(folder, [read(os.path.join(folder, n))[0] for n in names]) for folder in a.copies]
    own_tones = tones(originals, front, a.levels)
    print("| sound | mel, dB | MCD, dB | known | tones, dB (Hz) |\n| --- | --- | --- | --- | --- |")
    for name, sounds in sets:
        own = [front.log_mel(x) for x in sounds]
        of = lambda f: (lambda v: f"{np.mean(v):.2f} ± {np.std(v, ddof=1) / math.sqrt(len(v)):.2f}")([f(s, o) for s, o in zip(spectra, own)])
        level, where = max((v - own_tones[f], f) for f, v in tones(sounds, front, a.levels).items())
        share = f"{100 * known(own, labels):.1f} %" if known else "-"
        print(f"| {name} | {of(mel_distance)} | {of(cepstral_distortion)} | {share} | {level:.1f} ({where:.0f}) |", flush=True)
