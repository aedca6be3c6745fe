#!/usr/bin/env bash
# The program as its users see it: exit codes, messages, a whole small trial, resuming it.
#   run.sh PROGRAM SOURCE_DIRECTORY
set -uo pipefail
program=$(realpath "$1") source=$(realpath "$2")
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/expect.sh"
# scenario NAME SED_EXPRESSION: the tiny scenario, changed.
scenario() { sed -E "$2" "$source/tests/cli/tiny.yaml" >"$1.yaml"; }

expect 0 '^vitrine [0-9]' "$program" --version
expect 0 'vitrine run mine/01' "$program" --help
expect 2 'subcommand is required' "$program"
expect 2 'See .vitrine --help' "$program" frobnicate
expect 0 'lobulated' "$program" list lesion_shape
expect 0 'diameter_mm' "$program" explain lobulated
expect 2 'lobulated' "$program" explain lobulate
expect 0 'json-schema.org' "$program" schema
expect 0 '^. .glcm.contrast. . ACUI . 1 . ' "$program" explain feature --markdown
expect 2 'one name, or --markdown' "$program" explain lobulated --markdown
# A scenario to start from: every shipped one comes with the files that it names, and nothing is overwritten.
expect 0 '^01_lung_nodule_stability +which radiomic features .*\?$' "$program" init --list
for file in "$source"/scenarios/[0-9]*.yaml; do
  name=$(basename "$file" .yaml)
  expect 0 "vitrine run begun/$name.yaml" "$program" init begun/ --example "$name"
  expect 0 '' cmp "begun/$name.yaml" "$file"
  [[ $name == 05_* ]] || expect 0 'is valid' "$program" validate "begun/$name.yaml"
  rm -rf begun
done
expect 0 'begun/scanners/generic_b128.yaml' "$program" init begun -e 3
expect 0 '' cmp begun/schema.json "$source/scenarios/schema.json"
echo mine >begun/03_liver_lesions.yaml
expect 2 'is there already, and nothing is overwritten' "$program" init begun -e liver
expect 0 '^mine$' cat begun/03_liver_lesions.yaml
expect 2 "no example 'liverr'" "$program" init more -e liverr
expect 2 'a directory, or --list' "$program" init
expect 0 '^ok +self test +digest [0-9a-f]{16} at level' "$program" doctor
expect 1 'BAD +disk +.*Read-only|Permission|denied|No such' "$program" doctor /proc
expect 0 '"what": "disk"' "$program" doctor . --json
expect 2 'missing/deeper|there is no|No such' "$program" verify missing/deeper
expect 2 'bash,zsh,fish' "$program" completion tcsh
"$program" completion bash >completion.bash
# completed WORDS...: what bash offers for the last one.
completed() { bash -c 'source completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _vitrine; echo "${COMPREPLY[*]}"' bash "$@"; }
expect 0 '^recon$' completed vitrine rec
expect 0 '^--out --only$|^--out$' completed vitrine run --ou
expect 0 '^tidy wide json$' completed vitrine features --format ''
expect 0 '^mtf nps hu uniformity ssp detect$' completed vitrine qa ''
expect 0 '^lobulated$' completed vitrine explain lobu
for shell in zsh fish; do
  command -v "$shell" >/dev/null || { echo "skipped: there is no $shell to check its completion"; continue; }
  "$program" completion "$shell" >"completion.$shell"
  expect 0 '' "$shell" -n "completion.$shell"
done
if command -v fish >/dev/null; then expect 0 '^wide' fish -c "source completion.fish; complete -C 'vitrine features --format w'"; fi
expect 0 '^\.TH VITRINE 1' "$program" man
if command -v man >/dev/null; then
  "$program" man >vitrine.1
  expect 0 '' bash -c '! man --warnings -E UTF-8 -l vitrine.1 2>&1 >/dev/null | grep .'
fi
expect 0 'is valid' "$program" validate "$source/scenarios/01_lung_nodule_stability.yaml"
expect 0 'is valid' "$program" validate "$source/scenarios/03_liver_lesions.yaml"
expect 0 'is valid' "$program" validate "$source/scenarios/04_treatment_response.yaml"
expect 0 '84 reconstructions' "$program" plan "$source/scenarios/01_lung_nodule_stability.yaml"

