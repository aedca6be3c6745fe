#!/usr/bin/env bash
# Installs the packages of scripts/packages.txt that this Debian 12 lacks; needs root or sudo only if one is missing.
# Where npm is present it also fetches the viewer of volumes that reports carry. Safe to run again. Where all is there
# it asks nothing and needs no network.
set -euo pipefail
packages=$(dirname "${BASH_SOURCE[0]}")/packages.txt

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is no Debian system, so scripts/packages.txt was not checked; install its equivalents yourself." >&2
    return
  fi
  local wanted present missing as_root=()
  mapfile -t wanted < <(sed 's/#.*//' "$packages" | tr -s '[:space:]' '\n' | sed '/^$/d')
  present=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/ installed$//p' || true)
  mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | grep -vxF -f <(printf '%s\n' "$present") || true)
  if (( ${#missing[@]} == 0 )); then
    echo "setup: all ${#wanted[@]} packages are there"
    return
  fi

  echo "setup: installing ${#missing[@]} of ${#wanted[@]} packages: ${missing[*]}"
  if [[ $(id -u) != 0 ]]; then
    if ! command -v sudo >/dev/null; then
      echo "setup: these packages are missing and only root can install them (you are $(id -un), and there is no sudo)." >&2
      echo "setup: run as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3
             -o DPkg::Lock::Timeout=600)
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
  echo "setup: done"
}

# NiiVue (BSD 2-Clause) is no Debian package. Without it reports show slices only, so nothing here stops a build.
fetch_viewer() {
  local version=0.69.0 digest=47b896b77ec4a5be3ef1949c33ad393b6f45629921f326c279000bcf51bdb4af
  local folder=${XDG_CACHE_HOME:-$HOME/.cache}/vitrine/niivue-$version fetched
  if [[ -f $folder/niivue.umd.js ]] || ! command -v npm >/dev/null; then return; fi
  fetched=$(mktemp -d)
  if (cd "$fetched" && timeout 120 npm pack --silent "@niivue/niivue@$version" && tar xzf ./*.tgz) >/dev/null 2>&1 &&
     echo "$digest  $fetched/package/dist/niivue.umd.js" | sha256sum --check --status; then
    mkdir -p "$folder"
    mv "$fetched/package/dist/niivue.umd.js" "$folder/"
    echo "setup: fetched NiiVue $version, with which reports show volumes"
  else
    echo "setup: NiiVue $version could not be fetched by npm, so reports will show slices only" >&2
  fi
  rm -rf "$fetched"
}

install_packages
fetch_viewer
