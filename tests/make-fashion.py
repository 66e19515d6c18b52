#!/usr/bin/env python3
"""Make data/fashion from Debian's package dataset-fashion-mnist: python3 tests/make-fashion.py (for maintainers).

Takes the first 600 training and the first 400 test images of each class, in file order, and writes them as gzip'ed
IDX files with the usual names. `gzip -9n` puts no time and no name in, so the same input gives the same bytes.
"""

import gzip
import pathlib
import struct
import subprocess

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")
TARGET = pathlib.Path(__file__).parent.parent / "data" / "fashion"
CLASSES, SIDE = 10, 28


def read(name):
    with gzip.open(SOURCE / (name + ".gz")) as file:
        return file.read()


def write(name, content):
    packed = subprocess.run(["gzip", "-9n"], input=content, stdout=subprocess.PIPE, check=True).stdout
    (TARGET / (name + ".gz")).write_bytes(packed)


def subset(part, per_class):
    images, labels = read(part + "-images-idx3-ubyte")[16:], read(part + "-labels-idx1-ubyte")[8:]
    left, rows = [per_class] * CLASSES, []
    for row, label in enumerate(labels):
        if left[label] > 0:
            left[label] -= 1
            rows.append(row)
    assert not any(left), "a class has too few images"
    pixels = b"".join(images[row * SIDE * SIDE : (row + 1) * SIDE * SIDE] for row in rows)
    write(part + "-images-idx3-ubyte", struct.pack(">4I", 0x803, len(rows), SIDE, SIDE) + pixels)
    write(part + "-labels-idx1-ubyte", struct.pack(">2I", 0x801, len(rows)) + bytes(labels[row] for row in rows))


subset("train", 600)
subset("t10k", 400)
