#!/usr/bin/env bash
# Measures what it costs to compare all workers' states: the table of docs/reliability.md.
#
#     scripts/measure-comparing.sh [rounds]        # 5 by default; medians
#
# One worker trains with a comparison after each step, and with none, in turn; what the steps take longer is the comparison.
# Uses .build/release/lockstep, and loopback alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lockstep=$PWD/.build/release/lockstep
rounds=${1-5}
[ -x "$lockstep" ] || {
    echo "measure-comparing: $lockstep is not there; run: make build" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

median() { sort -g | awk '{ a[NR] = $1 } END { print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2 }'; }

# The median time between two steps, in milliseconds.
milliseconds() { # every, options...
    "$lockstep" train --workers 1 --compare-every "$1" --data synthetic --checkpoint-every 1000000 --json \
        "${@:2}" | while IFS= read -r line; do
        case $line in *'"event":"step"'*) printf '%s\n' "$EPOCHREALTIME" ;; esac
    done | awk 'NR > 5 { printf "%.4f\n", ($1 - last) * 1000 } { last = $1 }' | median
    rm -rf runs
}

measure() { # name, options...
    local without=() with=() round
    for ((round = 0; round < rounds; round++)); do
        without+=("$(milliseconds 1000000000 "${@:2}")")
        with+=("$(milliseconds 1 "${@:2}")")
    done
    awk -v name="$1" -v a="$(printf '%s\n' "${without[@]}" | median)" -v b="$(printf '%s\n' "${with[@]}" | median)" \
        'BEGIN { printf "| %s | %.2f | %.2f | %.1f%% | %.3f%% |\n", name, a, b - a, 100 * (b - a) / a, (b - a) / a }'
}

echo '| model | step, ms | comparison, ms | of a step | of the run, every 100 steps |'
echo '| --- | ---: | ---: | ---: | ---: |'
measure '784-64-10, batch 64, SGD' --model mlp:784-64-10 --batch 64 --optimizer sgd --limit 6400 --epochs 5
measure '784-512-512-10, batch 128, Adam' --model mlp:784-512-512-10 --batch 128 --limit 6400 --epochs 4
measure '784-1024-1024-1024-1024-10, batch 512, Adam' --model mlp:784-1024-1024-1024-1024-10 --batch 512 --limit 6400 --epochs 3
