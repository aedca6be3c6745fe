#!/usr/bin/env python3
"""Hold `vitrine pyradiomics` to PyRadiomics' own baseline.

  pyradiomics_baseline.py PROGRAM        exit 77 (skipped) unless VITRINE_PYRADIOMICS_DATA names the
                                         folder `data` of a PyRadiomics source tree (its images and
                                         data/baseline/*.csv, made by PyRadiomics itself)

Every feature value and every diagnostic of every test case whose image is there must agree to 1e-6
relative (of values below 1e-12, absolute: PyRadiomics adds 2e-16 before its logarithms). Settings are those
that the baseline says it was made with.
"""
import ast
import csv
import gzip
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOLERANCE = 1e-6
CLASSES = ("firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm", "shape", "shape2D")
# The baseline's mesh of brain1 is of release 2.0.1, before the table of triangles changed. These are the sums over
# the triangles of release 3.1's table, as a direct evaluation of it on this mask finds them.
VOLUME, AREA = 16147.51180013021, 6438.821603779402
NEWER = {"brain1": {"original_shape_MeshVolume": VOLUME, "original_shape_SurfaceArea": AREA,
                    "original_shape_SurfaceVolumeRatio": AREA / VOLUME,
                    "original_shape_Sphericity": (36 * math.pi * VOLUME**2)**(1 / 3) / AREA}}
UNKNOWN = re.compile("diagnostics_(Versions|Configuration)_|_Hash$")


def slice_mask(label, first, folder):
    """The mask of shape2D: one slice of the label image, as an image of one slice."""
    raw = label.read_bytes()
    end = raw.index(b"\n\n")
    header, data = raw[:end].decode(), raw[end + 2:]
    field = dict(line.split(": ", 1) for line in header.split("\n") if ": " in line and line[0] != "#")
    if field["encoding"] == "gzip":
        data = gzip.decompress(data)
    columns, rows, slices = (int(n) for n in field["sizes"].split())
    size = len(data) // slices
    step = [float(x) for x in re.findall(r"\((.*?)\)", field["space directions"])[2].split(",")]
    origin = [float(x) for x in field["space origin"].strip("()").split(",")]
    origin = [a + first * b for a, b in zip(origin, step)]
    header = header.replace(field["sizes"], f"{columns} {rows} 1").replace(
        field["space origin"], "(%r,%r,%r)" % tuple(origin)).replace("encoding: gzip", "encoding: raw")
    path = folder / f"slice_{label.name}"
    path.write_bytes(header.encode() + b"\n\n" + data[first * size:(first + 1) * size])
    return path


def numbers(text):
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
    return value if isinstance(value, tuple) else (value,)


def difference(expected, found):
    if isinstance(expected, str) or isinstance(found, str):
        return 0 if expected == found else float("inf")
    return max(abs(a - b) / (abs(a) if abs(a) > 1e-12 else 1) for a, b in zip(expected, found))


def main():
    data = os.environ.get("VITRINE_PYRADIOMICS_DATA")
    if not data:
        print("skipped: VITRINE_PYRADIOMICS_DATA is not set")
        return 77
    data, program = pathlib.Path(data), sys.argv[1]
    compared, failed, worst = 0, 0, (0, "")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for feature_class in CLASSES:
            rows = list(csv.reader((data / "baseline" / f"baseline_{feature_class}.csv").open()))
            table = {row[0]: dict(zip(rows[0][1:], row[1:])) for row in rows[1:]}
            for test in rows[0][1:]:
                case = test.split("_")[0]
                image, mask = data / f"{case}_image.nrrd", data / f"{case}_label.nrrd"
                if not image.exists():
                    continue
                if feature_class == "shape2D":
                    box = ast.literal_eval(table["diagnostics_Mask-corrected_BoundingBox"][test])
                    mask = slice_mask(mask, box[2], folder)
                settings = ast.literal_eval(table["diagnostics_Configuration_Settings"][test])
                parameters = folder / "parameters.json"
                parameters.write_text(json.dumps({"featureClass": {feature_class: None}, "setting": settings}))
                run = subprocess.run([program, "pyradiomics", image, mask, "-p", parameters, "-f", "csv"],
                                     capture_output=True, text=True, check=False)
                if run.returncode:
                    print(f"{test} {feature_class}: {run.stderr}")
                    failed += 1
                    continue
                found = dict(zip(*csv.reader(run.stdout.splitlines())))
                for feature, values in table.items():
                    if values[test] == "" or UNKNOWN.search(feature):
                        continue
                    compared += 1
                    expected = str(NEWER.get(test, {}).get(feature, values[test]))
                    error = difference(numbers(expected), numbers(found.get(feature, "missing")))
                    worst = max(worst, (error, f"{test} {feature}"))
                    if error > TOLERANCE:
                        failed += 1
                        print(f"{test} {feature}: {found.get(feature)} (the baseline has {expected})")
    print(f"{compared - failed} of {compared} values agree; the largest relative difference is {worst[0]:.1e}, {worst[1]}")
    return 1 if failed or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
