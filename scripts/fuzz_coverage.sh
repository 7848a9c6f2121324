#!/usr/bin/env bash
# Prints, for each fuzz target, how many lines its corpus reaches of the readers that it is there for (fuzz/CMakeLists.txt).
#
#   scripts/fuzz_coverage.sh BUILD CORPUS [TARGET...]     BUILD has AMALGAM_FUZZ and AMALGAM_COVERAGE; CORPUS holds one
#                                                         folder a target; AMALGAM_MISSED=1 lists the lines not reached
set -euo pipefail
build=$1
corpora=$2
shift 2
covers="$build/fuzz/covers.txt"
[ $# -gt 0 ] || mapfile -t all < <(cut -d' ' -f1 "$covers" | grep .)
[ $# -gt 0 ] || set -- "${all[@]}"
version=$(clang++ -dumpversion)
tool() { command -v "$1-${version%%.*}" || echo "$1"; }

for target in "$@"; do
  program="$build/fuzz/fuzz_$target"
  corpus="$corpora/$target"
  AMALGAM_WRITE_SEEDS="$corpus" LLVM_PROFILE_FILE=/dev/null "$program"
  LLVM_PROFILE_FILE="$build/$target.profraw" "$program" -runs=0 "$corpus" >"$build/$target-coverage.log" 2>&1
  "$(tool llvm-profdata)" merge -o "$build/$target.profdata" "$build/$target.profraw"
  files=()
  for file in $(grep "^$target " "$covers" | cut -d' ' -f2-); do files+=("$PWD/src/$file"); done
  "$(tool llvm-cov)" export -format=text -summary-only "$program" -instr-profile="$build/$target.profdata" "${files[@]}" |
    python3 -c '
import json, sys
target, data = sys.argv[1], json.load(sys.stdin)["data"][0]
for file in data["files"]:
    lines = file["summary"]["lines"]
    name = file["filename"].split("/src/")[-1]
    print("{:<12} {:<28} {:>4} of {:>4} lines  {:5.1f} %".format(target, name, lines["covered"], lines["count"], lines["percent"]))
lines = data["totals"]["lines"]
print("{:<12} {:<28} {:>4} of {:>4} lines  {:5.1f} %".format(target, "all", lines["covered"], lines["count"], lines["percent"]))
' "$target"
  [ -z "${AMALGAM_MISSED:-}" ] ||
    "$(tool llvm-cov)" show "$program" -instr-profile="$build/$target.profdata" "${files[@]}" | grep -E '^ +[0-9]+\| +0\||^/' || true
done
