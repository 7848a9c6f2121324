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
export ASAN_OPTIONS=detect_container_overflow=0:allocator_may_return_null=0  # as scripts/fuzz.sh has it
version=$(clang++ -dumpversion)
tool() { command -v "$1-${version%%.*}" || echo "$1"; }

for target in "$@"; do
  program="$build/fuzz/fuzz_$target"
  corpus="$corpora/$target"
  AMALGAM_WRITE_SEEDS="$corpus" LLVM_PROFILE_FILE=/dev/null "$program"
  LLVM_PROFILE_FILE="$build/$target.profraw" "$program" -runs=0 "$corpus" >"$build/$target-coverage.log" 2>&1
  "$(tool llvm-profdata)" merge -o "$build/$target.profdata" "$build/$target.profraw"
  read -ra files < <(grep "^$target " "$covers" | cut -d' ' -f2-)
  "$(tool llvm-cov)" export -format=text -summary-only "$program" -instr-profile="$build/$target.profdata" |
    python3 -c '
import json, sys

def show(name, covered, count):
    share = 100 * covered / count
    print(f"{target:<12} {name:<28} {covered:>4} of {count:>4} lines  {share:5.1f} %")

target, wanted = sys.argv[1], sys.argv[2:]
lines = {file["filename"].split("/src/")[-1]: file["summary"]["lines"] for file in json.load(sys.stdin)["data"][0]["files"]}
for name in wanted:
    show(name, lines[name]["covered"], lines[name]["count"])
show("all", *(sum(lines[name][key] for name in wanted) for key in ("covered", "count")))
' "$target" "${files[@]}"
  [ -z "${AMALGAM_MISSED:-}" ] ||
    "$(tool llvm-cov)" show "$program" -instr-profile="$build/$target.profdata" |
    awk -v wanted=" ${files[*]} " '/^\// { sub(/.*\/src\//, ""); sub(/:$/, ""); on = index(wanted, " " $0 " "); name = $0 }
                                  on && /^ +[0-9]+\| +0\|/ { print name ":" $0 }'
done
