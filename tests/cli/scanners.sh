#!/usr/bin/env bash
# Every scanner of the library is valid, says where each of its numbers comes from, and does in draft quality what its profile
# says; a profile that says something else is found out.
#   scanners.sh PROGRAM SOURCE_DIRECTORY [NAME...]      only these, and what is found out; no name: all
set -euo pipefail
program=$1 folder=$2/scenarios/scanners
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; cat "$work/said"; exit 1; }

names=("$@")
if (( $# == 0 )); then
  for file in "$folder"/*_like_*.yaml; do names+=("$(basename "$file" .yaml)"); done
  (( ${#names[@]} >= 12 )) || fail "${#names[@]} scanners are no library"
fi
for name in "${names[@]}"; do
  "$program" qa --scanner "$folder/$name.yaml" --quality draft --json "$work/$name.json" >"$work/said" || fail "$name"
  grep -q 'note:' "$work/said" && fail "$name has numbers without a source"
  python3 - "$work/$name.json" <<'PYTHON'
import json, sys
page = json.load(open(sys.argv[1]))
judged = [row["measure"] for row in page["rows"] if "in_range" in row]
assert page["passed"] and not page["without_provenance"]
assert {"ct_number", "water", "uniformity", "noise_exponent", "mtf50", "mtf10", "slice_fwhm", "ctdi_w_per_100_mas", "nps_area_over_variance"} <= set(judged), judged
assert {"mtf", "nps", "ssp", "noise"} <= {curve["measure"] for curve in page["curves"]}
assert all(p["source"] for p in page["profile"]["provenance"])
PYTHON
  echo "$name"
done

# A dose that this tube does not give, and rows of nowhere: the dose alone is out of range, the rows are said.
sed -E 's/(body_ctdi_w_per_100_mas_mgy): .*/\1: 20/; s/keys: \[rows, /keys: [/; s/, rows, /, /' "$folder/${names[0]}.yaml" >"$work/wrong.yaml"
code=0
"$program" qa --scanner "$work/wrong.yaml" --quality draft >"$work/said" 2>&1 || code=$?
(( code == 1 )) || fail "a wrong dose is answered with $code"
[[ $(grep -c 'OUT OF RANGE' "$work/said") == 1 ]] && grep -q 'ctdi_w_per_100_mas.*OUT OF RANGE' "$work/said" || fail "not the dose alone"
grep -q 'note: nothing says where rows comes from' "$work/said" || fail "rows of nowhere"
