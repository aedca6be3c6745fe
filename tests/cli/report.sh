#!/usr/bin/env bash
# `vitrine report` and the verdict on the context of use, as users see them.
#   report.sh PROGRAM SOURCE_DIRECTORY
set -uo pipefail
program=$(realpath "$1") source=$(realpath "$2")
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/expect.sh"

context='context_of_use: {question: "Which?", acceptable_bias_percent: 20, acceptable_wcv_percent: 30, features: [statistics]}'
sed -E "s/^trial: .*/trial: {name: tiny, seed: 7, $context}/; s/^  count: 2/  count: 4/; s/^  vary: .*/  vary: {kernel: [soft, sharp]}/" \
  "$source/tests/cli/tiny.yaml" >tiny.yaml
cat >>tiny.yaml <<'E2'
  features: [statistics, morphology.sphericity]
analyse: [icc, bias_vs_truth, repeatability, bland_altman, variance_components, harmonisation]
outputs: {images: [nifti]}
E2

# What is asked must be measured, repeated and analysed; keys and names are checked where they stand.
broken() { sed -E "$1" tiny.yaml >broken.yaml; }
broken 's/features: \[statistics\]\}/features: [statistic]}/'
expect 2 "broken.yaml:3:.*Did you mean .statistics" "$program" validate broken.yaml
broken 's/features: \[statistics\]\}/features: [statistics, glcm]}/'
expect 2 "broken.yaml:3:.*'glcm' is not measured" "$program" validate broken.yaml
broken 's/acceptable_wcv_percent: 30/acceptable_wcv: 30/'
expect 2 "Did you mean 'acceptable_wcv_percent'" "$program" validate broken.yaml
broken 's/acceptable_wcv_percent: 30/acceptable_icc: 1.5/'
expect 2 'acceptable_icc.* is 1.5 .out of range' "$program" validate broken.yaml
broken 's/acceptable_wcv_percent: 30/bias_against: subject/'
expect 2 'broken.yaml:3:.*object' "$program" validate broken.yaml
broken 's/repeat: .count: 2./repeat: {count: 0}/'
expect 2 'broken.yaml:3:.*acceptable_wcv_percent needs repeats' "$program" validate broken.yaml
expect 2 'broken.yaml:3:.*Add bias_vs_truth' bash -c "sed 's/^analyse.*/analyse: [icc]/' tiny.yaml >broken.yaml; '$program' validate broken.yaml"

# The plan says what to expect before a ray is traced.
expect 0 'relative bias  \+-8.0, 16, 32 % where the biases of lesions spread by 5, 10, 20 %' "$program" plan tiny.yaml
expect 0 '"patients_without_bias": [0-9]+' "$program" plan tiny.yaml --json
expect 0 'none: an interval takes 4 patients .there are 2.' "$program" plan tiny.yaml --set patients.count=2
expect 0 '' bash -c "! '$program' plan tiny.yaml --set 'patients.lesions=[]' | grep -q expected"

expect 0 'report: ' "$program" run tiny.yaml --out out
expect 0 '^feature,family,ibsi_code,unit,criterion,arm,patients,lesions,value,low,high,limit_low,limit_high,verdict,further_patients,reason$' head -n 1 out/verdict.csv
expect 0 '^statistics.mean,statistics,Q4LE,HU,bias,coarse_sharp_80mAs,4,[0-9]+,.*,-0.2,0.2,(fit|unfit|undecided)' cat out/verdict.csv
expect 0 '^statistics.mean,statistics,Q4LE,HU,wcv,,' cat out/verdict.csv
expect 1 '' grep -q morphology out/verdict.csv
expect 0 'fit for the decision' cat out/report.html

expect 0 '^statistics.mean,kernel,fixed,2,[0-9]+,[-0-9.e]+,,,[0-9.e-]+,,,no interval: its levels were chosen' cat out/variance.csv
expect 0 '^morphology.sphericity,kernel,fixed,' cat out/variance.csv
expect 0 '^parametric,scanner,t2,statistics.mean,.*too few lesions in batch' cat out/harmonisation.csv

# A finished trial: the same bytes, in place and elsewhere, with its images or without.
cp -r out again
rm again/report.html again/{verdict,variance,harmonisation,bland_altman}.csv again/results.{h5,sqlite} again/figures/stability.svg
expect 0 '^report: again/report.html$' "$program" report again
expect 0 '' bash -c 'cd again && sha256sum --quiet -c SHA256SUMS'
rm -r again/images
expect 0 '^report: new/deep/report.html$' "$program" report again --output new/deep
expect 0 '' cmp new/deep/report.html out/report.html
expect 0 '' cmp new/deep/results.h5 out/results.h5
expect 0 "" cmp new/deep/results.sqlite out/results.sqlite
expect 0 "" cmp new/deep/figures/stability.svg out/figures/stability.svg
expect 0 '' bash -c "test -z \"\$('$program' report again -q --output new)\""
expect 2 'holds a trial. Choose another --output' "$program" report again --output out

