#!/usr/bin/env bash
# Makes docs/scanners anew: a passport of every scanner of the library, and a table of them.
#   scripts/make_passports.sh [PROGRAM [QUALITY]]     default program: build/dev/src/cli/vitrine; quality: full
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-build/dev/src/cli/vitrine} quality=${2:-full}
out=docs/scanners
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in scenarios/scanners/*_like_*.yaml; do
  name=$(basename "$file" .yaml)
  "$program" qa --scanner "$file" --quality "$quality" --page "$out/$name.md" --json "$work/$name.json" >/dev/null || echo "$name: out of range" >&2
done
python3 - "$work" "$quality" >"$out/README.md" <<'PYTHON'
import json, pathlib, sys
print(f"""# Passports of the scanner library

Made by `scripts/make_passports.sh` with `vitrine qa --scanner` in {sys.argv[2]} quality; [what they are](../users/scanner-library.md). All at 120 kV with the kernel `standard` and the smaller
focal spot: MTF of a wire, noise of 20 cm of water at a CTDIvol of 10 mGy (32 cm), peak of its noise power, CTDIw per 100 mAs, width of slices of 1.25 mm.

| scanner | like | rows | MTF 50 %, 10 %, 1/mm | noise, HU | NPS peak, 1/mm | CTDIw 32 cm, 16 cm, mGy | slice, mm | |
|---|---|---|---|---|---|---|---|---|""")
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    page = json.loads(path.read_text())
    rows = {(row["measure"], row["of"]): row["value"] for row in page["rows"]}
    profile = page["profile"]
    print(f"| [{page['scanner']}]({page['scanner']}.md) | {profile['vendor']} {profile['modelled_on']} | {page['detector_rows']:.0f} | "
          f"{rows['mtf50', 'standard']:.3f}, {rows['mtf10', 'standard']:.3f} | {rows['noise_at_10_mgy', '20 cm of water']:.2f} | {rows['nps_peak', 'standard']:.3f} | "
          f"{rows['ctdi_w_per_100_mas', '32 cm']:.2f}, {rows['ctdi_w_per_100_mas', '16 cm']:.2f} | {rows['slice_fwhm', '1.25 mm']:.2f} | {'in range' if page['passed'] else 'OUT OF RANGE'} |")
PYTHON
