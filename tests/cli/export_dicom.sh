#!/usr/bin/env bash
# `vitrine export --layout dicom`: CT, SEG, RTSTRUCT and SR against the trial, and against other programs where they are.
#   export_dicom.sh PROGRAM SOURCE_DIRECTORY
set -uo pipefail
program=$(realpath "$1") source=$(realpath "$2")
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/expect.sh"

# Two patients of two lesions, one arm, a repositioned and a noise repeat; the trial writes DICOM too.
sed -E 's/^  vary: .*//; s/^  repeat: .*/  repeat: {count: 2}/; s/^    - shape/    - count: 2\n      shape/; s/matrix: 128/matrix: 64/' \
  "$source/tests/cli/tiny.yaml" >tiny.yaml
echo 'outputs: {images: [nifti, dicom]}' >>tiny.yaml
expect 0 '' "$program" run tiny.yaml --out trial -q

expect 0 '^training +2 patients, 6 images' "$program" export trial set --layout dicom --repeats --shares 1 0 0 --licence CC-BY-4.0
expect 0 '' bash -c 'cd set && sha256sum --quiet -c SHA256SUMS'
expect 0 'SEG.dcm .a segment a lesion' cat set/README.md
expect 0 '^metadata hold$' python3 "$source/tests/cli/metadata_rules.py" set CC-BY-4.0
# The CT series are the trial's own, bit by bit.
expect 0 '' bash -c 'n=0; for f in set/*/*/CT/*.dcm; do id=$(basename "$(dirname "$(dirname "$f")")"); cmp "$f" "trial/images/${id%%_*}/${id#*_}/$(basename "$f")" || exit 1; n=$((n+1)); done; test $n = 72'
# The same bytes on one thread.
expect 0 '' env OMP_NUM_THREADS=1 "$program" export trial again --layout dicom --repeats --shares 1 0 0 --licence CC-BY-4.0 -q
expect 0 '' diff -r set again
expect 0 '6 images hold' python3 "$source/tests/cli/dicom_rules.py" trial set
# A mask from the segments or the contours measures as the trial's own.
first=set/case001/$(ls set/case001 | head -1)
expect 0 'mean' "$program" features "$first/CT" "$first/SEG.dcm" --label lesion02
expect 0 'mean' "$program" features "$first/CT" "$first/RTSTRUCT.dcm" --label lesion02

# Segments of organs follow those of lesions, which stay as they were.
expect 0 '' "$program" export trial organs --layout dicom --repeats --shares 1 0 0 -q --organ lungs=lung_left+lung_right+lung_vessels --organ spine
expect 0 '6 images hold' python3 "$source/tests/cli/dicom_rules.py" trial organs
expect 0 'Segments and contours of organs follow: lungs and spine' cat organs/README.md
expect 0 'mean' "$program" features "organs/${first#set/}/CT" "organs/${first#set/}/RTSTRUCT.dcm" --label spine
expect 0 'mean' "$program" features "organs/${first#set/}/CT" "organs/${first#set/}/SEG.dcm" --label lungs

if command -v dciodvfy dcentvfy >/dev/null; then
  bad=$(for f in {set,organs}/*/*/*.dcm set/*/*/CT/IM0001.dcm; do dciodvfy "$f" 2>&1 | grep '^Error' | grep -v '0x0008,0x001c'; done)
  [[ -z $bad ]] || { echo "FAILED: dciodvfy: $bad"; failed=$((failed + 1)); }
  for each in set organs; do
    bad=$(find $each -name '*.dcm' -print0 | xargs -0 dcentvfy 2>&1 | grep '^Error')
    [[ -z $bad ]] || { echo "FAILED: dcentvfy: $bad"; failed=$((failed + 1)); }
  done
  # Objects with other regions are other instances.
  bad=$(find set organs -name SEG.dcm -print0 | xargs -0 dcentvfy 2>&1 | grep Duplicate)
  [[ -z $bad ]] || { echo "FAILED: dcentvfy: $bad"; failed=$((failed + 1)); }
else
  echo "skipped: dciodvfy and dcentvfy are not installed (package dicom3tools)"
fi
if command -v dsrdump >/dev/null; then
  expect 0 'Imaging Measurement Report' dsrdump -Er "$first/SR.dcm"
else
  echo "skipped: dsrdump is not installed (package dcmtk)"
fi
if command -v dcm2niix >/dev/null; then
  mkdir converted
  for d in set/*/*/CT; do
    expect 0 '' dcm2niix -z y -b n -o converted -f "$(basename "$(dirname "$d")")" "$d"
  done
  expect 0 '6 images hold' python3 "$source/tests/cli/dicom_rules.py" trial set converted
else
  echo "skipped: dcm2niix is not installed"
fi

# What cannot be.
cp -r trial spoilt
spoilt_masks=(spoilt/masks/case002/*)
damage "${spoilt_masks[0]}"
expect 2 'is not the file that SHA256SUMS lists' "$program" export spoilt new --layout dicom --shares 1 0 0
expect 1 '' test -e new -o -e new.partial
verdict
