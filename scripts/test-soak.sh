#!/usr/bin/env bash
# The long tests, then end-to-end tests once more in queue mode: also where one of the first fails.
set -uo pipefail

status=0
SOAK=1 jest --selectProjects soak || status=$?
jest --selectProjects queue || status=$?
exit "$status"
