#!/usr/bin/env bash
# `vitrine export`: data sets as nnU-Net, MONAI and PyRadiomics want them, from a finished trial.
#   export.sh PROGRAM SOURCE_DIRECTORY
set -uo pipefail
program=$(realpath "$1") source=$(realpath "$2")
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/expect.sh"

# Five patients, two lesions each, a scan in two kernels; the first is repeated twice.
sed -E 's/^  count: 2/  count: 5/; s/^  vary: .*/  vary: {kernel: [soft, sharp]}/; s/^  repeat: .*/  repeat: {count: 2}/; s/^    - shape/    - count: 2\n      shape/; s/matrix: 128/matrix: 64/' \
  "$source/tests/cli/tiny.yaml" >tiny.yaml
echo 'outputs: {images: [nifti]}' >>tiny.yaml
expect 0 '' "$program" run tiny.yaml --out trial -q

expect 0 '^training +3 patients, 6 images' "$program" export trial nn --layout nnunet --shares 3 1 1 --number 42 --licence CC-BY-4.0
# nnU-Net's own rules: equal geometry, consecutive labels, every image labelled, splits by patient.
cat >rules.py <<'EOF'
import gzip, json, pathlib, struct, sys
root = pathlib.Path(sys.argv[1])
about = json.loads((root / 'dataset.json').read_text())
assert list(about['labels'].values()) == list(range(len(about['labels']))), about['labels']
assert about['channel_names'] == {'0': 'CT'} and about['file_ending'] == '.nii.gz' and about['licence'] == 'CC-BY-4.0'
patient = lambda name: name.split('_')[0]
of = {}
for part in ('Tr', 'Ts'):
    images = sorted(p.name for p in (root / f'images{part}').iterdir())
    labels = sorted(p.name for p in (root / f'labels{part}').iterdir())
    assert [n.replace('_0000.nii.gz', '.nii.gz') for n in images] == labels, (images, labels)
    of[part] = {patient(n) for n in images}
    for name in labels:
        label = gzip.decompress((root / f'labels{part}' / name).read_bytes())
        image = gzip.decompress((root / f'images{part}' / name.replace('.nii.gz', '_0000.nii.gz')).read_bytes())
        assert label[40:56] == image[40:56], 'size'
        assert label[76:108] == image[76:108], 'spacing'
        assert label[252:328] == image[252:328], 'orientation and origin'
        count = 1
        for n in struct.unpack('<8h', label[40:56])[1:4]: count *= n
        assert len(label) == 352 + count, 'uint8'
        values = set(label[352:])
        assert values <= set(range(len(about['labels']))) and 1 in values, values
assert about['numTraining'] == len(list((root / 'imagesTr').iterdir()))
assert not of['Tr'] & of['Ts'], 'a patient is trained and tested on'
for split in json.loads((root / 'splits_final.json').read_text()):
    train, val = ({patient(n) for n in split[k]} for k in ('train', 'val'))
    assert not train & val and train | val == of['Tr'] and train and val
print('holds')
EOF
expect 0 '^holds$' python3 rules.py nn/Dataset042_tiny
expect 0 '^metadata hold$' python3 "$source/tests/cli/metadata_rules.py" nn CC-BY-4.0
expect 0 '' bash -c 'cd nn && sha256sum --quiet -c SHA256SUMS'
expect 0 '^\| test \| 1 \| 2 \| 4 \|$' cat nn/README.md
expect 0 'CC-BY-4.0' cat nn/README.md
# Images are the trial's, bit by bit; the same command writes the same.
expect 0 '' bash -c 'for f in nn/Dataset042_tiny/images*/*_0000.nii.gz; do n=$(basename "$f" _0000.nii.gz); cmp "$f" "trial/images/${n%%_*}/${n#*_}.nii.gz" || exit 1; done'
expect 0 '' "$program" export trial nn2 --layout nnunet --shares 3 1 1 --number 42 --licence CC-BY-4.0 -q
expect 0 '' diff -r nn nn2

expect 0 '^training +5 patients, 20 images' "$program" export trial all --layout monai --repeats --shares 1 0 0 --by-organ
expect 0 '^metadata hold$' python3 "$source/tests/cli/metadata_rules.py" all
expect 0 '_reposition1.nii.gz' ls all/images
expect 0 '"1": "lung_lesion"' cat all/dataset.json
expect 0 '' "$program" export trial folds --layout nnunet --folds 2 -q
expect 0 '^2$' bash -c "grep -c '\"val\"' folds/Dataset501_tiny/splits_final.json"

