#!/usr/bin/env bash
# From a fresh clone to a first result: installs what is missing, builds a release, runs a whole trial, names its report.
#   scripts/demo.sh [OUTPUT_DIRECTORY]     default: demo-output in the repository
# Safe to run again: what is installed, built or already computed is not done twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
output=${1:-demo-output}
scenario=scenarios/01_lung_nodule_stability.yaml

scripts/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target vitrine_cli --parallel "$(nproc)"
start=$SECONDS
build/release/src/cli/vitrine run "$scenario" --out "$output"
echo
echo "The trial took $((SECONDS - start)) s. Its report, which opens in any browser, is"
echo "  $(realpath "$output")/report.html"
