#!/usr/bin/env bash
# The programs that tests drive and that npm does not have. Where this may install nothing, the
# tests that need them say what is missing.
set -euo pipefail

missing=()
command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
command -v redis-server >/dev/null || missing+=(redis-server)
# Debian keeps PostgreSQL's programs out of the PATH.
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null ||
	missing+=(postgresql)

if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "Installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update -q && apt-get install -qy --no-install-recommends "${missing[@]}"; } ||
		echo "apt-get did not install all of ${missing[*]}"
fi
