#!/usr/bin/env bash
# The programs that tests and the demo drive and that npm does not have: those of these Debian
# packages, by default of all. Where this may install nothing, what needs them says what is missing.
set -euo pipefail

is_here() {
	case $1 in
	chromium) command -v chromium chromium-browser google-chrome ;;
	redis-server) command -v redis-server ;;
	# Debian keeps PostgreSQL's programs out of the PATH.
	postgresql) compgen -G '/usr/lib/postgresql/*/bin/postgres' || command -v postgres ;;
	*) echo "Unknown package: $1" >&2 && exit 2 ;;
	esac >/dev/null
}

[ $# -gt 0 ] || set -- chromium redis-server postgresql
missing=()
for package in "$@"; do
	is_here "$package" || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "Installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update -q && apt-get install -qy --no-install-recommends "${missing[@]}"; } ||
		echo "apt-get did not install all of ${missing[*]}"
fi
