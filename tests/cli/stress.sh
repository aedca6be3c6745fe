#!/usr/bin/env bash
# `vitrine stress`: models on the images of a finished trial, those that misbehave included.
#   stress.sh PROGRAM SOURCE_DIRECTORY
set -uo pipefail
program=$(realpath "$1") source=$(realpath "$2")
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/expect.sh"
export XDG_CONFIG_HOME=$PWD/config

# Four patients of two lesions in two doses.
sed -E 's/^  count: 2/  count: 4/; s/^  vary: .*/  vary: {tube_load_mas: [80, 20]}/; s/^  repeat: .*//; s/^    - shape/    - count: 2\n      shape/; s/spread_mm: 4/spread_mm: 12/' \
  "$source/tests/cli/tiny.yaml" >tiny.yaml
echo 'outputs: {images: [nifti], report: none}' >>tiny.yaml
expect 0 '' "$program" run tiny.yaml --out trial -q

# Built-in readers need no block. The same command again reads nothing twice and writes the same bytes.
expect 0 '^region_growing \(segmentation\): 8 images, failed on 0$' "$program" stress trial region_growing blob_detector
expect 0 '^model,task,group,level,metric' cat trial-stress/stress_summary.csv
expect 0 '^33$' bash -c "wc -l < trial-stress/stress.csv"
expect 0 'tube_load_mas,20,cpm' grep '^blob_detector' trial-stress/stress_summary.csv
cp trial-stress/stress.html trial-stress/stress.json .
expect 0 ', 8 kept' env OMP_NUM_THREADS=1 "$program" stress trial region_growing blob_detector
expect 0 '' cmp stress.html trial-stress/stress.html
expect 0 '' cmp stress.json trial-stress/stress.json
rm -r trial-stress/cases/region_growing/case001__*          # lost results are made again
expect 0 ', 6 kept' "$program" stress trial region_growing blob_detector
expect 0 '' cmp stress.html trial-stress/stress.html
expect 0 '' "$program" verify trial

# Lesions of two densities, some beyond the slices: these are in no image and have no mask.
glass='    - {shape: {kind: sphere, diameter_mm: 12}, composition: {kind: ground_glass}, margin_mm: 1, spread_mm: 4}'
sed -E "s/count: 2$/count: 1/; s/^arms:/$glass\n&/" tiny.yaml >beyond.yaml
expect 0 '' "$program" run beyond.yaml --set arms.vary={} --out beyond -q
expect 0 '^[1-9]' bash -c "cut -d, -f12 beyond/lesions.csv | grep -c '^0$'"
awk -F, 'NR > 1 && $12 > 0 {print $1 "/" $2 ".nii.gz"}' beyond/lesions.csv >inside
expect 0 '' bash -c "cd beyond/masks && diff ../../inside <(ls -d */*.nii.gz)"
expect 0 '^region_growing \(segmentation\): 4 images, failed on 0$' "$program" stress beyond region_growing
expect 0 'composition,ground_glass,dice,' cat beyond-stress/stress_summary.csv
expect 0 '^case001,.*,lesion02,[^,]*,ground_glass,' bash -c "cut -d, -f3- beyond-stress/stress.csv"
for layout in nnunet monai pyradiomics dicom; do
  expect 0 '' "$program" export beyond "beyond_$layout" --layout "$layout" --shares 1 0 1
done

# A perfect model and one misdeed each. The truth stands in the trial; `image` leads to it by its digest.
cat >model.py <<'EOF'
import gzip, hashlib, os, pathlib, struct, sys, time
misdeed, image, output = sys.argv[1:]
trial = pathlib.Path(__file__).parent / 'trial'
data = pathlib.Path(image).read_bytes()
path = next(p for p in trial.glob('images/*/*.nii.gz') if p.read_bytes() == data)
case, visit = path.parent.name, path.name.partition('_visit')[2]
truth = [gzip.decompress(p.read_bytes()) for p in sorted((trial / 'masks' / case).glob('*.nii.gz'))
         if p.name.partition('_visit')[2] == visit]
head, body = bytearray(truth[0][:352]), bytes(max(v) for v in zip(*(t[352:] for t in truth)))
first = case == 'case001'
if misdeed == 'crash' and first: os.abort()
if misdeed == 'exit' and first: sys.exit(3)
if misdeed == 'hang' and first: time.sleep(60)
if misdeed == 'nothing' and first: sys.exit(0)
if misdeed == 'memory' and first: bytearray(1 << 33)
if misdeed == 'size' and first: head[42:44], body = struct.pack('<h', 7), body[:7 * 128 * 12]
if misdeed == 'number' and first:
    head[70:74] = struct.pack('<hh', 16, 32)
    body = struct.pack('<f', float('nan')) * len(body)
