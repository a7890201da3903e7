#!/usr/bin/env bash
# The report in a real browser. Without Chromium it is left out, but in CI.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
    && ! command -v google-chrome >/dev/null; then
    echo "no Chromium: the report is not tried in a browser"
    [ -z "${CI_NEEDS_ALL:-}" ]
    exit
fi
"$(scripts/python-env.sh tests/browser/requirements.txt)" tests/browser/test_report.py
