#!/usr/bin/env bash
# A trial that is killed at any instant, runs out of disk or memory, is stopped, or meets another process: nothing is
# half-written, and the same command ends with the same bytes.
#   run.sh PROGRAM SOURCE_DIRECTORY KILLS [every]
# KILLS: how many runs are killed at a random time. every: also one at each write, fsync and rename in turn (strace).
set -uo pipefail
program=$1 source=$2 kills=$3 every=${4:-}
work=$(mktemp -d)
mounted=
trap '[[ -n $mounted ]] && umount "$work/disk"; rm -rf "$work"' EXIT
cd "$work" || exit 1
cp "$source/tests/cli/tiny.yaml" .
failed=0
complain() { echo "FAILED: $*"; failed=$((failed + 1)); [[ -s said ]] && tail -n 5 said; return 0; }
milliseconds() { echo $(( $(date +%s%N) / 1000000 )); }
trial=(run tiny.yaml --quiet --set patients.count=2 --set arms.repeat.count=0 --set 'arms.vary={tube_load_mas: [80, 20]}'
       --set 'outputs.images=[nifti]' --set 'measure.features=[statistics]' --set analyse=[] --set arms.protocol.slices=4 --set arms.protocol.matrix=48)
# complete DIR: the trial in DIR is whole and is the reference's.
complete() {
  cmp -s "$1/SHA256SUMS" reference/SHA256SUMS || complain "$1 has other files than the run that nobody disturbed"
  "$program" verify "$1" >said 2>&1 || complain "$1 has damaged files"
  "$program" audit verify "$1" >said 2>&1 || complain "the audit log of $1 does not verify"
  tail -n 1 "$1/audit.log" | grep -q '"event":"finished"' || complain "the audit log of $1 has no end"
  [[ -z $(find "$1" -name '*.partial') ]] || complain "$1 holds partial files"
}
# sound DIR: whatever is in DIR under a final name is what the reference has there.
sound() {
  local file
  while IFS= read -r file; do
    case $file in */.state/* | */.lock | */run.jsonl | */audit.log | *.partial) continue ;; esac
    cmp -s "$file" "reference/${file#"$1"/}" || complain "$file is not whole"
  done < <(find "$1" -type f 2>/dev/null)
}
finish() { "$program" "${trial[@]}" --out "$1" >said 2>&1 || complain "$1 does not continue"; complete "$1"; }

start=$(milliseconds)
"$program" "${trial[@]}" --out reference || exit 1
length=$(( $(milliseconds) - start ))

# Killed at a random time, again and again until it gets through.
RANDOM=7 interrupted=0
for (( i = 0; i < kills; ++i )); do
  "$program" "${trial[@]}" --out "kill$i" >/dev/null 2>&1 &
  process=$!
  sleep "$(( RANDOM % (length + length / 10) + 1 ))e-3"
  kill -9 $process 2>/dev/null && interrupted=$((interrupted + 1))
  wait $process 2>/dev/null
  sound "kill$i"
  finish "kill$i"
  rm -rf "kill$i"
done
echo "killed at random: $interrupted of $kills runs were not done; all continued"

# An audit log whose last line was cut short, as a machine that loses power may leave it: healed, and said in it.
for keep in 0 1 200 -150 -1; do
  cp -r reference torn
  (( keep >= 0 )) && size=$keep || size=$(( $(stat -c %s torn/audit.log) + keep ))
  truncate -s "$size" torn/audit.log
  rm torn/SHA256SUMS
  (( keep == 0 )) || { "$program" audit verify torn >said 2>&1 && complain "a log cut to $size bytes verifies"; }
  rm -r torn/.state/case00*.json  # their lines may be among those that were cut off
  finish torn
  said=$(grep -c '"event":"repaired"' torn/audit.log)
  (( said == (keep == 0 ? 0 : 1) )) || complain "$said repairs are told of a log cut to $size bytes"
  rm -rf torn
done
# Cut at the end of a line, the chain holds: but the log then lacks what lies in the directory.
cp -r reference torn
sed -i '$d' torn/audit.log
"$program" audit verify torn >said 2>&1 && complain "a log without its end verifies"
grep -q 'end of the log was cut off' said || complain "the missing end is not named"
rm -rf torn
echo "torn audit logs: healed"

