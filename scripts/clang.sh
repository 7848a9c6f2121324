#!/usr/bin/env bash
# Installs Clang with libFuzzer and its tools for coverage, which fuzzing alone needs. Debian has them as packages.
set -euo pipefail
# Whether a fuzz target can be linked says more than whether a package is there.
works() {
  command -v clang++ llvm-profdata llvm-cov >/dev/null &&
    echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
    clang++ -x c++ -fsanitize=fuzzer,address,undefined -fprofile-instr-generate -o /dev/null - 2>/dev/null
}
works && exit 0
command -v apt-get >/dev/null || { echo "fuzzing needs Clang with compiler-rt, and llvm-cov" >&2; exit 1; }
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "installing clang, compiler-rt and llvm"
"${sudo[@]}" apt-get update -qq >/dev/null
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends clang llvm >/dev/null
version=$(clang++ -dumpversion)
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "libclang-rt-${version%%.*}-dev" >/dev/null
works || { echo "this Clang cannot link fuzz targets" >&2; exit 1; }