cp "$source/tests/cli/tiny.yaml" .
expect 2 'memory .--memory-gb allows 0' "$program" run tiny.yaml --out nowhere --memory-gb 0.01
expect 1 '' test -e nowhere
expect 0 'case002: .*voxels of 4 mm' "$program" phantom tiny.yaml --out maps --spacing 4 --z -40 40
expect 0 '' test -s maps/contact_sheet.png
expect 0 'CTDIvol .* DLP .* SSDE' "$program" dose tiny.yaml --case case001 --ctdi-error 5 --error 50 --spacing 8 --csv dose.csv
expect 0 'case001,coarse_80mAs_120kV,lung.*,dose,mGy' cat dose.csv
expect 2 'Allow about' "$program" dose tiny.yaml --case case001 --ctdi-error 0.05 --histories 1e5
expect 0 'kind: roll_off, width_per_mm: 0.45' "$program" fit-kernel "$source/scenarios/scanners/generic_a64.yaml" --mtf50 3.4 --mtf10 6.2 --csv kernel.csv
expect 0 'frequency_per_mm,gain,mtf,nps' cat kernel.csv
expect 2 'nothing to fit to' "$program" fit-kernel "$source/scenarios/scanners/generic_a64.yaml"
expect 2 'cannot be had' "$program" fit-kernel "$source/scenarios/scanners/generic_a64.yaml" --mtf50 12 --mtf10 15
# CTDIw of the shipped scanners at 120 kV lies within the spread that docs/methods/dose.md gives (mGy/mAs).
expect 0 '' "$program" dose "$source/scenarios/01_lung_nodule_stability.yaml" --case case001 --indices-only --csv ctdi.csv
expect 0 'ok 4' awk -F, '$4=="ctdi_w_32cm" && $6>0.056 && $6<0.100 || $4=="ctdi_w_16cm" && $6>0.123 && $6<0.211 {n++} END {print "ok", n}' ctdi.csv
expect 2 'there is no case' "$program" dose tiny.yaml --case case9
expect 0 'lung_right' cat maps/organs.csv
expect 0 '^lung_right,voxel_volume,cm3,[0-9.]+' cat maps/case001/truth.csv
expect 0 '' gzip -t maps/case002/density.nii.gz maps/case002/organs.nii.gz maps/case002/materials.nii.gz
expect 2 'not empty' "$program" phantom tiny.yaml --out maps
expect 2 'case001 to case002' "$program" phantom tiny.yaml --out more --case case009
expect 2 'empty \(the first must be the lower' "$program" phantom tiny.yaml --out more --z 10 -10 --preview
# Rays that a trial keeps are another's, with the same bytes; a damaged file is thrown away.
one=(--quiet --set patients.count=1 --set 'arms.vary={tube_load_mas: [80]}' --set arms.repeat.count=0)
expect 0 '' "$program" run tiny.yaml --out uncached "${one[@]}"
expect 0 '' "$program" run tiny.yaml --out cached "${one[@]}" --cache-limit 100MB
expect 0 '' cmp uncached/SHA256SUMS cached/SHA256SUMS
expect 0 'as they were written' "$program" verify cached
expect 1 '' grep -q cache cached/SHA256SUMS
expect 0 '"trace":."wanted":2,"made":1,"shared":1,"loaded":0' cat cached/run.jsonl
other=("${one[@]}" --set 'arms.vary={tube_load_mas: [20], kernel: [sharp]}' --set 'arms.repeat={kind: noise, count: 2}')
expect 0 '' "$program" run tiny.yaml --out other "${other[@]}"
expect 0 '' "$program" run tiny.yaml --out other_cached "${other[@]}" --cache cached/.cache
expect 0 '"trace":."wanted":4,"made":0,"shared":3,"loaded":1' cat other_cached/run.jsonl
expect 0 '' cmp other/SHA256SUMS other_cached/SHA256SUMS
kept=$(ls -S cached/.cache/*.block | head -n 1) # of the rays
printf 'x' | dd of="$kept" bs=1 seek=5000000 conv=notrunc status=none
expect 0 'thrown away; what it held is made again' "$program" run tiny.yaml --out mended "${other[@]}" --cache cached/.cache
expect 0 '' cmp other/SHA256SUMS mended/SHA256SUMS
expect 0 '"made":0,"shared":3,"loaded":1' bash -c "'$program' run tiny.yaml --out again_cached ${other[*]@Q} --cache cached/.cache && cat again_cached/run.jsonl"
expect 0 '9.0 MB of rays.* are not kept' "$program" run tiny.yaml --out too_large "${one[@]}" --cache-limit 1MB
expect 2 'is no size' "$program" run tiny.yaml --out none --cache-limit lots
scenario noise 's/^  repeat: .*/  repeat: {kind: noize, count: 2}/'
expect 2 'noise.yaml:[0-9]+:.*(reposition|noise)' "$program" validate noise.yaml
# What phantom wrote becomes a patient again.
imported() { scenario "$1" "s/anatomy: .*/anatomy: {kind: label_map, file: maps\/case001\/organs.nii.gz, labels: maps\/case001\/labels.yaml, position: as_stored}/; s/^  count: 2/  count: 1/; ${2:-}"; }
imported again
expect 0 'is valid' "$program" validate again.yaml
expect 0 'case001: .*0 terms' "$program" phantom again.yaml --out again --spacing 4 --set 'patients.lesions=[]'
for organ in lung_right heart skin ribs; do
  expect 0 "$(grep "^$organ,voxel_volume" maps/case001/truth.csv)" cat again/case001/truth.csv
done
expect 0 'report: ' "$program" run again.yaml --out imported
expect 0 'maps/case001/organs.nii.gz' grep -A 4 '"inputs"' imported/manifest.json
expect 0 'imported_mass_kg' cat imported/patients.csv
before=$("$program" validate again.yaml | grep fingerprint)
"$program" phantom tiny.yaml --out changed --case case001 --spacing 4 --z -40 36 >/dev/null
imported later 's/maps.case001.organs/changed\/case001\/organs/; s/as_stored/as_stored, absent_labels: allow/'
"$program" validate later.yaml | grep -qF "$before" && { echo "FAILED: the fingerprint misses a changed file"; failed=$((failed + 1)); }
imported nofile 's/organs.nii.gz/organz.nii.gz/'
expect 2 "nofile.yaml:6:[0-9]+ .patients.anatomy.file.: there is no file" "$program" validate nofile.yaml
imported notable 's/labels.yaml/lebels.yaml/'
expect 2 'notable.yaml:6:[0-9]+ .patients.anatomy.labels.' "$program" validate notable.yaml
head -n 4 maps/case001/labels.yaml >maps/case001/short.yaml
imported short 's/labels.yaml/short.yaml/'
expect 2 'label [0-9]+ \([0-9]+ voxels, [0-9.]+ cm3\)' "$program" validate short.yaml
sed '2s/density_g_per_cm3: /density_g_per_cm3: -/' maps/case001/labels.yaml >maps/case001/negative.yaml
imported negative 's/labels.yaml/negative.yaml/'
expect 2 'negative.yaml:2:[0-9]+ .*density_g_per_cm3.*out of range: 0 to 25' "$program" validate negative.yaml
head -c 5000 maps/case001/organs.nii.gz >maps/case001/cut.nii.gz
imported cut 's/organs.nii.gz/cut.nii.gz/'
expect 2 'cut.yaml:6:.*cut short' "$program" validate cut.yaml
imported strata 's/^  lesions:/  strata: [{name: women, share: 1, anatomy: {sex: female}}]\n  lesions:/'
expect 2 'go with an anatomy that is drawn' "$program" validate strata.yaml
imported hu 's/label_map.*/hu_volume, file: maps\/case001\/density.nii.gz}/; s/^  lesions:/  lesions: []\n  unused:/'
expect 2 "unknown key 'unused'" "$program" validate hu.yaml
python3 - <<'EOF'
import json, struct
names = ['ncat_water', 'ncat_dry_rib']
json.dump({'n_materials': 2, 'mat_name': names,
           'volumefractionmap_filename': ['p.water', 'p.rib'], 'volumefractionmap_datatype': ['float'] * 2,
           'cols': [60] * 2, 'rows': [50] * 2, 'slices': [20] * 2, 'x_size': [4] * 2, 'y_size': [4] * 2,
           'z_size': [4] * 2, 'x_offset': [30.5] * 2, 'y_offset': [25.5] * 2, 'z_offset': [10.5] * 2}, open('p.json', 'w'))
rib = [1.0 if 20 <= v % 60 < 30 else 0.25 for v in range(60000)]
open('p.rib', 'wb').write(struct.pack('<60000f', *rib))
open('p.water', 'wb').write(struct.pack('<60000f', *[1.0 - r for r in rib]))
EOF
bare=(--set patients.count=1 --set 'patients.lesions=[]')
expect 0 'is valid' "$program" validate tiny.yaml "${bare[@]}" --set 'patients.anatomy={kind: material_fractions, file: p.json}'
expect 0 'case001: 60 x 50 x 20 voxels' "$program" phantom tiny.yaml --out xcist --spacing 4 "${bare[@]}" --set 'patients.anatomy={kind: material_fractions, file: p.json}'
expect 0 '^ncat_dry_rib,voxel_mass,g,1228' cat xcist/case001/truth.csv
head -c 1000 p.rib >p.short && sed 's/p.rib/p.short/' p.json >p2.json
expect 2 'p.short.* has 1000 bytes.*240000' "$program" validate tiny.yaml "${bare[@]}" --set 'patients.anatomy={kind: material_fractions, file: p2.json}'
expect 2 'only a file in its own directory' "$program" validate tiny.yaml "${bare[@]}" --set "patients.anatomy={kind: material_fractions, file: $(sed 's/p.rib/..\/p.rib/' p.json >p3.json; echo p3.json)}"
cp -r "$source/scenarios" shipped
scene='patients.anatomy={kind: analytic_scene, objects: scenes/water_with_inserts.yaml}'
expect 0 'is valid' "$program" validate shipped/02_qa_phantom.yaml --set "$scene"
expect 0 'organs, 0 lesions' "$program" phantom shipped/02_qa_phantom.yaml --out scene --spacing 4 --set "$scene"
expect 2 'phantom scenarios/01|there is no file' "$program" validate shipped/05_imported_patient.yaml
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
# Strata and sites: every mistake at its line and column.
strata() { scenario "$1" "s/^  count: 2/  strata: [$2]${3:-}/"; }
strata named '{name: small, count: 2}, {name: large, count: 1}'
expect 0 'large: 1 patient' "$program" plan named.yaml
strata shares '{name: a, share: 0.5}, {name: b, share: 0.4}' '\n  count: 4'
expect 2 'shares.yaml:5:11 .*make 0.9 .they must make 1' "$program" validate shares.yaml
strata same '{name: a, count: 1}, {name: a, count: 1}'
expect 2 "same.yaml:5:40 .*two strata are called 'a'" "$program" validate same.yaml
strata counted '{name: a, count: 1}' '\n  count: 4'
expect 2 "counted.yaml:6:10 .*'count' is given twice: 4" "$program" validate counted.yaml
strata nobody '{name: a, share: 0.99}, {name: b, share: 0.01}' '\n  count: 4'
expect 2 "nobody.yaml:5:53 .*stratum 'b' has no patient" "$program" validate nobody.yaml
strata zero '{name: a, count: 0}'
expect 2 'zero.yaml:5:29 .*out of range' "$program" validate zero.yaml
sites() { scenario "$1" "s/^  repeat:/  sites: [$2]\n  repeat:/"; }
sites four '{count: 4, deviations: {calibration_hu: {normal: {mean: 0, sd: 2}}}}'
expect 0 'coarse_site4: calibration_hu [-+]' "$program" plan four.yaml
expect 0 '"site": "coarse_site4"' "$program" plan four.yaml --json
sites nowhere '{count: 4, scanner: course}'
expect 2 "nowhere.yaml:2[0-9]:31 .*there is no scanner 'course'.*Did you mean 'coarse'" "$program" validate nowhere.yaml
sites spot '{count: 1, deviations: {focal_spot_percent: 200, electronic_noise_percent: 900}}'
expect 2 'spot.yaml:2[0-9]:.*electronic_noise_percent.*out of range' "$program" validate spot.yaml
sites blunt '{count: 1, deviations: {focal_spot_percent: 150}}'
sed -i 's/^      rows: 16/      rows: 16\n      focal_spot_width_mm: 2/' blunt.yaml
expect 2 'blunt.yaml:2[0-9]:[0-9]+ .*coarse_site1 cannot be: .*focal_spot_width_mm' "$program" validate blunt.yaml
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
expect 1 '' bash -c 'head -n 1 asked/stability.csv | grep -q -e wsd -e occc -e rdc -e friedman -e linearity -e cluster'
expect 0 'report: ' "$program" run tiny.yaml --out compared --set patients.count=1 --set 'analyse=[occc, reproducibility, bland_altman, friedman, linearity, feature_clusters, random_arms]'
expect 0 'occc.*rdc.*qcd.*friedman_p_bh.*linearity_r2.*cluster_speaker' head -n 1 compared/stability.csv
expect 0 'against.*lower_limit.*slope' head -n 1 compared/bland_altman.csv
expect 0 '1 lesion.s. measured in every arm: at least 2 needed' cat compared/stability.csv
phantom=(--set patients.count=1 --set 'patients.lesions=[]' --set patients.anatomy=acr464)
expect 0 'is valid' "$program" validate tiny.yaml "${phantom[@]}"
expect 0 '4 arms' "$program" plan tiny.yaml "${phantom[@]}"
expect 0 'report: ' "$program" run tiny.yaml --out phantom "${phantom[@]}"
expect 0 'have no lesions' cat phantom/report.html
expect 0 'insert_bone_density_g_per_cm3,1.54' cat phantom/patients.csv
expect 0 'OK' bash -c 'cd phantom && sha256sum -c SHA256SUMS'
expect 0 'is valid' "$program" validate "$source/scenarios/02_qa_phantom.yaml"
# Image quality in a trial is what qa says of its images (of whole HU).
expect 2 'tiny.yaml:.*image_quality needs a test phantom' "$program" validate tiny.yaml --set 'analyse=[image_quality]'
expect 0 'report: ' "$program" run tiny.yaml --out quality "${phantom[@]}" --set 'analyse=[image_quality]' --set arms.protocol.field_of_view_mm=230 --set arms.protocol.slices=4
expect 0 'id="quality"' cat quality/report.html
expect 0 'Modulation transfer function' cat quality/report.html
expect 0 '^case001,coarse_sharp_20mAs,nps,uniform,0.0' cat quality/image_quality_curves.csv
IFS=, read -r _ _ _ _ _ mtf50 _ low high _ < <(grep '^case001,coarse_soft_80mAs,mtf,bone,mtf50,' quality/image_quality.csv)
expect 0 '^MTF from the edge' "$program" qa mtf quality/images/case001/coarse_soft_80mAs.nii.gz --of disc --at 44.548 -44.548 --radius 12.5 --z="$low:$high" --json edge.json
expect 0 'the same' python3 -c "import json; seen = json.load(open('edge.json'))['numbers']['MTF50']['value']; print('the same' if abs(seen / ${mtf50:-0} - 1) < 2e-3 else seen)"
expect 2 'holds another trial' "$program" run tiny.yaml --out out --set trial.seed=8
cp out/SHA256SUMS before
expect 0 '[0-9]+ files are as they were written' "$program" verify out
expect 0 'cases +2 of 2 finished' "$program" status out
expect 0 '"state": "ended"' "$program" status out --json
expect 2 'holds no trial' "$program" status occupied
cp -r out spoilt
printf x | dd of=spoilt/features.csv bs=1 seek=100 conv=notrunc 2>/dev/null
rm spoilt/images/case001/coarse_soft_80mAs.nii.gz
sed -i '/lesions.csv/d' spoilt/SHA256SUMS
touch spoilt/mine.txt
expect 1 "'features.csv' has changed since it was written" "$program" verify spoilt
expect 1 'coarse_soft_80mAs.nii.gz. is missing' "$program" verify spoilt
expect 1 "'lesions.csv' is in manifest.json but not in SHA256SUMS" "$program" verify spoilt
expect 1 "note: 'mine.txt' is not of this trial" "$program" verify spoilt
expect 1 '"passed": false' "$program" verify spoilt --json
rm spoilt/SHA256SUMS
expect 0 'state +interrupted' "$program" status spoilt
expect 1 "case 'case001' lacks files that it wrote" "$program" verify spoilt
sed -i '1s|  |  ../|' out/SHA256SUMS
expect 2 'not below the directory' "$program" verify out
sed -i '1s|  ../|  |' out/SHA256SUMS
rm out/.state/case002.json
expect 0 'report: ' "$program" run tiny.yaml --out out
expect 0 '' cmp before out/SHA256SUMS
expect 0 'statistics.mean' "$program" features out/images/case001/coarse_soft_80mAs.nii.gz out/masks/case001/lesion01.nii.gz
expect 0 'glcm.contrast' "$program" features out/images/case001/coarse_soft_80mAs out/masks/case001/lesion01.nii.gz --json
expect 4 'nothing.nii' "$program" features nothing.nii out/masks/case001/lesion01.nii.gz
ct=out/images/case001/coarse_soft_80mAs.nii.gz lesion=out/masks/case001/lesion01.nii.gz
expect 0 'ivh.volume_at_intensity_10:BC2M.*glcm.contrast:ACUI:ITBB.*,error' "$program" features $ct $lesion --format wide
expect 0 'diagnostics.resegmented_roi.intensity_voxels,,1,[0-9]+,' "$program" features $ct $lesion --diagnostics --families local_intensity
expect 0 'diagnostics.smallest_ellipsoid.duality_gap,,1,-?[0-9.]+(e-1[0-9])?,' "$program" features $ct $lesion --diagnostics --families morphology
expect 2 'no feature family. Did you mean .histogram' "$program" features $ct $lesion --families histograms
expect 2 'no whole number above 0' "$program" features $ct $lesion --label tumour
expect 2 'no voxel with label 7 .labels there: 1' "$program" features $ct $lesion --label 7
expect 2 'IMAGE and MASK, or --batch' "$program" features $ct
expect 2 'IMAGE and MASK, or --batch' "$program" features $ct $lesion --batch pairs.csv
printf 'filters:\n  - original\n  - {kind: log, sigma_mm: 1.5}\n' >filters.yaml
expect 0 ',statistics.mean,Q4LE,HU,[-0-9.e]+,,,,,original$' "$program" features $ct $lesion --settings filters.yaml --families statistics,morphology
expect 0 ',statistics.mean,Q4LE,HU,[-0-9.e]+,,,,,log_sigma_mm_1.5$' "$program" features $ct $lesion --settings filters.yaml --families statistics
expect 0 ',glcm.contrast:ACUI:ITBB,.*,log_sigma_mm_1.5:glcm.contrast:ACUI:ITBB,' "$program" features $ct $lesion --settings filters.yaml --families glcm --format wide
printf 'filters:\n  - {kind: log, sigma_mm: 0}\n  - {kind: lows, kernels: L5E5}\n' >filters.yaml
expect 2 "filters.yaml:2:27 .filters.0..sigma_mm.: 'sigma_mm' is 0 .out of range" "$program" features $ct $lesion --settings filters.yaml
expect 2 "unknown image_filter 'lows'. Did you mean 'laws'" "$program" features $ct $lesion --settings filters.yaml
expect 2 'settings.filters must be left out' "$program" validate tiny.yaml --set 'measure.settings.filters=[original]'
printf 'site,image,mask,label\nA,%s,%s,1\nB,%s,nowhere.nii.gz,\nC,%s,%s,\n' $ct $lesion $ct $ct $lesion >pairs.csv
expect 3 '1 of 3 pairs failed' "$program" features --batch pairs.csv --families statistics -o pairs_out.csv
expect 0 '^A,.*statistics.mean' cat pairs_out.csv
expect 0 '^B,.*nowhere.nii.gz,,,,,,.*nowhere' cat pairs_out.csv
expect 0 '^C,.*statistics.mean' cat pairs_out.csv
printf 'image,mask,value\na,b,1\n' >pairs.csv
expect 2 "a column 'value'" "$program" features --batch pairs.csv
# PyRadiomics' command line, names and parameter files.
cat >params.yaml <<'YAML'
imageType:
  Original: {}
  LoG: {sigma: [2, 3.0], binWidth: 10}
featureClass:
  shape:
  glcm: ['Idm', 'Homogeneity1']
setting:
  binWidth: 25
  normalize: False
  weightingNorm: null
YAML
expect 0 '^Case-1_original_firstorder_10Percentile: ' "$program" pyradiomics $ct $lesion
expect 0 'note: glcm Homogeneity1 is not computed .PyRadiomics removed it: it equals Id' "$program" pyradiomics $ct $lesion -p params.yaml
expect 0 'original_glcm_Idm,log-sigma-2-mm-3D_glcm_Idm,log-sigma-3-0-mm-3D_glcm_Idm$' "$program" pyradiomics $ct $lesion -p params.yaml -f csv
expect 0 '^Image,Mask,diagnostics_.*,original_shape_Elongation,.*original_shape_VoxelVolume,original_glcm_Idm' "$program" pyradiomics $ct $lesion -p params.yaml -f csv
echo 'imageType: {Wavelet: {}}' >wavelet.yaml
expect 0 '"wavelet-HHH_ngtdm_Strength": ' "$program" pyradiomics $ct $lesion -f json -p wavelet.yaml
expect 2 "params.yaml:8:3 .*unknown key 'binwidth'. Did you mean 'binWidth'" bash -c "sed s/binWidth:.25/binwidth:\\ 25/ params.yaml >x; mv x params.yaml; '$program' pyradiomics $ct $lesion -p params.yaml"
expect 2 'mode voxel is not available' "$program" pyradiomics $ct $lesion -m voxel
expect 0 'resampledPixelSpacing.: .2, 2, 2' "$program" pyradiomics $ct $lesion -s resampledPixelSpacing:2,2,2 -s interpolator:sitkLinear
expect 0 'note: .*: 77 features have no value .too_many_levels' "$program" pyradiomics $ct $lesion -s binWidth:0.0001
printf 'ID,Image,Mask,Label\nA,%s,%s,1\nB,%s,nowhere.nii.gz,1\n' $ct $lesion $ct >pairs.csv
expect 3 '1 of 2 cases failed' "$program" pyradiomics pairs.csv -f csv -o pairs_out.csv -s additionalInfo:false
expect 0 '^ID,Image,Mask,Label,original_shape_Elongation' cat pairs_out.csv
expect 0 '^A,/.*,1,0\.' cat pairs_out.csv
expect 0 '^B,/.*nowhere.nii.gz,1,,,' cat pairs_out.csv
# Perturbed masks: the unperturbed rows as without, and more; a misspelt key and a fraction beyond a voxel.
printf 'perturbations:\n  - {id: grown, volume_percent: 10}\n  - {id: turned, rotation_deg: 7}\n  - {id: redrawn, contour_sd_mm: 1}\n' >perturb.yaml
expect 0 '' "$program" features $ct $lesion --families statistics -o plain.csv
expect 0 '' "$program" features $ct $lesion --families statistics --perturb perturb.yaml -o perturbed.csv
expect 0 '' bash -c "cmp <(sed 1d plain.csv) <(grep ',none$' perturbed.csv | grep -v ',mask\.' | sed 's/,none$//')"
expect 0 'mask.volume_change,,1,0\.(09|10)[0-9]*,,,,,,grown$' cat perturbed.csv
expect 0 'statistics.mean,Q4LE,HU,.*,redrawn$' cat perturbed.csv
expect 0 '^image,mask,label,perturbation,mask.voxels' "$program" features $ct $lesion --families statistics --perturb perturb.yaml --format wide
printf 'perturbations:\n  - {id: a, rotation: 7}\n  - {id: b, translation: [0, 2, 0]}\n  - {id: c, volume_percent: -100}\n' >perturb.yaml
expect 2 "perturb.yaml:2:13.*Did you mean 'rotation_deg'" "$program" features $ct $lesion --perturb perturb.yaml
expect 2 "perturb.yaml:3:.*'translation' is 2 .out of range: -1 to 1" "$program" features $ct $lesion --perturb perturb.yaml
expect 2 "perturb.yaml:4:.*'volume_percent' is -100 .out of range: -99 to 400" "$program" features $ct $lesion --perturb perturb.yaml
printf 'perturbations: [{id: a, noise_hu: 7}, {id: a, noise_hu: 8}]\n' >perturb.yaml
expect 2 "two perturbations are called 'a'" "$program" features $ct $lesion --perturb perturb.yaml
expect 2 "Did you mean 'morphology.sphericity'" "$program" validate tiny.yaml --set 'measure.features=[morphology.spherecity]'
expect 4 'reference/ibsi1_digital_phantom.csv' "$program" conformance ibsi1 --data nowhere
expect 2 'subcommand is required' "$program" conformance
# IBSI 2: the CT image as phantom and as the map that its mean is not; a filter that does not exist; a value that is met.
expect 4 'reference/ibsi2_phase1_tests.csv' "$program" conformance ibsi2 --data nowhere
mkdir -p ibsi/reference ibsi/ibsi2/phantoms/checkerboard ibsi/ibsi2/response_maps
cp $ct ibsi/ibsi2/phantoms/checkerboard/image.nii.gz
cp $ct ibsi/ibsi2/response_maps/own.nii.gz
printf 'test_id,filter,phantom,reference_map,standardised\n%s\n%s\n%s\n' 1.a.1,mean,checkerboard,own.nii,yes 99.x,new,checkerboard,own.nii,yes 9.a,Riesz,,,no >ibsi/reference/ibsi2_phase1_tests.csv
printf 'range_hu: [-1000, 400]\n' >range.yaml
maximum=$("$program" features $ct $lesion --settings range.yaml --families statistics.maximum | tail -n 1 | cut -d, -f6)
printf 'filter_id,feature,ibsi_code,reference_value,tolerance\n1.A,Maximum,84IY,%s,0\n1.A,Mean,Q4LE,5000,1\n8.B,Mean,Q4LE,,\n' "$maximum" >ibsi/reference/ibsi2_phase2_features.csv
filtered=(conformance ibsi2 --data ibsi --image $ct --mask $lesion --json filtered.json)
expect 1 'IBSI 2: 0 of 2 response maps agree within 1 % .0 within 0.1 %. and 1 of 2 values: does not conform' "$program" "${filtered[@]}"
expect 1 'not built: 99.x' "$program" "${filtered[@]}"
expect 1 'value 1.A: Mean is .*, the reference 5000 .- 1' "$program" "${filtered[@]}"
expect 0 '"total": 2' cat filtered.json
sed -i 's/,checkerboard,own/,..,own/' ibsi/reference/ibsi2_phase1_tests.csv
expect 2 "line 2: '..' is no name of a phantom or map" "$program" "${filtered[@]}"
# A benchmark of one digital value and one diagnostic for each configuration; then with one that is missed.
mkdir -p ibsi/reference
reference=family,feature,ibsi_code,aggregation_code,reference_value,tolerance
for c in A B C D E; do
  printf '%s\nDiagnostics: initial ROI,Int. mask dimension z,,,%s,0\n' $reference 12 >ibsi/reference/ibsi1_ct_config$c.csv
done
printf '%s\nGLCM,Joint maximum,GYBY,ITBB,0.503,0\nMorphology,Compactness 1,SKGS,DHQ4,,\n' $reference >ibsi/reference/ibsi1_digital_phantom.csv
benchmark=(conformance ibsi1 --data ibsi --image $ct --mask $lesion --json verdict.json)
expect 0 'IBSI 1: 1 of 1 values and 5 of 5 diagnostics agree: conforms' "$program" "${benchmark[@]}"
expect 0 '"passed": 1,' cat verdict.json
sed -i 's/0.503/0.504/' ibsi/reference/ibsi1_digital_phantom.csv
printf 'Other,New thing,ZZZZ,DHQ4,1,0\n' >>ibsi/reference/ibsi1_digital_phantom.csv
expect 1 'IBSI 1: 0 of 2 values and 5 of 5 diagnostics agree: does not conform' "$program" "${benchmark[@]}"
expect 1 'digital_phantom: Joint maximum is 0.502[0-9]*, the reference 0.504' "$program" "${benchmark[@]}"
expect 1 'not built: Other .1 values' "$program" "${benchmark[@]}"
expect 0 '"verdict": "not built"' cat verdict.json
printf 'GLCM,Joint maximum,GYBY,ITBB,many,-1\nGLCM,x,GY,ITBB,1,0\n' >>ibsi/reference/ibsi1_digital_phantom.csv
expect 2 "line 5: reference_value is 'many'" "$program" "${benchmark[@]}"
expect 2 'line 6: ibsi_code is .GY. .four capital' "$program" "${benchmark[@]}"
expect 2 'Give --scanner FILE, or a measure with an image' "$program" qa
expect 4 'nothing.nii' "$program" qa mtf nothing.nii
expect 0 'integral of NPS' "$program" qa nps out/images/case001/coarse_soft_80mAs.nii.gz --centre 0 0 --radius 60 --roi 16 --figure nps.svg --json nps.json
expect 0 'frequency_per_mm' cat nps.json
expect 0 '</svg>' cat nps.svg
expect 0 'integral of NPS' "$program" qa nps out/images/case001/coarse_soft_80mAs --centre 0 0 --radius 60 --roi 16
expect 2 'no slices 90 to 90' "$program" qa nps out/images/case001/coarse_soft_80mAs.nii.gz --slices 90
expect 2 'does not fall to half|no wire or bead found|sums to' "$program" qa ssp out/images/case001/coarse_soft_80mAs.nii.gz --at 0 60
expect 2 'phantom .acr.*acr464' "$program" qa hu out/images/case001/coarse_soft_80mAs.nii.gz --phantom acr
expect 2 'has no curve to draw' "$program" qa uniformity out/images/case001/coarse_soft_80mAs.nii.gz --centre 0 0 --phantom-radius 120 --figure nps.svg
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
expect 0 '^case001,scan,70,70,liver,[12]\.[0-9]+,[3-6][0-9]\.' cat enhanced/contrast.csv
if command -v dciodvfy >/dev/null; then
  bad=$(for f in enhanced/images/*/*/IM0001.dcm; do dciodvfy "$f" 2>&1 | grep '^Error' | grep -v '0x0008,0x001c'; done)
  [[ -z $bad ]] || { echo "FAILED: dciodvfy: $bad"; failed=$((failed + 1)); }
fi
expect 0 'object_70s,truth,statistics.mean' cat enhanced/features.csv
expect 0 'weight_kg,[0-9.]+' cat enhanced/patients.csv
expect 0 'id="contrast"' cat enhanced/report.html
expect 0 'report: ' "$program" run tiny.yaml --out enhanced "${contrast[@]}"
scenario delayed 's/vary: \{/vary: {contrast_delay_s: [35], /'
expect 2 'delayed.yaml:[0-9]+:[0-9]+ .*contrast_delay_s needs contrast medium' "$program" validate delayed.yaml
scenario enhanced 's/margin_mm: 1/margin_mm: 1\n      enhancement: hypervascular/'
expect 2 'enhanced.yaml:[0-9]+:[0-9]+.* need contrast medium' "$program" validate enhanced.yaml
expect 0 'is valid' "$program" validate "$source/scenarios/06_contrast_timing.yaml"

# Raw data, and the same images from them.
raw=(--set patients.count=1 --set arms.repeat.count=0 --set 'arms.vary={tube_load_mas: [80, 20]}')
for kind in signal line_integrals; do
  expect 0 'report: ' "$program" run tiny.yaml --out "raw_$kind" --set "outputs.raw=$kind" "${raw[@]}"
  for load in 80 20; do
    file=raw_$kind/raw/case001/coarse_${load}mAs.h5
    expect 0 "coarse_soft_${load}mAs.nii.gz" "$program" recon "$file" --out "again_$kind"
    expect 0 '' cmp "again_$kind/coarse_soft_${load}mAs.nii.gz" "raw_$kind/images/case001/coarse_soft_${load}mAs.nii.gz"
  done
  expect 0 '' bash -c "cd raw_$kind && sha256sum -c SHA256SUMS --quiet"
done
expect 0 'report: ' "$program" run tiny.yaml --out raw_helical --set outputs.raw=signal "${raw[@]}" --set arms.protocol.mode=helical --set arms.protocol.pitch=0.9
expect 0 'coarse_soft_80mAs.nii.gz' "$program" recon raw_helical/raw/case001/coarse_80mAs.h5 --out again_helical
expect 0 '' cmp again_helical/coarse_soft_80mAs.nii.gz raw_helical/images/case001/coarse_soft_80mAs.nii.gz
# Rays of a short scan, corrected, for the iterative algorithm.
corrected=(--set outputs.raw=signal "${raw[@]}" --set 'arms.vary={tube_load_mas: [80]}' --set arms.protocol.scan_arc_deg=260 --set arms.protocol.matrix=48
           --set 'arms.protocol.corrections={metal: {}, bone: {}}' --set 'arms.protocol.algorithm={kind: iterative, iterations: 1}')
expect 0 'report: ' "$program" run tiny.yaml --out raw_fit "${corrected[@]}"
expect 0 'coarse_soft_80mAs.nii.gz' "$program" recon raw_fit/raw/case001/coarse_80mAs.h5 --out again_fit
expect 0 '' cmp again_fit/coarse_soft_80mAs.nii.gz raw_fit/images/case001/coarse_soft_80mAs.nii.gz
# A tilted helix whose focal spot flies both ways, with a heel effect: rows have water corrections of their own.
scenario flying 's/anode_angle_deg: 7/anode_angle_deg: 7\n      heel_effect: true\n      flying_focal_spot: {in_plane_mm: 2.785, z_mm: 2.917}/'
flying=(--set outputs.raw=signal "${raw[@]}" --set arms.protocol.mode=helical --set arms.protocol.pitch=0.9 --set arms.protocol.gantry_tilt_deg=10 --set arms.protocol.flying_focal_spot=both)
expect 0 'rays move by 0.5 columns and 0.5 rows' "$program" plan flying.yaml "${flying[@]}"
expect 0 'report: ' "$program" run flying.yaml --out raw_flying "${flying[@]}"
expect 0 'coarse_soft_80mAs.nii.gz' "$program" recon raw_flying/raw/case001/coarse_80mAs.h5 --out again_flying
expect 0 '' cmp again_flying/coarse_soft_80mAs.nii.gz raw_flying/images/case001/coarse_soft_80mAs.nii.gz
scenario flying 's/anode_angle_deg: 7/anode_angle_deg: 7\n      flying_focal_spot: {in_plane_mm: 0.5}/'
expect 2 'Half a column takes 2.785 mm' "$program" validate flying.yaml --set arms.protocol.flying_focal_spot=in_plane
# Coronal slices, and the same from raw data.
coronal=(--set outputs.raw=signal "${raw[@]}" --set arms.protocol.orientation=coronal --set arms.protocol.field_of_view_mm=60 --set arms.protocol.matrix=48 --set 'outputs.images=[nifti,dicom]')
expect 0 'report: ' "$program" run tiny.yaml --out raw_coronal "${coronal[@]}"
expect 0 'coarse_soft_80mAs.nii.gz' "$program" recon raw_coronal/raw/case001/coarse_80mAs.h5 --out again_coronal
expect 0 '' cmp again_coronal/coarse_soft_80mAs.nii.gz raw_coronal/images/case001/coarse_soft_80mAs.nii.gz
expect 2 'image_quality needs .* axial slices' "$program" validate "$source/scenarios/02_qa_phantom.yaml" --set arms.protocol.orientation=coronal
# Five doses: signal and quanta are kept, not streamed; the images and raw data are the same.
expect 0 'report: ' "$program" run tiny.yaml --out held --set outputs.raw=signal "${raw[@]}" --set 'arms.vary={tube_load_mas: [80, 20, 40, 60, 10]}'
for load in 80 20; do
  expect 0 '' cmp "held/images/case001/coarse_soft_${load}mAs.nii.gz" "raw_signal/images/case001/coarse_soft_${load}mAs.nii.gz"
  expect 0 '' "$program" recon held/raw/case001/coarse_${load}mAs.h5 --out "again_held_$load"
  expect 0 '' cmp "again_held_$load/coarse_soft_${load}mAs.nii.gz" "raw_signal/images/case001/coarse_soft_${load}mAs.nii.gz"
done
file=raw_signal/raw/case001/coarse_80mAs.h5
expect 0 '' cmp again_signal/coarse_soft_80mAs.nii.gz again_line_integrals/coarse_soft_80mAs.nii.gz
expect 0 'signals of 320 views x 220 columns x 16 rows' "$program" recon "$file" --info
expect 0 'coarse_80mAs_sharp_5mm' "$program" recon "$file" --out zoom --kernel sharp --thickness 5 --increment 1 --fov 100 --matrix 96 --format nifti,dicom
expect 0 '' test -s zoom/coarse_80mAs_sharp_5mm/IM0030.dcm
expect 0 'coarse_80mAs_soft_2.5mm_coronal' "$program" recon "$file" --out coronal --orientation coronal --fov 30 --matrix 32 --slices 8
expect 0 'coarse_80mAs_soft_2.5mm_oblique_coronal' "$program" recon "$file" --out coronal --orientation '{kind: coronal, about_rows_deg: 20}' --fov 20 --matrix 16 --slices 4
expect 2 'the scan saw the axis from .* a smaller --fov' "$program" recon "$file" --out far --orientation sagittal
expect 2 "unknown orientation 'corronal'.*Did you mean 'coronal'" "$program" recon "$file" --out far --orientation corronal
expect 2 'is there already' "$program" recon "$file" --out again_signal
expect 2 'the scan saw the axis from' "$program" recon "$file" --out far --centre 0 0 300
expect 2 "unknown kernel 'sharpp'.*Did you mean 'sharp'" "$program" recon "$file" --out far --kernel sharpp
expect 4 'missing.h5' "$program" recon missing.h5 --out far
expect 2 'no HDF5 file' "$program" recon raw_signal/SHA256SUMS --out far
expect 2 "tiny.yaml:2:1 .*unknown key 'vitrine'" "$program" recon tiny.yaml --out far
expect 2 'no raw data of ours' "$program" recon raw_signal/results.h5 --out far
head -c 100000 "$file" >cut.h5
expect 2 'cut short or damaged' "$program" recon cut.h5 --out far
cp "$file" flipped.h5 && printf '\125\252\125' | dd of=flipped.h5 bs=1 seek=$(( $(stat -c %s "$file") / 2 )) conv=notrunc 2>/dev/null
expect 2 'view [0-9]+ is not what was written|/data/values is damaged' "$program" recon flipped.h5 --out far
# Counts of a photon-counting scanner: the same images of bins and of basis materials, kept or streamed, with pile-up and a current that varies.
scenario counts 's/anode_angle_deg: 7/anode_angle_deg: 7\n      detector: {kind: photon_counting, sensor: {thickness_mm: 1.6, thresholds_kev: [25, 50, 75], columns: 16, rows: 16, pile_up: {dead_time_ns: 15}}}/; s/features:.*//; s/^analyse:.*//'
printf 'analyse: []\n' >>counts.yaml
counting=(--set patients.count=1 --set arms.repeat.count=0 --set 'measure.features=[statistics]' --set 'arms.protocol.tube_current_modulation={angular_strength: 0.6}')
levels=(total bin2 threshold2 iodine_map vmi_50kev vnc)
vary=$(IFS=,; echo "${levels[*]}")
expect 0 'report: ' "$program" run counts.yaml --out raw_counts --set outputs.raw=signal "${counting[@]}" --set "arms.vary={tube_load_mas: [80], bins: [$vary]}" --set 'outputs.images=[nifti, dicom]'
file=raw_counts/raw/case001/coarse_80mAs.h5
expect 0 'counts in 3 bins of 320 views' "$program" recon "$file" --info
expect 0 'coarse_soft_80mAs_iodine_map' "$program" recon "$file" --out again_counts
for level in "${levels[@]}"; do
  name=coarse_soft_80mAs$([[ $level == total ]] || echo "_$level")
  expect 0 '' cmp "again_counts/$name.nii.gz" "raw_counts/images/case001/$name.nii.gz"
done
expect 0 '' bash -c "cd raw_counts && sha256sum -c SHA256SUMS --quiet"
# Two series of it are made while rays are traced; six were not. Counts and images are the same.
expect 0 'report: ' "$program" run counts.yaml --out streamed --set outputs.raw=signal "${counting[@]}" --set 'arms.vary={tube_load_mas: [80], bins: [bin1, vnc]}'
expect 0 '' cmp streamed/images/case001/coarse_soft_80mAs_vnc.nii.gz raw_counts/images/case001/coarse_soft_80mAs_vnc.nii.gz
cat >equal.py <<'EOF'
import gzip, sys
a, b = (gzip.open(path).read()[348:] for path in sys.argv[1:])
assert a == b
EOF
# Bins that the trial made no image of.
expect 0 'coarse_80mAs_soft_2.5mm_bin1.nii.gz' "$program" recon "$file" --out other_bins --bins bin1 --format nifti,dicom
expect 0 '' python3 equal.py other_bins/coarse_80mAs_soft_2.5mm_bin1.nii.gz streamed/images/case001/coarse_soft_80mAs_bin1.nii.gz
expect 0 '80mAs_sharp_2.5mm_nr30_vmi_140kev' "$program" recon "$file" --out other_bins --bins vmi_140kev --kernel sharp --noise-reduction 30 --format dicom
expect 0 'iterative_bin2' "$program" recon "$file" --out other_bins --bins bin2 --algorithm '{kind: iterative, iterations: 1}' --fov 60 --matrix 32 --slices 1
expect 2 "has no bins 'bin4' .it has 3" "$program" recon "$file" --out far --bins bin4
expect 2 "vmi_300kev.*at 40 to 190 keV" "$program" recon "$file" --out far --bins vmi_300kev
expect 2 "basis materials are water and iodine" "$program" recon "$file" --out far --bins calcium_map
expect 2 'neither corrections nor an iterative algorithm' "$program" recon "$file" --out far --bins vnc --algorithm iterative
expect 0 'report: ' "$program" run counts.yaml --out lines --set outputs.raw=line_integrals "${counting[@]}" --set "arms.vary={tube_load_mas: [80], bins: [bin2, iodine_map]}"
for level in bin2 iodine_map; do
  expect 0 "coarse_soft_80mAs_$level" "$program" recon "lines/raw/case001/coarse_80mAs_$level.h5" --out again_lines
  expect 0 '' cmp "again_lines/coarse_soft_80mAs_$level.nii.gz" "lines/images/case001/coarse_soft_80mAs_$level.nii.gz"
done
expect 2 "holds no 'vnc' .its values are line integrals of one series, made for bin2" "$program" recon lines/raw/case001/coarse_80mAs_bin2.h5 --out far --bins vnc
expect 0 'report: ' "$program" run counts.yaml --out plain_counts --set outputs.raw=signal "${counting[@]}" --set 'arms.vary={tube_load_mas: [80]}'
expect 2 "holds no calibration for 'vnc' .the trial made no spectral image" "$program" recon plain_counts/raw/case001/coarse_80mAs.h5 --out far --bins vnc
expect 2 "holds no 'bin1' .its values are readings of all energies" "$program" recon raw_signal/raw/case001/coarse_80mAs.h5 --out far --bins bin1
# Two scans at once: without noise those of two arms, and images of basis materials of both.
scenario dual 's/features:.*//; s/^analyse:.*//'
printf '  features: [statistics]\nanalyse: []\n' >>dual.yaml
at_once=(--set patients.count=1 --set arms.repeat.count=0 --set arms.protocol.tube_voltage_kv=80)
second=(--set 'arms.protocol.dual_energy={tube_voltage_kv: 140, load_share_percent: 40}')
expect 0 'report: ' "$program" run dual.yaml --out both "${at_once[@]}" "${second[@]}" --set 'arms.vary={tube_load_mas: [80], bins: [low_kv, high_kv]}'
expect 0 'report: ' "$program" run dual.yaml --out apart "${at_once[@]}" --set 'arms.vary={tube_load_mas: [80], tube_voltage_kv: [80, 140]}'
cat >noiseless.py <<'EOF'
import csv
def values(path, arm):
    rows = [r for r in csv.DictReader(open(path)) if r['arm'] == arm and r['replicate'] == 'noiseless']
    return [(r['lesion'], r['feature'], r['value']) for r in rows]
for level, voltage in ('low_kv', 80), ('high_kv', 140):
    one = values('both/features.csv', f'coarse_soft_80mAs_{level}')
    assert len(one) > 15 and one == values('apart/features.csv', f'coarse_soft_80mAs_{voltage}kV'), level
print('two scans')
EOF
expect 0 'two scans' python3 noiseless.py
expect 0 'coarse_soft_80mAs_high_kv,scan,coarse,soft,140,32,' cat both/images.csv
expect 0 'report: ' "$program" run dual.yaml --out basis "${at_once[@]}" "${second[@]}" --set 'arms.vary={tube_load_mas: [80, 20], bins: [low_kv, high_kv, iodine_map, vmi_70kev]}' --set outputs.raw=line_integrals --set 'arms.protocol.motion=[breathing]' --set simulation.motion_step_s=0.1
for level in high_kv iodine_map; do
  expect 0 "coarse_soft_80mAs_$level" "$program" recon "basis/raw/case001/coarse_80mAs_$level.h5" --out again_basis
  expect 0 '' cmp "again_basis/coarse_soft_80mAs_$level.nii.gz" "basis/images/case001/coarse_soft_80mAs_$level.nii.gz"
done
expect 0 'iodine_map,scan,statistics.variance,ECT3,\(mg/ml\)\^2,' cat basis/features.csv
expect 0 'vmi_70kev,scan,statistics.variance,ECT3,HU\^2,' cat basis/features.csv
expect 0 'coarse, protocol protocol, 140 kV, 32 mAs' "$program" recon basis/raw/case001/coarse_80mAs_high_kv.h5 --info
expect 2 "no image 'total' .it is two scans.. Use low_kv, high_kv, or a spectral image" "$program" validate dual.yaml "${at_once[@]}" "${second[@]}" --set 'arms.vary={tube_load_mas: [80]}'
expect 2 'does not go with vary.tube_voltage_kv' "$program" validate dual.yaml "${at_once[@]}" "${second[@]}" --set 'arms.vary={tube_voltage_kv: [80, 100], bins: [vnc]}'
expect 2 'the first scan has 80, and the second must have more' "$program" validate dual.yaml "${at_once[@]}" --set 'arms.protocol.dual_energy={tube_voltage_kv: 70}' --set 'arms.vary={bins: [vnc]}'
expect 2 'outputs.raw: signal does not go with dual_energy' "$program" validate dual.yaml "${at_once[@]}" "${second[@]}" --set 'arms.vary={bins: [vnc]}' --set outputs.raw=signal
expect 2 'counts photons in energy bins, and needs one scan' "$program" validate counts.yaml "${at_once[@]}" "${second[@]}" --set 'arms.vary={bins: [vnc]}' --set 'measure.features=[statistics]'
# Sinograms of somebody else: the shipped example, made by its script, and a trial's own values described by hand.
cp -r "$source/scenarios/sinograms" sinograms
rm -f sinograms/ellipsoids.f32
expect 4 'ellipsoids.f32' "$program" recon sinograms/ellipsoids.yaml --out far
expect 0 '' python3 sinograms/ellipsoids.py
expect 0 '360 views x 256 columns x 8 rows' "$program" recon sinograms/ellipsoids.yaml --info
expect 0 '^360 line_integral$' bash -c "'$program' recon sinograms/ellipsoids.yaml --info --json | python3 -c 'import json, sys; x = json.load(sys.stdin); print(x[\"views\"], x[\"quantity\"])'"
expect 2 '.--json. requires|--info' "$program" recon sinograms/ellipsoids.yaml --json --out far
expect 0 'own/ellipsoids_soft.nii.gz' "$program" recon sinograms/ellipsoids.yaml --out own --format nifti,dicom
expect 2 'is there already' "$program" recon sinograms/ellipsoids.yaml --out own
expect 0 'ellipsoids_sharp_1mm_iterative' "$program" recon sinograms/ellipsoids.yaml --out own --kernel sharp --algorithm '{kind: iterative, iterations: 1}' --fov 60 --matrix 32 --slices 1
expect 2 'every view sees 108.08 mm.*Use 216.1 mm or less' "$program" recon sinograms/ellipsoids.yaml --out far --fov 220
sed 's/quantity: line_integral/quantity: line_integral\n  byte_order: big/' sinograms/ellipsoids.yaml >sinograms/big.yaml
expect 2 'view 0, column [0-9]+, row 0 is .*byte_order' "$program" recon sinograms/big.yaml --out far
own=(--set outputs.raw=line_integrals "${raw[@]}" --set arms.protocol.centre=origin --set 'arms.vary={tube_load_mas: [80]}')
expect 0 'report: ' "$program" run tiny.yaml --out raw_own "${own[@]}"
cat >own.yaml <<'EOF'
sinogram: 1
name: tiny
data: {files: [raw_own/raw/case001/coarse_80mAs.h5], dataset: /data/values, axes: [view, column, row], quantity: line_integral}
geometry:
  source_to_isocentre_mm: 541
  source_to_detector_mm: 949
  detector: {columns: 220, rows: 16, column_pitch_mm: 4.2, row_pitch_mm: 4.4, column_offset: 0.25}
views: {count: 320, per_rotation: 160, table_positions_mm: [-7.5, 7.5]}
water: {attenuation_per_mm: 0.02}
images: {kernel: soft, field_of_view_mm: 360, matrix: 128, slices: 12, slice_thickness_mm: 2.5}
EOF
expect 0 'tiny_soft.nii.gz' "$program" recon own.yaml --out own
expect 2 'slices are 2 mm thick .a detector row is 2.5083' "$program" recon own.yaml --out far --thickness 2
# Both scales of CT numbers are straight: a + b HU of one is the other, to the rounding of both.
cat >same.py <<'EOF'
import gzip, struct, sys
def read(path):
    data = gzip.open(path).read()
    nx, ny, nz = struct.unpack('<3h', data[42:48])
    return nx, ny, nz, struct.unpack(f'<{nx * ny * nz}h', data[352:])
x, y = read(sys.argv[1])[3], read(sys.argv[2])[3]
mx, my = sum(x) / len(x), sum(y) / len(y)
b = sum((p - mx) * (q - my) for p, q in zip(x, y)) / sum((p - mx) ** 2 for p in x)
worst = max(abs(q - my - b * (p - mx)) for p, q in zip(x, y))
assert worst < 1.5, worst
nx, ny, nz, v = read(sys.argv[3])
def mean(i, j):  # 7 x 7 pixels of the middle slice
    return sum(v[(nz // 2 * ny + j + dj) * nx + i + di] for dj in range(-3, 4) for di in range(-3, 4)) / 49
at = lambda mm: round((mm + 100) * 256 / 200 - 0.5)
for mm_x, mm_y, hu in [(0, 40, 0), (40, 20, 100), (-35, -10, -400), (-95, -80, -1000)]:
    assert abs(mean(at(mm_x), at(mm_y)) - hu) < 1.5, (mm_x, mm_y, mean(at(mm_x), at(mm_y)))
print('the same image')
EOF
expect 0 'the same image' python3 same.py own/tiny_soft.nii.gz raw_own/images/case001/coarse_soft_80mAs.nii.gz own/ellipsoids_soft.nii.gz
expect 1 '' test -e far

# A patient who moves: other images, and the same still one.
moving=(--set 'arms.protocol.motion=[breathing, {kind: shift, distance_mm: 3}]' --set 'arms.vary={motion_percent: [0, 100]}'
        --set patients.count=1 --set arms.repeat.count=0 --set simulation.motion_step_s=0.1)
expect 0 'rays traced 2 times' "$program" plan tiny.yaml "${moving[@]}"
expect 0 'report: ' "$program" run tiny.yaml --out moving "${moving[@]}"
expect 1 '' cmp -s moving/images/case001/coarse_soft_80mAs_motion0.nii.gz moving/images/case001/coarse_soft_80mAs_motion100.nii.gz
scenario unmoved '/vary:/s/.*/  vary: {motion_percent: [0, 100]}/'
expect 2 'unmoved.yaml:[0-9]+:[0-9]+ .*motion_percent needs something that moves' "$program" validate unmoved.yaml
expect 0 'is valid' "$program" validate "$source/scenarios/07_breathing.yaml"
for scenario in 09_artefacts 10_wide_cones 11_kernels_slices_algorithms 12_photon_counting 13_short_scan 14_iterative 15_corrections 16_dual_energy 27_known_signal 28_response_by_arm 29_targeted_boxes studies/known_signal studies/texture_phantom studies/texture_phantom_null; do
  expect 0 'is valid' "$program" validate "$source/scenarios/$scenario.yaml"
done

# Study designs: what each makes of the tiny scenario's factors, what `plan` says of it, and what is refused at its place.
expect 0 'tiny: 2 patients x 3 arms' "$program" plan tiny.yaml --set arms.design=one_at_a_time
expect 0 '^  no interaction of factors can be seen' "$program" plan tiny.yaml --set arms.design=one_at_a_time
expect 0 '^  tube_load_mas and kernel cannot be separated .they vary together' "$program" plan tiny.yaml --set arms.design=paired
expect 0 '"kind": "paired"' "$program" plan tiny.yaml --json --set arms.design=paired
expect 0 '^  kernel: 2 levels .soft, sharp' "$program" plan tiny.yaml
expect 0 'tiny: 2 patients x 5 arms' "$program" plan tiny.yaml --set 'arms.vary={kernel: [soft, sharp]}' \
  --set 'arms.design={kind: latin_hypercube, arms: 4, between: {tube_load_mas: [20, 100]}}' --set arms.design.arms=5 --set 'arms.design.between.tube_load_mas[0]=60'
expect 2 '2 to 10000' "$program" validate tiny.yaml --set 'arms.design={kind: latin_hypercube, arms: 1}'
scenario uneven '/vary:/s/.*/  design: paired\n  vary: {kernel: [soft, sharp], tube_load_mas: [80, 20, 10]}/'
expect 2 'uneven.yaml:[0-9]+:18 .*kernel has 2 levels, and tube_load_mas has 3' "$program" validate uneven.yaml
scenario nested '/vary:/s/.*/  design: {kind: nested, scanners: [{scanner: coarsest, vary: {kernel: [soft]}}]}/'
expect 2 "nested.yaml:[0-9]+:[0-9]+ .*there is no scanner 'coarsest'.*Did you mean 'coarse'" "$program" validate nested.yaml
scenario listed '/vary:/s/.*/  design: {kind: list, arms: [{kernel: sharp}, {tube_load_mas: 20}, {kernel: sharp, tube_load_mas: 80}]}/'
expect 2 'listed.yaml:[0-9]+:[0-9]+ .*arm 3 is arm 1 once more' "$program" validate listed.yaml
expect 0 '3 arms' "$program" plan listed.yaml --set 'arms.design.arms[2]={kernel: smooth}'
expect 2 'arms.design.arms.9.*has 3 items' "$program" plan listed.yaml --set 'arms.design.arms[9]={kernel: smooth}'
scenario nothing '/vary:/s/.*/  vary: {kernel: [soft, sharp]}\n  reference: {kernel: sharpp}/'
expect 2 "nothing.yaml:[0-9]+:23 .*no arm has kernel 'sharpp'.*Did you mean 'sharp'" "$program" validate nothing.yaml
# A kernel's file, and its name.
mkdir kernels; printf 'name: shared\nkind: hann\ncutoff_per_mm: 0.7\n' >kernels/shared.yaml
expect 0 '^  coarse_shared_20mAs$' "$program" plan tiny.yaml --set 'arms.vary.kernel[1]=kernels/shared.yaml'
expect 0 '^  coarse_shared_80mAs' "$program" plan tiny.yaml --set arms.protocol.kernel=kernels/shared.yaml --set 'arms.vary={tube_load_mas: [80, 20]}'
expect 2 "there is no file 'kernels/none.yaml'" "$program" validate tiny.yaml --set 'arms.vary.kernel[1]=kernels/none.yaml'
# Analyses take the arms of any design.
expect 0 'report: ' "$program" run tiny.yaml --out paired --set arms.design=paired --set arms.repeat.count=0
expect 0 'coarse_sharp_20mAs' cat paired/images.csv
expect 0 'icc_' head -n 1 paired/stability.csv

verdict
