#!/usr/bin/env bash
# Installs what building and testing need, once: Debian packages (with sudo where not root) and a virtual
# environment. Does nothing when everything is there.
set -euo pipefail
python=$1
venv=$2

packages=(
  g++ cmake ninja-build ccache pkg-config clang-format
  nlohmann-json3-dev libzip-dev libsodium-dev libcli11-dev libtomlplusplus-dev libfmt-dev libtbb-dev zlib1g-dev libdeflate-dev
  libarchive-dev libcsv-dev libsentencepiece-dev libeigen3-dev libturbojpeg0-dev libopencv-imgcodecs-dev libopencv-imgproc-dev
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev python3-venv python3-dev
)

missing() {
  local package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null || return 0 # not Debian: the README names the libraries
  local wanted
  mapfile -t wanted < <(missing)
  [ "${#wanted[@]}" -eq 0 ] && return 0
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  echo "installing ${wanted[*]}"
  "${sudo[@]}" apt-get update -qq >/dev/null
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
}

install_python() {
  echo "setting up $venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt 2> >(grep -v '^WARNING' >&2 || true)
}

install_packages
install_python
touch "$venv/.ready"