if misdeed == 'link' and first:
    os.symlink(next((trial / 'masks' / case).glob('*.nii.gz')).resolve(), output); sys.exit(0)
if misdeed == 'outside' and first: (trial / 'images' / case / 'intruder').write_text('here')
if misdeed == 'empty': body = bytes(len(body))
pathlib.Path(output).write_bytes(gzip.compress(bytes(head) + body))
EOF
block() { # block NAME MORE
  printf 'stress:\n  models:\n    - {name: %s, reader: {kind: command, arguments: [python3, model.py, %s, "{image}", "{output}"], timeout_s: 5, memory_gib: 1}}\n  accept:\n    - {metric: dice, at_least: 0.99}\n' "$1" "$1" >"$1.yaml"
}
block good
expect 2 'nobody agreed that the model .good. may run' "$program" stress trial --with good.yaml
expect 0 '^pass: good, dice of all: 1 \(' bash -c "$program stress trial --with good.yaml --yes -o good"
# Consent by the digest of command and files: given once, gone when the program changes.
sum=$("$program" stress trial --with good.yaml 2>&1 | grep -oE '[0-9a-f]{64}' | head -1)
echo "$sum good" >consent
expect 0 ', 8 kept' "$program" stress trial --with good.yaml --consent consent -o good
cp model.py saved.py; echo '# changed' >>model.py
expect 2 'nobody agreed' "$program" stress trial --with good.yaml --consent consent -o good
mv saved.py model.py
for misdeed in crash:'killed by signal 6' exit:'exit code 3' hang:'still running' nothing:'wrote no output' memory:'exit code 1' size:'voxels' number:'\{output\}.*finite number' link:'no regular file'; do
  name=${misdeed%%:*}
  block "$name"
  expect 1 'failed on 2$' bash -c "$program stress trial --with $name.yaml --yes -o $name 2>/dev/null"
  expect 0 "^$name,segmentation,case001,.*,failed,.*(${misdeed#*:})" cat "$name/stress.csv"
  expect 0 "^6$" bash -c "tail -n +2 $name/stress.csv | grep -c ',read,' | awk '{print \$1 / 2}'"
done
# A kernel with Landlock keeps it from writing elsewhere; without, the page says so.
block outside
if "$program" stress trial --with outside.yaml --yes -o outside -q 2>/dev/null; then
  expect 0 'not confined' cat outside/stress.html
  rm trial/images/case001/intruder
else
  expect 0 ',failed,exit code 1' cat outside/stress.csv
  expect 1 '' test -e trial/images/case001/intruder
fi
expect 0 '' "$program" verify trial
# One that finds nothing has Dice 0 and no distances; limits say so by the exit code.
block empty
expect 1 '^FAIL: empty, dice of all: 0' bash -c "$program stress trial --with empty.yaml --yes -o empty 2>&1"
expect 1 '"passed": false' bash -c "$program stress trial --with empty.yaml --yes -o empty --json"
# Patients who come back, scanned in every arm: what the sizes mean for their response.
sed -E 's/^  count: 2/  count: 4/; s/^  vary: .*/  vary: {tube_load_mas: [80, 20]}/; s/^  repeat: .*/  follow_up: {days: [42, 84], missed_percent: 30, scans: every_arm}/; s/^    - shape/    - growth: {kind: response, half_life_days: {choice: [20, 60]}, resistant: 0.3, doubling_time_days: 30}\n      shape/; s/\[10, 14\]/[16, 22]/' \
  "$source/tests/cli/tiny.yaml" >back.yaml
