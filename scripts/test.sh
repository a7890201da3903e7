#!/usr/bin/env bash
# Everything that is checked: formatting, lints, documentation, tests.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

step cargo fmt --all --check
step cargo clippy --locked --all-targets -- -D warnings
step cargo clippy --locked --all-targets --features planted-defects -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --locked --no-deps
step cargo test --locked --profile checks
# Tables as Parquet.
step cargo test --locked --profile checks --features parquet --lib parquet
# That the fault campaign finds what is planted.
step cargo test --locked --profile checks --features planted-defects --test torture
# What else is made from results, by the build of the tests, not one of the last
# two.
step cargo build --locked --profile checks
export MPATHSIM="$PWD/target/checks/mpathsim"
step scripts/examples.sh --check
step scripts/notebooks.sh
step scripts/browser-tests.sh
step scripts/terminal-tests.sh
