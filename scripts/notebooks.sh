#!/usr/bin/env bash
# Executes the notebooks; `scripts/notebooks.sh --out FOLDER` keeps them with
# their outputs, as notebooks and as pages.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "no Python 3.11: the notebooks are not executed"
    [ -z "${CI_NEEDS_ALL:-}" ]
    exit
fi
"$(scripts/python-env.sh notebooks/requirements.txt)" notebooks/execute.py "$@"