echo 'outputs: {images: [nifti], report: none}' >>back.yaml
expect 0 '4 patients x 2 arms \+ 2 visits of every arm' "$program" plan back.yaml
expect 0 '' "$program" run back.yaml --out back -q
images=$((2 * (12 - $(grep -c 'iNE$' back/visits.csv))))
expect 0 "^$images$" bash -c "ls back/images/*/*.nii.gz | wc -l"
expect 0 '' "$program" verify back
sed "s#parent / 'trial'#parent / 'back'#" model.py >back_model.py
printf 'stress:\n  models:\n    - {name: good, reader: {kind: command, arguments: [python3, back_model.py, good, "{image}", "{output}"]}}\n  accept:\n    - {metric: response_agreement, at_least: 0.01}\n    - {metric: objective_response_error, of: worst_group, at_most: 1}\n' >back_good.yaml
# A perfect model calls what the true masks say; the truth is that of visits.csv.
expect 0 '^pass: good, response_agreement of all: ' "$program" stress back --with back_good.yaml --yes -o back_good
expect 0 '^good,all,,response_agreement,4,8,' cat back_good/stress_response.csv
expect 0 '' diff <(sed -n 's/^good,//p' back_good/stress_response.csv) <(sed -n 's/^(true masks),//p' back_good/stress_response.csv)
expect 0 '' diff <(tail -n +2 back/visits.csv | cut -d, -f1,2,9) <(sed -n 's/^good,\(.*_20mAs,\)/\1/p' back_good/stress_visits.csv | cut -d, -f1,3,11)
expect 0 'id="response"' cat back_good/stress.html
expect 0 '"response": ' cat back_good/stress.json
# Without the baseline there is no response: all visits of a patient on whom it fails disagree.
sed 's/good/crash/g; s/0.01/1/' back_good.yaml >back_crash.yaml
expect 1 '^FAIL: crash, response_agreement of all' bash -c "$program stress back --with back_crash.yaml --yes -o back_crash 2>/dev/null"
expect 0 '^crash,case001,.*,scan,0,failed,.*,NE,SD,' cat back_crash/stress_visits.csv
printf 'stress: {models: [{name: a, reader: region_growing}], accept: [{metric: response_agreement, at_least: 0}]}\n' >no_visits.yaml
expect 1 'FAIL: a, response_agreement of all: .*the trial has no later visits' "$program" stress trial --with no_visits.yaml -o none
expect 1 '' test -e none/stress_response.csv
# Mistakes of the command line and of the block.
expect 2 "there is no arm 'none'" "$program" stress trial region_growing --arm none
expect 2 "there is no model 'blob'.*blob_detector" "$program" stress trial blob
expect 2 'no model is named' "$program" stress trial
expect 2 'lies in the trial' "$program" stress trial region_growing -o trial/stress
printf 'stress: {models: [{name: a, reader: {kind: command, arguments: [model]}}], accept: [{metric: cpm, at_least: 1}]}\n' >bad.yaml
expect 2 'bad.yaml:1:.*\{image\} and \{output\}' "$program" stress trial --with bad.yaml
printf 'stress: {models: [{name: a, reader: region_growing}], accept: [{metric: cpm, at_least: 1}]}\n' >bad.yaml
expect 2 'bad.yaml:1:.*no model has the metric cpm' "$program" stress trial --with bad.yaml

# Classifiers: the first stratum is to be told from the second.
sed -E 's/^  count: 2/  strata: [{name: mutated, count: 3}, {name: wild_type, count: 3}]/; s/^  vary: .*/  vary: {tube_load_mas: [80, 20]}/; s/^  repeat: .*//; s/^    - shape/    - count: 2\n      shape/; s/spread_mm: 4/spread_mm: 12/' \
  "$source/tests/cli/tiny.yaml" >classes.yaml
echo 'outputs: {images: [nifti], report: none}' >>classes.yaml
expect 0 '' "$program" run classes.yaml --out classes -q
cat >classify.py <<'EOF'
import csv, pathlib, sys
what, image, boxes, output = sys.argv[1:]
data = pathlib.Path(image).read_bytes()
trial = pathlib.Path(__file__).parent / 'classes'
path = next(p for p in trial.glob('images/*/*.nii.gz') if p.read_bytes() == data)
mutated, low = path.parent.name.startswith('mutated'), '20mAs' in path.name
lesions = [row['lesion'] for row in csv.DictReader(open(boxes))]
first = path.parent.name.endswith('1') and mutated
p = 0.9 if mutated else 0.1
if what == 'blind' and low: p = 0.5
rows = [('lesion', 'probability')] + [(l, p) for l in lesions]
if what == 'image': rows = [('score',), (100 * p,)]
if first and what == 'beyond': rows[1] = (lesions[0], 1.5)
if first and what == 'forgets': rows.pop()
if first and what == 'invents': rows[1] = ('nobody', 0.5)
if first and what == 'twice': rows[2] = rows[1]
if first and what == 'number': rows[1] = (lesions[0], 'high')
if first and what == 'silent': rows = [('score',)]
if first and what == 'column': rows[0] = ('lesion', 'chance')
if what == 'mixed' and low: rows = [('probability',), (p,)]
csv.writer(open(output, 'w')).writerows(rows)
EOF
classifier() { # classifier NAME...
  printf 'stress:\n  label: mutated\n  models:\n'
  for name; do
    printf '    - {name: %s, reader: {kind: command, task: classification, arguments: [python3, classify.py, %s, "{image}", "{boxes}", "{output}"], timeout_s: 20}}\n' "$name" "$name"
  done
}
classifier good blind image >classes_with.yaml
expect 0 '^good, blind together: auc 0.9' "$program" stress classes --with classes_with.yaml --yes -o classified
expect 0 '^good,classification,all,,auc,6,12,0,24,1,' cat classified/stress_summary.csv
expect 0 '^image,classification,all,,auc,6,12,0,12,1,' cat classified/stress_summary.csv
expect 0 '^blind,classification,tube_load_mas,20,auc,6,6,0,12,0.5,' cat classified/stress_summary.csv
expect 0 '^good,classification,all,,brier,6,12,0,24,0.0(1|0999)' cat classified/stress_summary.csv
expect 0 '^image,classification,all,,brier,.*scores, not probabilities' cat classified/stress_summary.csv
expect 0 '^good,classification,mutated.*,1,0.9$' cat classified/stress.csv
expect 0 '^"good, blind",tube_load_mas,20,auc,6,6,0,12,0.75,' cat classified/stress_readers.csv
expect 0 '^good,inf,0,0$' cat classified/stress_roc.csv
expect 0 'ROC curve of all that was rated' cat classified/stress.html
expect 0 ', 12 kept' "$program" stress classes --with classes_with.yaml --yes -o classified
for misdeed in beyond:'from 0 to 1' forgets:'has 0 rows' invents:'no lesion of the image' twice:'has 2 rows' number:'has no number as probability' column:"no column .score" silent:'has 0 rows and no column lesion'; do
  name=${misdeed%%:*}
  classifier "$name" >"$name.yaml"
  expect 0 'failed on 2$' bash -c "$program stress classes --with $name.yaml --yes -o $name 2>/dev/null"
  expect 0 "^$name,classification,mutated.*,failed,.*${misdeed#*:}" cat "$name/stress.csv"
