"""Writes data/moons.csv: two half circles, one upside down, with noise; and prints the density's entropy."""

import math
import random
from pathlib import Path

NOISE, ROWS = 0.1, 4000


def centre(moon, angle):
    x, y = math.cos(angle), math.sin(angle)
    return (1 - x, 0.5 - y) if moon else (x, y)


def log_density(x, y, steps=400):
    total = 0.0
    for moon in range(2):
        for i in range(steps):
            cx, cy = centre(moon, (i + 0.5) * math.pi / steps)
            total += math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * NOISE**2))
    return math.log(total / (2 * steps) / (2 * math.pi * NOISE**2))


draw = random.Random(1)
rows = []
for _ in range(ROWS):
    cx, cy = centre(draw.random() < 0.5, draw.random() * math.pi)
    rows.append((round(draw.gauss(cx, NOISE), 4), round(draw.gauss(cy, NOISE), 4)))
text = "x,y\n" + "".join(f"{x:.4f},{y:.4f}\n" for x, y in rows)
Path(__file__).with_name("moons.csv").write_text(text)
for name, part in ("the first 1,000", rows[:1000]), ("all", rows):
    mean = sum(log_density(*row) for row in part) / len(part)
    print(f"the true density's mean log p of {name}: {mean:.4f} nats a row")
