#!/usr/bin/env python3
"""Writes ellipsoids.f32: the line integrals of three ellipsoids, seen by the scan that ellipsoids.yaml describes.

  python3 scenarios/sinograms/ellipsoids.py
  vitrine recon scenarios/sinograms/ellipsoids.yaml --out own
"""
import array
import math
import pathlib
import sys

VIEWS, COLUMNS, ROWS = 360, 256, 8
SOURCE_TO_ISOCENTRE, SOURCE_TO_DETECTOR = 541.0, 949.0  # mm
COLUMN_PITCH, ROW_PITCH, COLUMN_OFFSET = 1.5, 1.5, 0.25  # mm, mm, columns
WATER = 0.0193  # 1/mm
# Centre and half axes in mm, attenuation on top of what is there in 1/mm: water; a ball of 100 HU; a rod of -400 HU.
ELLIPSOIDS = [((0, 0, 0), (90, 70, 1000), WATER),
              ((40, 20, 0), (15, 15, 15), 0.10 * WATER),
              ((-35, -10, 0), (12, 20, 1000), -0.40 * WATER)]


def line_integral(source, direction):
    total = 0.0
    for centre, axes, attenuation in ELLIPSOIDS:
        # |(source + s direction - centre) / axes| = 1 is a square equation of s.
        p = [(s - c) / a for s, c, a in zip(source, centre, axes)]
        d = [u / a for u, a in zip(direction, axes)]
        dd, pd = sum(x * x for x in d), sum(x * y for x, y in zip(p, d))
        root = pd * pd - dd * (sum(x * x for x in p) - 1.0)
        if root > 0.0:
            total += attenuation * 2.0 * math.sqrt(root) / dd
    return total


values = array.array("f")
for view in range(VIEWS):
    b = 2.0 * math.pi * view / VIEWS
    source = (SOURCE_TO_ISOCENTRE * math.sin(b), -SOURCE_TO_ISOCENTRE * math.cos(b), 0.0)
    for row in range(ROWS):
        up = (row - (ROWS - 1) / 2) * ROW_PITCH
        for column in range(COLUMNS):
            fan = (column - (COLUMNS - 1) / 2 - COLUMN_OFFSET) * COLUMN_PITCH / SOURCE_TO_DETECTOR
            along, across = SOURCE_TO_DETECTOR * math.cos(fan), SOURCE_TO_DETECTOR * math.sin(fan)
            ray = (-along * math.sin(b) + across * math.cos(b), along * math.cos(b) + across * math.sin(b), up)
            length = math.sqrt(sum(x * x for x in ray))
            values.append(line_integral(source, [x / length for x in ray]))
if sys.byteorder == "big":
    values.byteswap()
pathlib.Path(__file__).with_name("ellipsoids.f32").write_bytes(values.tobytes())
