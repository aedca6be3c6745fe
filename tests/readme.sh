#!/usr/bin/env bash
# readme.sh PROGRAM REPOSITORY: the scenario that README.md shows is one that the program accepts.
set -euo pipefail
program=$1 repository=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$repository/scenarios" "$scratch/"
sed -n '/^```yaml$/,/^```$/p' "$repository/README.md" | sed '1d;$d' >"$scratch/scenarios/first_look.yaml"
"$program" validate "$scratch/scenarios/first_look.yaml"
"$program" plan "$scratch/scenarios/first_look.yaml" >/dev/null