# Figures as PNG files beside the SVG ones, the same bytes each time, whatever fonts a user has set.
if command -v rsvg-convert >/dev/null; then
  mkdir -p settings/fontconfig
  cat >settings/fontconfig/fonts.conf <<'EOF'
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><match target="pattern"><edit name="family" mode="assign" binding="strong"><string>DejaVu Sans Mono</string></edit></match></fontconfig>
EOF
  expect 0 'report: png1' "$program" report out --png --output png1
  expect 0 'report: png2' env XDG_CONFIG_HOME="$PWD/settings" LC_ALL=de_DE.UTF-8 "$program" report out --png --output png2
  expect 0 '' diff -r png1 png2
  expect 0 '' bash -c 'test "$(cd png1/figures && ls *.svg | wc -l)" = "$(cd png1/figures && ls *.png | wc -l)"'
  expect 0 '1920' python3 -c "import struct; print(struct.unpack('>II', open('png1/figures/noise_and_dose.png', 'rb').read(24)[16:])[0])"
  expect 0 'as they were written' bash -c "cp -r out drawn && '$program' report drawn --png && '$program' verify drawn"
  expect 0 'figures/arms.png. is not of this trial' "$program" verify drawn
fi
mkdir -p bin
expect 2 'needs the program rsvg-convert.*librsvg2-bin' env PATH="$PWD/bin" "$program" report out --png --output none1
expect 1 '' test -e none1

# An unfinished one says what is missing, and is continued as if nobody had looked.
cp -r out part
rm part/SHA256SUMS part/manifest.json part/*.csv part/report.html part/results.h5 part/.state/case003.json
expect 0 'not the whole trial: 3 of 4 cases are finished; missing: case003' "$program" report part
expect 0 'Not the whole trial' cat part/report.html
expect 0 'withheld,.*at least 4 needed' cat part/verdict.csv
expect 0 'state +interrupted' "$program" status part
echo 'process 1 on elsewhere since yesterday' >part/.lock
exec 9>>part/.lock; flock 9
expect 2 'is being written by .*--output' "$program" report part
expect 0 '3 of 4' "$program" report part --output new
exec 9>&-
expect 0 'report: ' "$program" run tiny.yaml --out part
expect 0 '' cmp part/SHA256SUMS out/SHA256SUMS
expect 0 '' cmp part/report.html out/report.html

# A case that failed is listed again.
cp -r out lost
rm lost/.state/case002.json lost/SHA256SUMS
printf 'case,message\ncase002,"no, with ""quotes"""\n' >lost/failures.csv
echo -n >lost/SHA256SUMS
expect 0 '1 failed .failures.csv says why.: case002' "$program" report lost --output listed
expect 0 '<td>no, with &quot;quotes&quot;</td>' cat listed/report.html
expect 0 '^case002,"no, with ""quotes"""$' cat listed/failures.csv

# What is no trial, or a damaged one.
mkdir empty
expect 2 "'empty' holds no trial" "$program" report empty
expect 2 "holds no trial" "$program" report nowhere
expect 0 '' test -z "$(ls -A empty)"
cp -r out none; rm none/.state/case*.json
expect 2 'no case in .none. is finished' "$program" report none --output new
# damaged PATTERN FILE PYTHON: a directory whose FILE went through PYTHON (d: its JSON) is refused.
damaged() {
  rm -rf spoilt; cp -r out spoilt
  python3 - "spoilt/.state/$2" "$3" <<'EOF'
import json, sys
d = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(d, open(sys.argv[1], 'w'))
EOF
  expect 2 "$1" "$program" report spoilt --output new
}
damaged 'would not|fingerprint' trial.json 'd["scenario"]["trial"]["seed"] = 8'
damaged "holds no scenario" trial.json 'del d["scenario"]'
damaged "is damaged: " trial.json 'd["scenario"]["patients"] = []'
damaged 'names the instruction-set level' trial.json 'd["isa"] = "v9"'
damaged "does not say 'version'" trial.json 'del d["version"]'
damaged "lacks 'features'" case002.json 'del d["features"]'
damaged 'case002.json .lesions.: this is no table' case002.json 'd["lesions"]["rows"] = 3'
damaged 'is no stored case' case002.json 'd["files"] = 3'
damaged 'cells .the table has' case002.json 'd["lesions"]["rows"][0].pop()'
damaged 'not those of case001' case002.json 'd["images"] = {"columns": ["case"], "rows": [["case002"]]}'
scan='t = d["features"]; a = t["columns"].index("arm"); r = next(r for r in t["rows"] if "scan" in r)'
damaged "arm 'other', which the plan" case002.json "$scan; r[a] = 'other'"
damaged "which the table of lesions" case002.json 'd["features"]["rows"][0][1] = "other"'
damaged 'are damaged: their tables' case002.json "$scan; r[a] = 3"
damaged 'are damaged: their tables' case002.json 'c = d["features"]["columns"].index("value"); d["features"]["rows"][0][c] = "x"'
damaged 'bytes is recorded' case002.json 'd["files"][0]["bytes"] = -1'
rm -rf spoilt; cp -r out spoilt
head -c 300 out/.state/case002.json >spoilt/.state/case002.json
expect 2 'case002.json' "$program" report spoilt
head -c 100 out/.state/trial.json >spoilt/.state/trial.json
expect 2 'trial.json' "$program" report spoilt
rm -rf spoilt; cp -r out spoilt
sed -i 's/"value"/"other"/g' spoilt/.state/case00[1-4].json
expect 2 "value" "$program" report spoilt --output new
# In place nothing is written that SHA256SUMS would deny.
rm -rf spoilt; cp -r out spoilt
python3 -c 'import json; f = "spoilt/.state/case002.json"; d = json.load(open(f)); d["patients"]["rows"][0][1] = "other"; json.dump(d, open(f, "w"))'
expect 2 "'patients.csv' would not be the one that SHA256SUMS" "$program" report spoilt
expect 0 '' bash -c 'cd spoilt && sha256sum --quiet -c SHA256SUMS'

verdict
