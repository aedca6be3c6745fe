#!/usr/bin/env bash
# Every broken scenario of broken/ is refused with the messages that broken/EXPECTED has for it, and nothing is written.
#   broken.sh PROGRAM FOLDER
set -uo pipefail
program=$1
cd "$2" || exit 1
said=$(mktemp)
trap 'rm -f "$said"' EXIT
failed=0 files=0 before=$(ls -A)
complain() { echo "FAILED: $*"; tail -n 8 "$said"; failed=$((failed + 1)); }
for file in *.yaml; do
  files=$((files + 1)) patterns=0
  timeout 10 "$program" validate "$file" >"$said" 2>&1
  (( $? == 2 )) || complain "$file is not refused with exit code 2"
  while read -r name pattern; do
    [[ $name == "${file%.yaml}" ]] || continue
    patterns=$((patterns + 1))
    # Positions follow the file's name, but for the line that counts the problems.
    [[ $pattern == [\^a-z]* ]] || pattern="^$file:$pattern"
    grep -aqE -- "$pattern" "$said" || complain "$file: '$pattern' is not said"
  done <EXPECTED
  (( patterns > 0 )) || complain "EXPECTED has nothing on $file"
  problems=$(grep -aoE '^[0-9]+ problems? in' "$said" | grep -oE '^[0-9]+')
  listed=$("$program" validate --json "$file" | python3 -c '
import json, sys
found = json.load(sys.stdin)
assert all(set(one) == {"file", "line", "column", "path", "message"} and one["line"] > 0 and one["message"] for one in found)
print(len(found))')
  [[ $listed == "$problems" ]] || complain "$file: --json lists '$listed' problems, the text counts '$problems'"
done
[[ $(ls -A) == "$before" ]] || complain "something was written"
while read -r name _; do
  [[ $name == '#' || -e $name.yaml ]] || complain "EXPECTED names $name.yaml, which is not there"
done <EXPECTED
echo "$files broken scenarios, $failed failures"
(( failed == 0 && files >= 20 ))
