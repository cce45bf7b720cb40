#!/usr/bin/env bash
# A line with the SHA-256 of every file of the build, by path. Two builds that print the same are the
# same, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/../dist"
find . -type f -print0 | LC_ALL=C sort --zero-terminated | xargs --null sha256sum
