#!/usr/bin/env bash
# Compares what the program says about itself with the generated files that are committed.
#   scripts/check_docs.sh [--fix] [PROGRAM]     default program: build/dev/src/cli/vitrine
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fix=
if [[ ${1:-} == --fix ]]; then fix=1; shift; fi
program=${1:-build/dev/src/cli/vitrine}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

# compare COMMITTED ARGUMENTS...: the committed file against what `vitrine ARGUMENTS` prints.
compare() {
  local committed=$1; shift
  "$program" "$@" >"$scratch/now"
  if [[ $fix ]]; then
    mkdir -p "$(dirname "$committed")"
    cp "$scratch/now" "$committed"
  elif ! diff -u "$committed" "$scratch/now"; then
    echo "$committed is not what 'vitrine $*' prints. Run scripts/check_docs.sh --fix and commit." >&2
    status=1
  fi
}
compare docs/reference/catalogue.md explain --markdown
compare docs/reference/features.md explain feature --markdown
compare scenarios/schema.json schema
compare scenarios/sinogram.schema.json schema sinogram
exit $status
