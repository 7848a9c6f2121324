#!/usr/bin/env bash
# Installs a browser for the test of the audit's report, which is skipped without one. Debian has it as a package.
set -euo pipefail
command -v chromium >/dev/null && exit 0
command -v apt-get >/dev/null || exit 0
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "installing chromium"
"${sudo[@]}" apt-get update -qq >/dev/null 2>&1 || true
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 ||
  echo "no chromium here: the test of the report's page is skipped"
