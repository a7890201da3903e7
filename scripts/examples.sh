#!/usr/bin/env bash
# Makes results/examples/ and docs/pictures/ anew; with --check, tells whether they are current.
set -euo pipefail
cd "$(dirname "$0")/.."
mpathsim="${MPATHSIM:-target/release/mpathsim}"

made="$(mktemp -d)"
trap 'rm -rf "$made"' EXIT

# A scenario, and the kinds of figures that are kept.
example() {
    local name scratch="$made/scratch"
    name="$(basename "$1" .toml)"
    "$mpathsim" run "$1" --quiet --out "$scratch"
    mkdir -p "$made/examples/$name"
    cp "$scratch"/{comparison.txt,summary.json} "$made/examples/$name/"
    for kind in "${@:2}"; do
        "$mpathsim" plot "$scratch" --kind "$kind" --out "$made/examples/$name/$kind.svg" >/dev/null
        "$mpathsim" plot "$scratch" --kind "$kind" --theme dark \
            --out "$made/examples/$name/$kind-dark.svg" >/dev/null
    done
    rm -rf "$scratch"
}
example scenarios/quick-start.toml layers sequence
example scenarios/failover/port-down-and-back.toml failover

# The pages show one figure of each kind; a book of pages holds what it shows.
mkdir -p "$made/pictures"
cp "$made"/examples/quick-start/{sequence,layers}.svg "$made/pictures/"
cp "$made"/examples/port-down-and-back/failover.svg "$made/pictures/"
picture() {
    "$mpathsim" plot "$1" --kind "$2" --out "$made/pictures/$2.svg" "${@:3}" >/dev/null
}
scratch="$made/scratch"
"$mpathsim" run scenarios/unequal-ports.toml --one-profile --quiet --out "$scratch/unequal-ports"
for kind in latency percentiles paths; do
    picture "$scratch/unequal-ports" "$kind"
done
"$mpathsim" sweep sweeps/bio-or-request.toml --quiet --out "$scratch/bio-or-request"
picture "$scratch/bio-or-request" crossover
picture "$scratch/bio-or-request" heat --metric lat_mean_us
"$mpathsim" sweep sweeps/selectors-by-rate.toml --quiet --out "$scratch/selectors-by-rate"
picture "$scratch/selectors-by-rate" lines
"$mpathsim" tournament scenarios/unequal-ports.toml --mode request --replications 5 \
    --out "$scratch/tournament" >/dev/null
picture "$scratch/tournament" ranking
"$mpathsim" compare round-robin queue-length --scenario scenarios/unequal-ports.toml \
    --replications 5 --out "$scratch/pair" >/dev/null
picture "$scratch/pair" differences

if [ "${1:-}" = --check ]; then
    if ! diff -rq "$made/examples" results/examples || ! diff -rq "$made/pictures" docs/pictures; then
        echo "results/examples or docs/pictures is not current: run scripts/examples.sh" >&2
        exit 1
    fi
else
    rm -rf results/examples docs/pictures
    cp -r "$made/examples" results/examples
    cp -r "$made/pictures" docs/pictures
fi
