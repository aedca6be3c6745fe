#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors and contracts on, and runs the tests.
#   scripts/test.sh            fast and full
#   scripts/test.sh --fast     fast only (a minute or two)
#   scripts/test.sh --soak     fast, full and soak
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in
  "") labels='^(fast|full)$' ;;
  --fast) labels='^fast$' ;;
  --soak) labels='^(fast|full|soak)$' ;;
  *) sed -n '2,5p' "$0" >&2; exit 2 ;;
esac

scripts/setup.sh
cmake --preset dev >/dev/null
cmake --build --preset dev --parallel "$(nproc)"
ctest --preset dev --label-regex "$labels"