done
classifier mixed >mixed.yaml
expect 0 'failed on 6$' bash -c "$program stress classes --with mixed.yaml --yes -o mixed 2>/dev/null"
expect 0 'not like that of' cat mixed/stress.csv
# The built-in ones: of lesions, and of images, all of which have lesions.
expect 0 '^lesion_rater \(classification\): 12 images, failed on 0$' "$program" stress classes lesion_rater -o rater
expect 0 'takes ratings with the label and without' cat rater/stress_summary.csv
sed 's/label: mutated/label: mutant/' classes_with.yaml >bad.yaml
expect 2 "there is no stratum 'mutant'.*mutated" "$program" stress classes --with bad.yaml --yes
expect 2 "there is no stratum 'mutated'" "$program" stress trial --with classes_with.yaml --yes
# Embeddings: features without a truth, for `vitrine stability`.
cat >embed.py <<'EOF'
import csv, hashlib, pathlib, sys
what, image, boxes, output = sys.argv[1:]
data = pathlib.Path(image).read_bytes()
path = next(p for p in (pathlib.Path(__file__).parent / 'classes').glob('images/*/*.nii.gz') if p.read_bytes() == data)
subject = sum(path.parent.name.encode())                 # the same in both arms; the last knows nothing but the arm
rows = [('lesion', 'a', 'b', 'c')]
for i, row in enumerate(csv.DictReader(open(boxes))):
    rows.append((row['lesion'], subject + 10 * i, -2 * subject + i, len(path.name)))
if what == 'image': rows = [r[1:] for r in rows[:2]]
if what == 'other' and '20mAs' in path.name: rows[0] = ('lesion', 'a', 'b', 'd')
if what == 'words': rows[1] = (rows[1][0], 'x', 1, 1)
csv.writer(open(output, 'w')).writerows(rows)
EOF
embedder() {
  printf 'stress:\n  models:\n    - {name: %s, reader: {kind: command, task: embedding, arguments: [python3, embed.py, %s, "{image}", "{boxes}", "{output}"], timeout_s: 20}}\n' "$1" "$1"
}
embedder lesion >lesion.yaml
expect 0 '3 features of 12 subjects, ICC\(A,1\) over the arms: median 1' "$program" stress classes --with lesion.yaml --yes -o embedded
expect 0 '^lesion,a,12,1,$' cat embedded/stress_embeddings.csv
expect 0 '^25$' bash -c 'wc -l <embedded/features/lesion.csv'
expect 0 '' "$program" stability embedded/features/lesion.csv -o stable
expect 0 '^a,.*,1,' cat stable/stability.csv
embedder image >image.yaml
expect 0 '3 features of 6 subjects' "$program" stress classes --with image.yaml --yes -o images
expect 0 ', 12 kept' "$program" stress classes --with image.yaml --yes -o images
embedder other >other.yaml
expect 0 'failed on 6$' bash -c "$program stress classes --with other.yaml --yes -o other 2>/dev/null"
embedder words >words.yaml
expect 0 'failed on 12$' bash -c "$program stress classes --with words.yaml --yes -o words 2>/dev/null"
expect 0 'has no number as a' cat words/stress.html
verdict
