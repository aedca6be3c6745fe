#!/usr/bin/env bash
# Same bits for every number of threads, and at the portable level whatever the processor offers libm.
#   run.sh PROGRAM SCENARIO [--set KEY=VALUE ...]
set -euo pipefail
program=$1 scenario=$2; shift 2
overrides=("$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() {  # run NAME [VARIABLE=VALUE...]
  local name=$1; shift
  env "$@" "$program" run "$scenario" --out "$work/$name" --quiet "${overrides[@]}"
  sha256sum <"$work/$name/SHA256SUMS" | tee "$work/$name.sum" | sed "s/-/$name/"
}
same() { cmp "$work/$1.sum" "$work/$2.sum" || { echo "FAILED: $1 and $2 differ:"; diff "$work/$1/SHA256SUMS" "$work/$2/SHA256SUMS" | head; exit 1; }; }
run threads1 OMP_NUM_THREADS=1
for n in 2 3 8; do run threads$n OMP_NUM_THREADS=$n; same threads1 threads$n; done
run portable VITRINE_ISA=portable
run portable_libm VITRINE_ISA=portable GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA
same portable portable_libm
echo "6 runs: same bits"
