#!/bin/sh
# What --microbatches and --workers cost and gain on this machine: samples a second of short runs, in turn, medians of five.
# The figures of docs/performance.md. Usage: scripts/measure-microbatches.sh [options of lockstep train]
set -eu
cd "$(dirname "$0")/.."
lockstep=$PWD/.build/release/lockstep
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
configurations="--single-process,1 --single-process,2 --single-process,4 --single-process,8 --workers=1,4 --workers=2,2 --workers=2,4 --workers=2,8"
for round in 1 2 3 4 5; do
    for configuration in $configurations; do
        result=$("$lockstep" train "${configuration%,*}" --microbatches "${configuration#*,}" \
            --data synthetic --epochs 3 --json "$@" | sed -n 's/.*"samples_per_second":\([0-9]*\).*/\1/p' | tail -1)
        echo "$configuration $round $result"
    done
done | sort | awk '{ v[$1] = v[$1] " " $3 } END { for (c in v) { n = split(v[c], a, " "); for (i = 2; i <= n; i++) { x = a[i] + 0; for (j = i - 1; j > 0 && a[j] + 0 > x; j--) a[j + 1] = a[j]; a[j + 1] = x }; print c, a[int((n + 1) / 2)], "(" a[1] " to " a[n] ")" } }' |
    sort
