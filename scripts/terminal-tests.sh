#!/usr/bin/env bash
# `mpathsim run` in a terminal. Without Python it is left out, but in CI.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "no Python: the terminal is not tried"
    [ -z "${CI_NEEDS_ALL:-}" ]
    exit
fi
python3 tests/terminal.py