# killed_at CALL LEAST [STRACE_OPTION...]: the trial, killed at each such call in turn, of which there are LEAST or more.
killed_at() {
  local call=$1 least=$2 total=0 n; shift 2
  for (( n = 1; ; ++n )); do
    # In a group, so that bash's note of the kill goes away too.
    { OMP_NUM_THREADS=1 strace -f -o /dev/null "$@" -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
        "$program" "${trial[@]}" --out step >said; } >/dev/null 2>&1 && break
    total=$n
    sound step
    finish step
    rm -rf step
  done
  complete step && rm -rf step
  (( total >= least )) || complain "only $total calls of $call: were they counted?"
  echo "killed at each $call${*:+ of $(basename "${*: -1}")}: $total times; all continued"
}
# Each call on the audit log: start, two cases, end. Then each that changes the disk.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
  for call in write fsync; do killed_at $call 4 -P "$work/step/audit.log"; done
  [[ -z $every ]] || for call in write fsync rename; do killed_at $call 11; done
else
  echo "skipped: killing at each system call needs strace"
fi

# Stopped by Ctrl-C: within two seconds, with its exit code, and to be continued.
slow=("${trial[@]}" --set arms.protocol.slices=200 --set arms.protocol.slice_increment_mm=0.2 --set arms.protocol.matrix=1024)
setsid "$program" "${slow[@]}" --out stopped >said 2>&1 &
process=$!
sleep 0.4
start=$(milliseconds)
kill -INT $process
wait $process
code=$?
took=$(( $(milliseconds) - start ))
(( code == 130 )) || complain "Ctrl-C ends with $code, not 130"
(( took < 2000 )) || complain "Ctrl-C took $took ms"
grep -q 'Run the same command to continue' said || complain "Ctrl-C says nothing"
"$program" status stopped >said 2>&1
grep -q 'interrupted' said || complain "a stopped trial is not called interrupted"
"$program" audit show stopped >said 2>&1 || complain "the audit log of a stopped trial does not verify"
echo "Ctrl-C: $took ms"

# Two processes on one directory.
"$program" "${slow[@]}" --out shared >/dev/null 2>&1 &
process=$!
for (( i = 0; i < 50; ++i )); do [[ -s shared/.lock ]] && break; sleep 0.02; done
"$program" "${slow[@]}" --out shared >said 2>&1
(( $? == 4 )) && grep -q "in use (by process $process on" said || complain "the second process is let in, or not told who is there"
"$program" status shared >said 2>&1
grep -q "running (process $process on" said || complain "status does not say who runs"
kill -9 $process; wait $process 2>/dev/null
"$program" status shared >said 2>&1
grep -q 'interrupted' said || complain "the lock of a killed process holds"

# A full disk: refused before the start, or a clear error, and the same command continues once there is room.
mkdir disk
need=$(du -sk reference | cut -f1)
if mount -t tmpfs -o "size=$((4 * need))k" tmpfs disk 2>/dev/null; then
  mounted=yes
  for (( i = 1; i <= 10; ++i )); do
    mount -o "remount,size=$(( need * i / 8 + 64 ))k" disk
    "$program" "${trial[@]}" --out disk/trial >said 2>&1
    code=$?
    case $code in
      0) complete disk/trial ;;
      3 | 4) grep -qE 'No space|needs about' said || complain "a full disk is not named"; sound disk/trial ;;
      *) complain "a full disk ends with $code" ;;
    esac
    (( i % 2 )) || rm -rf disk/trial
  done
  mount -o "remount,size=$((4 * need))k" disk
  finish disk/trial
  umount disk && mounted=
  echo "full disk: 10 sizes"
else
  echo "skipped: a full disk needs the right to mount a tmpfs"
fi

# Too little memory: an answer, nothing corrupt, and the same command continues.
for limit in 60 120 200 400; do
  (ulimit -v $((limit * 1024)); exec "$program" "${trial[@]}" --out starved) >said 2>&1
  code=$?
  case $code in
    0 | 2 | 3 | 4 | 127) ;;
    *) complain "with $limit MB of address space it ends with $code" ;;
  esac
  sound starved
done
finish starved

(( failed == 0 )) || { echo "$failed failures"; exit 1; }
echo "survived"
