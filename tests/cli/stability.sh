#!/usr/bin/env bash
# vitrine stability on tables as other tools write them: what it says, what it writes, what it refuses.
#   stability.sh PROGRAM
set -uo pipefail
program=$(realpath "$1")
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/expect.sh"

# 12 patients with 2 lesions each on 6 scanners, as PyRadiomics' table with columns put in front. Errors are a
# repeatable hash of row and column, so that every awk writes the same.
awk 'function noise(a, b) { x = sin(a * 12.9898 + b * 78.233) * 43758.5453; return x - int(x) }
BEGIN {
  print "PatientID,ROI,Scanner,Group,diagnostics_Versions_Python,original_shape_MeshVolume,original_firstorder_Mean,original_firstorder_Energy,original_glcm_Contrast"
  for (p = 1; p <= 12; ++p) for (l = 1; l <= 2; ++l) for (s = 1; s <= 6; ++s) {
    row = p * 100 + l * 10 + s
    printf "P%02d,L%d,S%d,%s,3.9,%.6f,%.6f,%.6f,%.6f\n", p, l, s, p % 2 ? "a" : "b",
      500 * p + 30 * l, 40 + 10 * noise(p, 1) + 4 * noise(p * 10 + l, 2) + 5 * s + noise(row, 3),
      1000 * noise(p, 4) + 10 * noise(row, 5), 7
  }
}' >wide.csv
expect 0 '4 features, 144 rows, 12 patients \(PatientID\), 24 lesions \(ROI\), 6 arms \(Scanner, fixed\)' "$program" stability wide.csv --ignore Group
expect 0 'volume: original_shape_MeshVolume' "$program" stability wide.csv --ignore Group
# Unknown columns are named, with the way out.
expect 2 "wide.csv:1:1: nothing explains the column\(s\) 'Group'.*--ignore NAME" "$program" stability wide.csv
expect 2 "no column 'Patient' \(--subject\). The columns are 'PatientID'" "$program" stability wide.csv --subject Patient
expect 2 "neither fixed .* nor random" "$program" stability wide.csv --factor Scanner:rnd
sed 's/PatientID/Who/' wide.csv >nobody.csv
expect 2 'no column says which patient.*--subject COLUMN' "$program" stability nobody.csv
# A trial's own table: what was measured after preprocessing is left aside, of the truth too, unless it is the factor.
awk 'BEGIN {
  print "case,lesion,arm,replicate,feature,value,preprocessing"
  for (p = 1; p <= 12; ++p) for (a = 0; a < 3; ++a) for (s = 0; s < 2; ++s)
    printf "case%02d,lesion1,%s,%s,statistics.mean,%g,%s\n", p, a ? "arm" a : "object", a ? "scan" : "truth", p + (a * p * p) % 5 / 4 + 100 * s, s ? "smooth" : "none"
}' >tried.csv
expect 0 "24 value.s. of 'preprocessing' are not compared" "$program" stability tried.csv --harmonise arm --prior none -o tried
grep -v smooth tried.csv | sed 's/,none$//; s/,preprocessing$//' >untried.csv
expect 0 '' "$program" stability untried.csv --harmonise arm --prior none -o untried
expect 0 '' cmp tried/harmonisation.csv untried/harmonisation.csv
expect 0 '^statistics.mean,.*,24,' cat tried/harmonisation.csv
expect 0 '12 patients .case., 12 lesions .lesion.' "$program" stability tried.csv --factor preprocessing --factor arm
# Tables, whole or not at all.
expect 0 'out/variance.csv: 20 rows' "$program" stability wide.csv --ignore Group --factor Scanner:random -o out
expect 0 '^original_firstorder_Mean,Scanner,6,144,[0-9.]+,[0-9.]+,[0-9.]+,0\.[0-9]+,0\.[0-9]+,' cat out/variance.csv
expect 0 '^original_glcm_Contrast,.*the feature has the same value in every row' cat out/variance.csv
expect 0 '^feature,family,.*icc_a1,icc_a1_low,icc_a1_high' head -n 1 out/stability.csv
# Random scanners: mean squares of a complete table, REML where cells are missing, never a bootstrap over patients.
expect 0 '^original_firstorder_Mean,.*,anova,' cat out/stability.csv
awk -F, 'BEGIN { OFS = "," } NR % 9 == 4 { $7 = "" } { print }' wide.csv >holes.csv
"$program" stability holes.csv --ignore Group --factor Scanner:random -o holes >/dev/null
expect 0 '^original_firstorder_Mean,.*,reml,' cat holes/stability.csv
expect 0 '"icc_method": "bootstrap"' "$program" stability wide.csv --ignore Group --json
head -n 1 out/stability.csv >header
expect 1 '' grep -q bias header
expect 0 '"variance": \[' "$program" stability wide.csv --ignore Group --json
# The same numbers from semicolons, decimal commas and a byte order mark.
{ printf '\xef\xbb\xbf'; sed 's/,/;/g; s/\./,/g' wide.csv; } >german.csv
"$program" stability german.csv --ignore Group --factor Scanner:random -o german >/dev/null
expect 0 '' cmp out/variance.csv german/variance.csv
# Same bits at any thread count.
OMP_NUM_THREADS=1 "$program" stability wide.csv --ignore Group --factor Scanner:random -o one >/dev/null
expect 0 '' cmp out/variance.csv one/variance.csv
expect 0 '' cmp out/stability.csv one/stability.csv
# Vitrine's own tidy table says the same as the wide one.
awk -F, 'NR == 1 { for (i = 6; i <= 9; ++i) name[i] = $i; print "case,lesion,arm,replicate,feature,ibsi_code,unit,value,aggregation,reason"; next }
  { for (i = 6; i <= 9; ++i) print $1 "," $2 "," $3 ",scan," name[i] ",,1," $i ",,"
    print $1 "," $2 "," $3 ",truth," name[6] ",,1,1,," }' wide.csv >tidy.csv
