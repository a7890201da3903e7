#!/usr/bin/env bash
# Prints the Python of an environment in target/python that has what is pinned
# in the requirement files given.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -x target/python/bin/python ]; then
    python3 -m venv target/python
fi
for file in "$@"; do
    stamp="target/python/$(sha256sum "$file" | cut -c1-16)"
    if [ ! -e "$stamp" ]; then
        target/python/bin/pip install --quiet --disable-pip-version-check -r "$file" >&2
        touch "$stamp"
    fi
done
echo "$PWD/target/python/bin/python"
