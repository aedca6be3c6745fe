#!/usr/bin/env bash
# The program as its users see it: exit codes, messages, a whole small trial, resuming it.
#   run.sh PROGRAM SOURCE_DIRECTORY
set -uo pipefail
program=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

# expect CODE PATTERN COMMAND...: the command ends with CODE and prints PATTERN.
expect() {
  local code=$1 pattern=$2 got=0; shift 2
  "$@" >output 2>&1 </dev/null || got=$?
  if (( got == code )) && { [[ -z $pattern ]] || grep -qE -- "$pattern" output; }; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $* (exit $got, expected $code and '$pattern')"; tail -n 15 output
  fi
}
# scenario NAME SED_EXPRESSION: the tiny scenario, changed.
scenario() { sed -E "$2" "$source/tests/cli/tiny.yaml" >"$1.yaml"; }

expect 0 '^vitrine [0-9]' "$program" --version
expect 0 'vitrine run scenarios/01' "$program" --help
expect 2 'subcommand is required' "$program"
expect 2 'See .vitrine --help' "$program" frobnicate
expect 0 'lobulated' "$program" list lesion_shape
expect 0 'diameter_mm' "$program" explain lobulated
expect 2 'lobulated' "$program" explain lobulate
expect 0 'json-schema.org' "$program" schema
expect 0 'is valid' "$program" validate "$source/scenarios/01_lung_nodule_stability.yaml"
expect 0 'is valid' "$program" validate "$source/scenarios/03_liver_lesions.yaml"
expect 0 'is valid' "$program" validate "$source/scenarios/04_treatment_response.yaml"
expect 0 '84 reconstructions' "$program" plan "$source/scenarios/01_lung_nodule_stability.yaml"

cp "$source/tests/cli/tiny.yaml" .
expect 0 'case002: .*voxels of 4 mm' "$program" phantom tiny.yaml --out maps --spacing 4 --z -40 40
expect 0 '' test -s maps/contact_sheet.png
expect 0 'lung_right' cat maps/organs.csv
expect 0 '^lung_right,voxel_volume,cm3,[0-9.]+' cat maps/case001/truth.csv
expect 0 '' gzip -t maps/case002/density.nii.gz maps/case002/organs.nii.gz maps/case002/materials.nii.gz
expect 2 'not empty' "$program" phantom tiny.yaml --out maps
expect 2 'case001 to case002' "$program" phantom tiny.yaml --out more --case case009
expect 2 'empty \(the first must be the lower' "$program" phantom tiny.yaml --out more --z 10 -10 --preview
expect 0 'is valid' "$program" validate tiny.yaml
expect 0 '4 arms' "$program" plan tiny.yaml
expect 4 'missing.yaml' "$program" validate missing.yaml
scenario unknown_key 's/seed: 7/seed: 7, sead: 8/'
expect 2 "unknown_key.yaml:3:.*unknown key 'sead'.*Did you mean 'seed'" "$program" validate unknown_key.yaml
scenario unit 's/matrix: 128/matrix: 128, slice_thickness: 3/'
expect 2 "slice_thickness_mm" "$program" validate unit.yaml
scenario range 's/margin_mm: 1/margin_mm: 800/'
expect 2 'range.yaml:.*out of range' "$program" validate range.yaml
scenario twice 's/^  count: 2/  count: 2\n  count: 3/'
expect 2 'twice.yaml:.*count' "$program" validate twice.yaml
scenario alias 's/margin_mm: 1/margin_mm: *m/'
expect 2 'alias.yaml' "$program" validate alias.yaml
scenario second 's/^vitrine: 1/vitrine: 1\n---/'
expect 2 'second.yaml' "$program" validate second.yaml
scenario nan 's/margin_mm: 1/margin_mm: .nan/'
expect 2 'nan.yaml' "$program" validate nan.yaml
scenario octal 's/seed: 7/seed: 010/'
expect 2 'octal.yaml' "$program" validate octal.yaml
scenario kind 's/kind: sphere/kind: spheer/'
expect 2 "sphere" "$program" validate kind.yaml
scenario file 's/^  protocol: .*/  protocol: nowhere.yaml/'
expect 2 "nowhere.yaml" "$program" validate file.yaml
scenario two 's/seed: 7/seed: 010, sead: 1/; s/margin_mm: 1/margin_mm: 800/'
expect 2 '3 problems' "$program" validate two.yaml
expect 2 '"line": ?[0-9]+' "$program" validate --json two.yaml
[[ -e two.yaml && ! -e out ]] || { echo "FAILED: validate wrote something"; failed=$((failed + 1)); }