expect 0 "144 value\(s\) of 'truth' are not compared" "$program" stability tidy.csv -o tidy --factor arm:random
numbers() { cut -d, -f1,3- "$1" | sed 's/Scanner/arm/g; s/PatientID/case/g; s/ROI/lesion/g'; }
numbers out/variance.csv >a; numbers tidy/variance.csv >b
expect 0 '' cmp a b
# ComBat: scanners come together, the harmonised table can be read again.
expect 0 'harm/harmonised.csv: 144 rows' "$program" stability wide.csv --harmonise Scanner --covariate Group -o harm
expect 0 '^original_glcm_Contrast,.*left as it is: it does not vary' cat harm/harmonisation.csv
expect 0 '' awk -F, '$1 == "original_firstorder_Mean" { exit !($5 > $2 + 0.1) }' harm/harmonisation.csv
expect 0 'without --truth, a larger ICC does not say' "$program" stability wide.csv --harmonise Scanner --ignore Group
# Judged by the truth: the mean that the object has, and a label that scanners hide.
awk -F, 'NR == 1 { print $0 ",True,Malignant"; next }
  { t = $7 - 5 * substr($3, 2); printf "%s,%s,%s\n", $0, (NR == 2 ? "" : t), (t > 48 ? "yes" : "no") }' wide.csv >known.csv
known() { "$program" stability known.csv --ignore Group --harmonise Scanner --reference S1 "$@"; }
expect 0 '1 feature\(s\) nearer to the truth, 0 farther' known --truth original_firstorder_Mean=True --label Malignant=yes -o known
expect 0 '' awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $1 == "original_firstorder_Mean" {
  exit !($at["rows_with_truth"] == 143 && $at["rms_error_ratio_high"] < 0.9 && $at["auc_after"] > $at["auc_before"]) }' known/harmonisation.csv
