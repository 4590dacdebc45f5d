#!/usr/bin/env python3
"""Draws the training images: digits 0-9 from free fonts, one folder for each digit.

Each image is a 32x32 gray PNG of one white digit on black, drawn at eight times the size and
averaged down, with a small random scale, turn, slant and shift. Needs Pillow and the Debian
packages named in FACES. The same seed gives the same bytes with the same Pillow and fonts.
"""

import argparse
import math
import random
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIDE = 32  # pixels of an image
OVER = 8  # drawn this many times larger, then averaged down
HEIGHT = 23  # pixels of a digit's ink before the random scale

# Debian package: its font files, under /usr/share/fonts. Sturdy faces with lining figures and a
# plain zero only: old-style figures sit off-centre, and a dotted zero reads as another shape.
FACES = {
    "fonts-cantarell": [
        "opentype/cantarell/Cantarell-Regular.otf",
        "opentype/cantarell/Cantarell-Bold.otf",
    ],
    "fonts-comfortaa": [
        "truetype/comfortaa/Comfortaa-Bold.ttf",
    ],
    "fonts-crosextra-caladea": [
        "truetype/crosextra/Caladea-Bold.ttf",
    ],
    "fonts-crosextra-carlito": [
        "truetype/crosextra/Carlito-Regular.ttf",
        "truetype/crosextra/Carlito-Bold.ttf",
    ],
    "fonts-dejavu-core": [
        "truetype/dejavu/DejaVuSans.ttf",
        "truetype/dejavu/DejaVuSans-Bold.ttf",
        "truetype/dejavu/DejaVuSerif-Bold.ttf",
    ],
    "fonts-inter": [
        "opentype/inter/Inter-Medium.otf",
        "opentype/inter/Inter-Bold.otf",
    ],
    "fonts-karla": [
        "truetype/karla/Karla-Medium.otf",
        "truetype/karla/Karla-Bold.otf",
    ],
    "fonts-lato": [
        "truetype/lato/Lato-Medium.ttf",
        "truetype/lato/Lato-Bold.ttf",
    ],
    "fonts-league-spartan": [
        "opentype/league-spartan/LeagueSpartan-Medium.otf",
        "opentype/league-spartan/LeagueSpartan-Bold.otf",
    ],
    "fonts-liberation2": [
        "truetype/liberation2/LiberationSans-Regular.ttf",
        "truetype/liberation2/LiberationSans-Bold.ttf",
        "truetype/liberation2/LiberationSerif-Bold.ttf",
    ],
    "fonts-linuxlibertine": [
        "opentype/linux-libertine/LinBiolinum_RB.otf",
    ],
    "fonts-noto-core": [
        "truetype/noto/NotoSans-Regular.ttf",
        "truetype/noto/NotoSans-Bold.ttf",
        "truetype/noto/NotoSerif-Bold.ttf",
    ],
    "fonts-open-sans": [
        "truetype/open-sans/OpenSans-Semibold.ttf",
        "truetype/open-sans/OpenSans-Bold.ttf",
    ],
    "fonts-oxygen": [
        "truetype/oxygen/Oxygen-Sans.ttf",
        "truetype/oxygen/Oxygen-Sans-Bold.ttf",
    ],
    "fonts-quicksand": [
        "truetype/quicksand/Quicksand-Bold.ttf",
    ],
    "fonts-roboto-unhinted": [
        "truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf",
        "truetype/roboto/unhinted/RobotoTTF/Roboto-Bold.ttf",
    ],
    "fonts-sil-andika": [
        "truetype/andika/Andika-Regular.ttf",
        "truetype/andika/Andika-Bold.ttf",
    ],
    "fonts-sil-charis": [
        "truetype/charis/CharisSIL-Bold.ttf",
    ],
}


def installed_faces():
    """The font files in a fixed order; ends the program where a package is missing."""
    root = Path("/usr/share/fonts")
    lost = [p for p, files in FACES.items() if not all((root / f).is_file() for f in files)]
    if lost:
        sys.exit("missing fonts; install them with: apt-get install " + " ".join(lost))
    return [root / f for files in FACES.values() for f in files]


def draw(face, digit):
    """The digit at OVER times its size, its ink box in the middle of the canvas."""
    # The basic layout engine is in every Pillow; the other may or may not be there.
    layout = ImageFont.Layout.BASIC
    _, top, _, bottom = ImageFont.truetype(face, 1000, layout_engine=layout).getbbox(digit)
    font = ImageFont.truetype(face, 1000 * HEIGHT * OVER / (bottom - top), layout_engine=layout)
    left, top, right, bottom = font.getbbox(digit)
    side = SIDE * OVER
    canvas = Image.new("L", (side, side))
    corner = ((side - left - right) / 2, (side - top - bottom) / 2)
    ImageDraw.Draw(canvas).text(corner, digit, font=font, fill=255)
    return canvas


def vary(canvas, rng):
    """One random variation of a drawn digit, averaged down to SIDE pixels."""
    scale = rng.uniform(0.92, 1.08)
    turn = math.radians(rng.uniform(-6, 6))
    slant = rng.uniform(-0.05, 0.05)
    middle = canvas.width / 2
    to_x = middle + rng.uniform(-1, 1) * OVER
    to_y = middle + rng.uniform(-1, 1) * OVER
    # Pillow asks where each new pixel comes from, so this is the inverse map.
    cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
    a, b, c, d = cos - slant * sin, sin + slant * cos, -sin, cos
    matrix = (a, b, middle - a * to_x - b * to_y, c, d, middle - c * to_x - d * to_y)
    return canvas.transform(canvas.size, Image.Transform.AFFINE, matrix, Image.BICUBIC).reduce(OVER)


def contact_sheet(images, path):
    """A square of images with a thin gap, to look at."""
    columns = math.isqrt(len(images))
    cell = SIDE + 2
    sheet = Image.new("L", (columns * cell, columns * cell), 64)
    for i, image in enumerate(images[: columns * columns]):
        sheet.paste(image, (i % columns * cell + 1, i // columns * cell + 1))
    sheet.resize((sheet.width * 2, sheet.height * 2), Image.NEAREST).save(path)


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=here / "glyphs", help="folder to (re)make")
    parser.add_argument("--per-face", type=int, default=12, help="images of a digit from each face")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--contact", type=Path, help="also write a sheet of 100 random images here")
    options = parser.parse_args()

    faces = installed_faces()
    rng = random.Random(options.seed)
    seen, kept = set(), []
    for digit in "0123456789":
        folder = options.output / digit
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        canvases = [draw(str(face), digit) for face in faces]
        number = 0
        # Faces take turns, so that the first images of a folder show every one of them.
        for canvas in canvases * options.per_face:
            image = vary(canvas, rng)
            if image.tobytes() in seen:
                continue
            seen.add(image.tobytes())
            image.save(folder / f"{number:04}.png", optimize=True)
            kept.append(image)
            number += 1
    if options.contact:
        contact_sheet(rng.sample(kept, 100), options.contact)
    print(f"{len(kept)} images from {len(faces)} font files in {options.output}")


if __name__ == "__main__":
    main()
