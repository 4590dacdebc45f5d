#!/usr/bin/env python3
"""Toys of two columns whose density is known (as in FFJORD, Grathwohl et al. 2019), and two moons with
their label. Every table has seeds of its own. Needs numpy; scikit-learn for the moons.

    benchmarks/studies/toys.py OUT

OUT/checkerboard.csv, two-spirals.csv, eight-gaussians.csv    100,000 rows, and 20,000 in NAME-test.csv;
                                          `log_density` below is the truth
OUT/moons.csv, moons-test.csv             scikit-learn's, noise 0.1, 16,384 rows each
"""
import argparse
import math
import os

import numpy as np

SPREAD = 0.5 / math.sqrt(2)  # of each of the eight Gaussians
CENTERS = 4 / math.sqrt(2) * np.stack(
    [np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)
NOISE = 0.1  # of the spirals
TURNS = 3 * np.pi  # where a spiral ends


def checkerboard(n, rng):
    """Uniform on eight of the sixteen fields, of side 2, of [-4, 4]²."""
    x = rng.random(n) * 8 - 4
    y = rng.random(n) * 2 + 4 * rng.integers(0, 2, n) - 4
    return np.stack([x, y + 2 * (np.floor(x / 2) % 2)], axis=1)


def eight_gaussians(n, rng):
    return CENTERS[rng.integers(0, 8, n)] + SPREAD * rng.normal(size=(n, 2))


def two_spirals(n, rng):
    t = np.sqrt(rng.random(n)) * TURNS
    arm = np.stack([-np.cos(t) * t, np.sin(t) * t], axis=1) + rng.random((n, 2)) / 2
    sign = rng.choice([-1.0, 1.0], n)[:, None]
    return sign * arm / 3 + NOISE * rng.normal(size=(n, 2))


TOYS = {"checkerboard": checkerboard, "two-spirals": two_spirals, "eight-gaussians": eight_gaussians}


def log_density(name, x):
    """The toy's true log density, in nats, of rows x."""
    if name == "checkerboard":
        inside = (np.abs(x) < 4).all(axis=1) & ((np.floor(x / 2).sum(axis=1) % 2) == 0)
        return np.where(inside, -math.log(32), -np.inf)
    if name == "eight-gaussians":
        square = ((x[:, None] - CENTERS) ** 2).sum(axis=2) / (2 * SPREAD**2)
        return np.logaddexp.reduce(-square, axis=1) - math.log(8 * 2 * math.pi * SPREAD**2)
    if name == "two-spirals":
        from scipy.special import ndtr

        # over the place along an arm, whose density is 2t/T²; the square root of a grid of (0, 1)
        t = np.sqrt((np.arange(4000) + 0.5) / 4000) * TURNS
        arm = np.stack([-np.cos(t) * t, np.sin(t) * t], axis=1) / 3
        total = []
        for rows in np.array_split(x, max(1, len(x) // 500)):
            p = 0
            for sign in (-1, 1):
                # a uniform of width 1/6 plus a Gaussian, on each axis
                d = (sign * rows[:, None] - arm) / NOISE
                p = p + (6 * (ndtr(d) - ndtr(d - 1 / (6 * NOISE)))).prod(axis=2).mean(axis=1) / 2
            with np.errstate(divide="ignore"):
                total.append(np.log(p))
        return np.concatenate(total)
    raise KeyError(name)


def entropy(name, draws=40_000):
    """The toy's entropy in nats, and its standard error: exact, or by draws of the truth."""
    if name == "checkerboard":
        return math.log(32), 0.0
    terms = -log_density(name, TOYS[name](draws, np.random.default_rng(99)))
    return terms.mean(), terms.std() / math.sqrt(draws)


def csv(path, rows, names, is_quiet=False):
    np.savetxt(path, rows, delimiter=",", header=",".join(names), comments="", fmt="%.7g")
    if not is_quiet:
        print(path, rows.shape)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)

    def out(name):
        return os.path.join(args.out, name)

    for seed, (name, toy) in enumerate(TOYS.items()):
        csv(out(name + ".csv"), toy(100_000, np.random.default_rng([seed, 0])), ["x", "y"])
        csv(out(name + "-test.csv"), toy(20_000, np.random.default_rng([seed, 1])), ["x", "y"])
    try:
        from sklearn import datasets
    except ImportError:
        print("no scikit-learn: moons are left out")
        return
    for seed, name in enumerate(["moons", "moons-test"]):
        x, label = datasets.make_moons(16_384, noise=0.1, random_state=seed)
        csv(out(name + ".csv"), np.column_stack([x, label]), ["x", "y", "label"])


if __name__ == "__main__":
    main()