OMP_NUM_THREADS=1 known --truth original_firstorder_Mean=True --label Malignant=yes -o known1 >/dev/null
expect 0 '' diff -r known known1
expect 2 "no feature 'Mean'. Known: original_shape_MeshVolume" known --truth Mean=True --ignore Malignant
expect 2 "write FEATURE=COLUMN" known --truth True
expect 2 "known.csv:2:1: the truth 'Malignant' is '(yes|no)' \(not a number\)" known --truth original_firstorder_Mean=Malignant --ignore True
expect 2 'no row has that level' known --label Malignant=maybe --ignore True
expect 2 'label is confounded with the batches' known --label Scanner=S2 --ignore True,Malignant
expect 0 'auc_before.*ComBat is told the label' sh -c '"$0" stability known.csv --ignore Group,True --harmonise Scanner --covariate Malignant --label Malignant=yes --json' "$program"
awk -F, 'BEGIN { OFS = "," } NR > 1 { $2 = $1 $2; $1 = "P01" } { print }' wide.csv >alone.csv
expect 0 'not judged: .*one patient' "$program" stability alone.csv --ignore Group --harmonise Scanner
expect 0 '6 arms' "$program" stability harm/harmonised.csv --ignore Group
# The reference is not touched.
"$program" stability wide.csv --harmonise Scanner --reference S2 --ignore Group -o ref >/dev/null
expect 0 '' awk -F, 'NR == FNR { if ($3 == "S2") before[$1 $2] = $7; next } $3 == "S2" && before[$1 $2] + 0 != $5 + 0 { exit 1 }' wide.csv ref/harmonised.csv
expect 2 "reference batch 'S9' has no cases" "$program" stability wide.csv --ignore Group --harmonise Scanner --reference S9
expect 2 "'Group' is confounded with the batches" "$program" stability wide.csv --harmonise PatientID --covariate Group --smallest-batch 5
awk -F, 'NR == 1 || $2 == "L1"' wide.csv >few.csv
expect 2 "too few cases in batch S1 \(12\).*needs 20" "$program" stability few.csv --ignore Group --harmonise Scanner --smallest-batch 20
expect 2 'go with --harmonise' "$program" stability wide.csv --reference S2
# Few arms, one patient, confounded factors: the numbers that can be given, and why the others cannot.
awk -F, 'NR == 1 || $3 == "S1"' wide.csv >one_arm.csv
expect 0 'Scanner +withheld: it has one level|left out: Scanner: it has one level' "$program" stability one_arm.csv --ignore Group
awk -F, 'NR == 1 || $1 == "P01"' wide.csv >one_patient.csv
expect 0 'PatientID +withheld: it has one level' "$program" stability one_patient.csv --ignore Group
awk -F, 'NR == 1 || $3 <= "S4"' wide.csv >four.csv
expect 0 'no interval from 4 levels: at least 5 needed' "$program" stability four.csv --ignore Group --factor Scanner:random
awk -F, 'BEGIN { OFS = "," } { $4 = NR == 1 ? "Site" : "site" $3; print }' wide.csv >twins.csv
expect 0 'confounded with' "$program" stability twins.csv --factor Scanner:random --factor Site:random
# Broken files: file and line.
{ head -n 5 wide.csv; echo 'P01,L1,S6'; } >ragged.csv
expect 2 'ragged.csv:6.*3 cells, the header has 9' "$program" stability ragged.csv --ignore Group
{ head -n 5 wide.csv; sed -n 3p wide.csv; } >twice.csv
expect 2 "twice.csv:6.*is on line 3 already.*--repeat" "$program" stability twice.csv --ignore Group
sed '4s/[^,]*$/abc/' wide.csv >text.csv
expect 2 "text.csv:4.*'original_glcm_Contrast' is 'abc' \(not a number\)" "$program" stability text.csv --ignore Group
head -n 1 wide.csv >empty.csv
expect 2 'a header and no rows' "$program" stability empty.csv
expect 4 'absent.csv' "$program" stability absent.csv
{ cat tidy.csv; sed -n 2p tidy.csv; } >again.csv
expect 2 "again.csv:[0-9]+.*is on line 2 already" "$program" stability again.csv
sed '4s/[^,]*$/nan/; 7s/[^,]*$//' wide.csv >gaps.csv
expect 0 '4 features' "$program" stability gaps.csv --ignore Group -o gaps
expect 0 '^original_glcm_Contrast,.*"2 value\(s\) excluded: no number in the table' cat gaps/stability.csv
expect 1 '' grep -qE 'bias_|_t0|linearity' gaps/stability.csv  # nothing that only a trial can fill, notes too

verdict