expect 4 'No such|cannot|not' "$program" run tiny.yaml --out /proc/vitrine-cannot-write-here
mkdir occupied && touch occupied/mine
expect 2 'not empty' "$program" run tiny.yaml --out occupied
expect 0 'report: ' "$program" run tiny.yaml --out out
expect 0 'OK' bash -c 'cd out && sha256sum -c SHA256SUMS'
expect 0 'arm_bias' head -n 1 out/stability.csv
expect 0 'report: ' "$program" run tiny.yaml --out asked --set patients.count=1 --set 'analyse=[icc]'
expect 1 '' bash -c 'head -n 1 asked/stability.csv | grep -q wsd'
phantom=(--set patients.count=1 --set 'patients.lesions=[]' --set patients.anatomy=acr464)
expect 0 'is valid' "$program" validate tiny.yaml "${phantom[@]}"
expect 0 '4 arms' "$program" plan tiny.yaml "${phantom[@]}"
expect 0 'report: ' "$program" run tiny.yaml --out phantom "${phantom[@]}"
expect 0 'have no lesions' cat phantom/report.html
expect 0 'insert_bone_density_g_per_cm3,1.54' cat phantom/patients.csv
expect 0 'OK' bash -c 'cd phantom && sha256sum -c SHA256SUMS'
expect 0 'is valid' "$program" validate "$source/scenarios/02_qa_phantom.yaml"
expect 2 'holds another trial' "$program" run tiny.yaml --out out --set trial.seed=8
cp out/SHA256SUMS before
rm out/.state/case002.json
expect 0 'report: ' "$program" run tiny.yaml --out out
expect 0 '' cmp before out/SHA256SUMS
expect 0 'statistics.mean' "$program" features out/images/case001/coarse_soft_80mAs.nii.gz out/masks/case001/lesion01.nii.gz
expect 0 'glcm.contrast' "$program" features out/images/case001/coarse_soft_80mAs out/masks/case001/lesion01.nii.gz --json
expect 4 'nothing.nii' "$program" features nothing.nii out/masks/case001/lesion01.nii.gz
timeout -s INT 1 "$program" run tiny.yaml --out stopped --set patients.count=6 >/dev/null 2>&1
code=$?
expect 0 '6 of 6 cases' "$program" run tiny.yaml --out stopped --set patients.count=6
[[ $code == 130 || $code == 124 ]] || { echo "FAILED: Ctrl-C ended with $code"; failed=$((failed + 1)); }
if command -v dciodvfy >/dev/null; then
  bad=$(for f in out/images/*/*/IM0001.dcm; do dciodvfy "$f" 2>&1 | grep '^Error' | grep -v '0x0008,0x001c'; done)
  [[ -z $bad ]] || { echo "FAILED: dciodvfy: $bad"; failed=$((failed + 1)); }
else
  echo "skipped: dciodvfy is not installed (package dicom3tools)"
fi

scenario followed 's/spread_mm: 4/spread_mm: 4\n      growth: {kind: exponential, doubling_time_days: 30}/; s/repeat: .*/follow_up: {days: [42, 84]}/; s/^  count: 2/  count: 1/'
expect 0 '' "$program" run followed.yaml --out followed --quiet
expect 0 '^case001,visit3,84,no,.*,PD,iUPD$' cat followed/visits.csv
expect 0 'Visits: the true response' cat followed/report.html
scenario unfollowed 's/repeat: .*/follow_up: {days: [84, 42]}/'
expect 2 'days must grow' "$program" validate unfollowed.yaml

contrast=(--set 'arms.protocol.contrast={dose_mg_per_kg: 500, rate_ml_per_s: 4}' --set 'arms.vary={contrast_delay_s: [0, 70]}'
          --set patients.count=1 --set patients.anatomy=abdomen --set arms.repeat.count=0
          --set 'patients.lesions=[{organ: liver, shape: {kind: sphere, diameter_mm: 14}, enhancement: hypervascular}]')
expect 0 '2 arms' "$program" plan tiny.yaml "${contrast[@]}"
expect 0 'rays traced 2 times' "$program" plan tiny.yaml "${contrast[@]}"
expect 0 'report: ' "$program" run tiny.yaml --out enhanced "${contrast[@]}"
expect 0 '^case001,scan,0,0,liver,0,0,' cat enhanced/contrast.csv
expect 0 '^case001,scan,70,70,liver,2\.[0-9]+,5[0-9]' cat enhanced/contrast.csv
expect 0 'object_70s,truth,statistics.mean' cat enhanced/features.csv
expect 0 'weight_kg,[0-9.]+' cat enhanced/patients.csv
expect 0 'report: ' "$program" run tiny.yaml --out enhanced "${contrast[@]}"
scenario delayed 's/vary: \{/vary: {contrast_delay_s: [35], /'
expect 2 'delayed.yaml:[0-9]+:[0-9]+: .*contrast_delay_s needs contrast medium' "$program" validate delayed.yaml
scenario enhanced 's/margin_mm: 1/margin_mm: 1\n      enhancement: hypervascular/'
expect 2 'enhanced.yaml:[0-9]+:[0-9]+: .*need contrast medium' "$program" validate enhanced.yaml
expect 0 'is valid' "$program" validate "$source/scenarios/06_contrast_timing.yaml"

echo "$passed passed, $failed failed"
(( failed == 0 ))
