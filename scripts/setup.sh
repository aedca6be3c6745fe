#!/usr/bin/env bash
# Installs the packages of scripts/packages.txt that this Debian 12 lacks; needs root or sudo only if one is missing.
# Safe to run again. Where every package is there it asks nothing and needs no network.
set -euo pipefail
packages=$(dirname "${BASH_SOURCE[0]}")/packages.txt

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is no Debian system, so scripts/packages.txt was not checked; install its equivalents yourself." >&2
  exit 0
fi

mapfile -t wanted < <(sed 's/#.*//' "$packages" | tr -s '[:space:]' '\n' | sed '/^$/d')
present=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/ installed$//p' || true)
mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | grep -vxF -f <(printf '%s\n' "$present") || true)
if (( ${#missing[@]} == 0 )); then
  echo "setup: all ${#wanted[@]} packages are there"
  exit 0
fi

echo "setup: installing ${#missing[@]} of ${#wanted[@]} packages: ${missing[*]}"
as_root=()
if [[ $(id -u) != 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing and only root can install them (you are $(id -un), and there is no sudo)." >&2
    echo "setup: run as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3
     -o DPkg::Lock::Timeout=600)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
