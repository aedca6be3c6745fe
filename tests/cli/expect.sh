# Sourced by the tests of the program: an empty directory of their own, and what counts.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

# expect CODE PATTERN COMMAND...: the command ends with CODE and prints PATTERN.
expect() {
  local code=$1 pattern=$2 got=0; shift 2
  "$@" >output 2>&1 </dev/null || got=$?
  if (( got == code )) && { [[ -z $pattern ]] || grep -qE -- "$pattern" output; }; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $* (exit $got, expected $code and '$pattern')"; tail -n 15 output
  fi
}

# damage FILE: another bit in the middle.
damage() {
  python3 - "$1" <<'EOF'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[len(data) // 2] ^= 1
open(sys.argv[1], 'wb').write(data)
EOF
}

# The last line of a test: how many were passed, and whether that is all.
verdict() {
  echo "$passed passed, $failed failed"
  (( failed == 0 ))
}
