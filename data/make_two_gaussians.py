#!/usr/bin/env python3
"""Makes a table of one column: 750 numbers from each of N(-1, 0.25) and N(0.5, 0.5), by deviations.

With NumPy 2.4.6 it gives the same bytes every time. See README.md beside this file.
"""

import argparse
from pathlib import Path

import numpy as np


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "output", type=Path, nargs="?", default=here / "two-gaussians.csv", help="file to make"
    )
    parser.add_argument("--each", type=int, default=750, help="numbers from each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    x = np.concatenate([rng.normal(-1, 0.25, options.each), rng.normal(0.5, 0.5, options.each)])
    rng.shuffle(x)
    options.output.write_text("x\n" + "".join(f"{value:.6f}\n" for value in x))
    print(f"{len(x)} numbers in {options.output}")


if __name__ == "__main__":
    main()
