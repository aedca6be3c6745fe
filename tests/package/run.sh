#!/usr/bin/env bash
# Makes the Debian package of a build and looks into it.
#   run.sh BUILD_DIRECTORY CPACK
set -euo pipefail
build=$1 cpack=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
"$cpack" --config "$build/CPackConfig.cmake" -B "$work" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; fail "no package"; }
package=$(echo "$work"/vitrine_*_amd64.deb)
depends=$(dpkg-deb -f "$package" Depends)
for library in libinsighttoolkit5 libdcmtk libhdf5 libyaml-cpp libxrl libssl libgomp1; do
  [[ $depends == *$library* ]] || fail "the package does not ask for $library: $depends"
done
dpkg-deb -x "$package" "$work/root"
share=$work/root/usr/share
"$work/root/usr/bin/vitrine" validate "$share/vitrine/scenarios/03_liver_lesions.yaml"
"$work/root/usr/bin/vitrine" man | cmp - "$share/man/man1/vitrine.1"
"$work/root/usr/bin/vitrine" completion bash | cmp - "$share/bash-completion/completions/vitrine"
grep -q '^#compdef vitrine' "$share/zsh/vendor-completions/_vitrine" || fail "no completion for zsh"
grep -q '^complete -c vitrine' "$share/fish/vendor_completions.d/vitrine.fish" || fail "no completion for fish"
[[ ! -e $work/root/usr/include ]] || fail "the program's package holds headers"
echo "$(basename "$package"): $depends"
# Networks: Node.js' program is a text; OpenCV's is a package of its own, where it was built.
[[ -x $work/root/usr/bin/vitrine-onnx-node ]] || fail "no vitrine-onnx-node"
[[ $depends != *opencv* ]] || fail "the program's package asks for OpenCV: $depends"
for onnx in "$work"/vitrine-onnx_*_amd64.deb; do
  [[ -e $onnx ]] || continue
  depends=$(dpkg-deb -f "$onnx" Depends)
  [[ $depends == *libopencv-dnn* && $depends == *"vitrine (="* ]] || fail "vitrine-onnx lacks a dependency: $depends"
  dpkg-deb -x "$onnx" "$work/root"
  "$work/root/usr/bin/vitrine-onnx-opencv" --version | grep -q '^OpenCV DNN ' || fail "vitrine-onnx-opencv does not run"
  echo "$(basename "$onnx"): $depends"
done