expect 0 '' "$program" export trial batch --layout pyradiomics --arm coarse_soft_80mAs -q --shares 1 0 0
expect 0 '^metadata hold$' python3 "$source/tests/cli/metadata_rules.py" batch
expect 0 '^ID,Image,Mask,Label,Patient' cat batch/batch.csv
expect 0 '^11$' bash -c 'wc -l <batch/batch.csv'
expect 0 ',2,case005,' cat batch/batch.csv
# A lesion by its label is the lesion by its mask.
expect 0 'mean' "$program" features batch/images/case001_coarse_soft_80mAs.nii.gz batch/masks/case001_coarse_soft_80mAs.nii.gz --label 2

expect 0 '"datePublished": "2026-02-03"' bash -c '"$0" export trial dated --layout monai --shares 1 0 0 -q --published 2026-02-03 --creator Us --url https://example.org/set && cat dated/croissant.json' "$program"
expect 0 '"url": "https://example.org/set"' cat dated/croissant.json

# Organs: a class each, lesions over them, at their place: lungs are dark, vertebrae bright.
expect 0 '' "$program" export trial organs --layout nnunet --arm coarse_soft_80mAs --shares 1 0 0 -q --organ lungs=lung_left+lung_right+lung_vessels --organ spine
cat >organs.py <<'EOF'
import gzip, json, pathlib, struct
root = pathlib.Path('organs/Dataset501_tiny')
labels = json.loads((root / 'dataset.json').read_text())['labels']
assert labels == {'background': 0, 'lungs': 1, 'spine': 2, 'lesion': 3}, labels
for path in sorted((root / 'labelsTr').iterdir()):
    label = gzip.decompress(path.read_bytes())[352:]
    image = gzip.decompress((root / 'imagesTr' / path.name.replace('.nii.gz', '_0000.nii.gz')).read_bytes())
    hu = struct.unpack(f'<{len(label)}h', image[352:])
    mean = {}
    for value in range(4):
        of = [h for l, h in zip(label, hu) if l == value]
        mean[value] = sum(of) / len(of)
    assert mean[1] < -700 and mean[2] > 80 and -300 < mean[3] < 100, (path, mean)
    lungs = label.count(1) / len(label)
    assert 0.1 < lungs < 0.4, lungs
print('organs hold')
EOF
expect 0 '^organs hold$' python3 organs.py
expect 0 '0 background, 1 lungs, 2 spine, 3 lesion' cat organs/README.md
expect 0 '' "$program" export trial every --layout monai --arm coarse_soft_80mAs --shares 1 0 0 -q --organ all
expect 0 '"heart"' cat every/dataset.json
expect 2 "has an organ 'livr' .--organ.*Did you mean 'liver'.*They have: " "$program" export trial new --layout monai --shares 1 0 0 --organ livr
expect 2 "'spine' is in two labels" "$program" export trial new --layout monai --shares 1 0 0 --organ spine --organ bones=ribs+spine
expect 2 "label 'bones' is given twice" "$program" export trial new --layout monai --shares 1 0 0 --organ bones=ribs --organ bones=spine
expect 2 'lesions are called so' "$program" export trial new --layout monai --shares 1 0 0 --organ lung_lesion=spine
expect 2 'pyradiomics numbers lesions' "$program" export trial new --layout pyradiomics --shares 1 0 0 --organ spine

# What cannot be.
expect 2 'is no day' "$program" export trial new --layout monai --published 2026-13-99
expect 2 'is there. Delete it' "$program" export trial nn --layout nnunet
expect 2 '5 patients are too few .*none would be for validation' "$program" export trial new --layout monai --shares 98 1 1
expect 2 'a fold would have none' "$program" export trial new --layout monai --folds 9
expect 2 'all zero' "$program" export trial new --layout monai --shares 0 0 0
expect 2 "no arm 'coarse_soft_80'.*Did you mean 'coarse_soft_80mAs'" "$program" export trial new --layout monai --arm coarse_soft_80
expect 2 'cannot name a data set' "$program" export trial new --layout monai --name 'a/b'
expect 2 'holds no trial' "$program" export nowhere new --layout monai
expect 2 'layout' "$program" export trial new --layout coco
expect 1 '' test -e new
cp -r trial spoilt
spoilt_masks=(spoilt/masks/case002/*)
damage "${spoilt_masks[0]}"
expect 2 'is not the file that SHA256SUMS lists' "$program" export spoilt new --layout monai --shares 1 0 0
expect 1 '' test -e new -o -e new.partial
mkdir new.partial
expect 2 "new.partial' is there, left by a run that was cut off" "$program" export trial new --layout monai
rm -r spoilt; cp -r trial spoilt; rm spoilt/SHA256SUMS
expect 2 'has not ended' "$program" export spoilt other --layout monai
verdict
