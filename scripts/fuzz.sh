#!/usr/bin/env bash
# Runs fuzz targets, one after another, each for so many seconds, from its own seeds and what earlier runs found; a line
# for each, and the end of the log where there is a finding. What libFuzzer keeps is in BUILD/corpus/TARGET.
#
#   scripts/fuzz.sh BUILD SECONDS [TARGET...]
set -euo pipefail
build=$1
seconds=$2
shift 2
covers="$build/fuzz/covers.txt"
[ $# -gt 0 ] || mapfile -t all < <(cut -d' ' -f1 "$covers" | grep .)
[ $# -gt 0 ] || set -- "${all[@]}"
# Libraries that are not instrumented hand containers over, which looks like an overflow to ASan.
export ASAN_OPTIONS=detect_container_overflow=0:allocator_may_return_null=0
# Where lines are counted as well, the counts are scripts/fuzz_coverage.sh's to keep.
export LLVM_PROFILE_FILE=/dev/null

# The words that the readers look for, as libFuzzer's dictionary.
dictionary() {
  local file
  for file in $(grep "^$1 " "$covers" | cut -d' ' -f2-); do
    grep -oh '"[a-zA-Z_.]\{2,30\}"' "src/$file" || true
  done | sort -u
}

failed=0
for target in "$@"; do
  corpus="$build/corpus/$target"
  log="$build/$target.log"
  mkdir -p "$corpus"
  AMALGAM_WRITE_SEEDS="$corpus" "$build/fuzz/fuzz_$target"
  [ -d "fuzz/seeds/$target" ] && cp -n fuzz/seeds/"$target"/* "$corpus"
  dictionary "$target" >"$build/$target.dict"
  words=()
  [ -s "$build/$target.dict" ] && words=(-dict="$build/$target.dict")
  if "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -malloc_limit_mb=2048 -use_value_profile=1 \
    "${words[@]}" -artifact_prefix="$build/$target-" "$corpus" >"$log" 2>&1; then
    echo "fuzz $target: $(grep -o '^Done .*' "$log"), $(grep -o 'cov: [0-9]*' "$log" | tail -1), no finding"
  else
    failed=1
    echo "fuzz $target: a finding, $log:"
    grep -v '^#[0-9]* *\(NEW\|REDUCE\|pulse\)' "$log" | tail -40
  fi
done
exit $failed
