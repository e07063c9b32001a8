#!/usr/bin/env bash
# Measures how long a run takes to notice what goes wrong and to train again: the table of docs/reliability.md.
#
#     scripts/measure-reliability.sh [times]        # each case so many times, 5 by default; medians and ranges
#
# Uses .build/release/lockstep, and loopback alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lockstep=$PWD/.build/release/lockstep
times=${1-5}
[ -x "$lockstep" ] || {
    echo "measure-reliability: $lockstep is not there; run: make build" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
job=(--data synthetic --limit 6400 --model mlp:784-128-10 --batch 64 --epochs 100000 --json)

# Starts a command in the background with the time of each line of its output in the file log.
start() {
    log=$work/log
    : >"$log"
    "$@" > >(while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done >"$log") 2>&1 &
    run=$!
}

# The time of the first line after line $1 that matches $2; waits for it.
moment() {
    local found=
    until found=$(tail -n "+$(($1 + 1))" "$log" | grep -m 1 -E "$2"); do
        kill -0 "$run" 2>/dev/null || { tail -3 "$log" >&2; exit 1; }
        sleep 0.002
    done
    echo "${found%% *}"
}

lines() { wc -l <"$log"; }
worker() { grep -oE "worker $1 \(host [^ ]*, process [0-9]+\) joined" "$log" | tail -1 | grep -oE 'process [0-9]+' | cut -d ' ' -f 2; }
since() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f\n", b - a }'; }
stop() { kill -INT "$run"; wait "$run" || true; }

# Median and range of the numbers of a file.
summary() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%s s (%s to %s)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }
report() { printf '| %s | %s |\n' "$1" "$(summary "$2")"; }

step='"event":"step"'
for _ in $(seq "$times"); do
    # A worker is killed: named, and the next step done without it.
    start "$lockstep" train --workers 3 --restarts 0 "${job[@]}"
    moment 0 '"step":50,' >/dev/null
    at=$(lines) began=$EPOCHREALTIME
    kill -KILL "$(worker 1)"
    since "$began" "$(moment "$at" 'SIGKILL')" >>killed-named
    named=$(grep -n SIGKILL "$log" | head -1 | cut -d : -f 1)
    since "$began" "$(moment "$named" "$step")" >>killed-trains
    stop
    # A worker is frozen, and thawed.
    start "$lockstep" train --workers 3 "${job[@]}"
    moment 0 '"step":50,' >/dev/null
    victim=$(worker 1) at=$(lines) began=$EPOCHREALTIME
    kill -STOP "$victim"
    since "$began" "$(moment "$at" 'has not been heard from')" >>frozen-named
    named=$(grep -n 'has not been heard from' "$log" | head -1 | cut -d : -f 1)
    since "$began" "$(moment "$named" "$step")" >>frozen-trains
    at=$(lines) began=$EPOCHREALTIME
    kill -CONT "$victim"
    since "$began" "$(moment "$at" '3 workers go on')" >>thawed
    stop
    # The coordinator is killed, and started again.
    rm -rf runs
    start "$lockstep" coordinator --workers 2 "${job[@]}"
    address=$(moment 0 'listening on' >/dev/null && grep -oE 'tcp://[0-9.:]+' "$log" | head -1)
    "$lockstep" worker --coordinator "$address" --quiet & one=$!
    "$lockstep" worker --coordinator "$address" --quiet & two=$!
    moment 0 '"step":50,' >/dev/null
    kill -KILL "$run"
    wait "$run" || true
    began=$EPOCHREALTIME
    start "$lockstep" coordinator --workers 2 --json --resume runs/*
    since "$began" "$(moment 0 "$step")" >>coordinator
    stop
    wait "$one" "$two" || true
    # A worker joins a large run: the time from being asked for the state to the next generation.
    start "$lockstep" coordinator --workers 1 --max-workers 2 --data synthetic --limit 6400 --model mlp:784-2048-2048-10 \
        --batch 64 --epochs 1000 --optimizer adam --json
    address=$(moment 0 'listening on' >/dev/null && grep -oE 'tcp://[0-9.:]+' "$log" | head -1)
    "$lockstep" worker --coordinator "$address" --quiet & one=$!
    moment 0 '"step":5,' >/dev/null
    "$lockstep" worker --coordinator "$address" --quiet & two=$!
    since "$(moment 0 'sends the state after')" "$(moment 0 '2 workers go on')" >>transfer
    stop
    wait "$one" "$two" || true
done
bytes=$((4 * 3 * (784 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 10 + 10)))
echo '| what | median (range) |'
echo '| --- | --- |'
report 'killed worker of this host: named' killed-named
report 'killed worker: the others have done the next step' killed-trains
report 'frozen worker: named' frozen-named
report 'frozen worker: the others have done the next step' frozen-trains
report 'thawed worker: in the run again, with the current state' thawed
report 'coordinator started again: the next step is done' coordinator
report "state of $((bytes / 1000000)) MB sent to a worker that joins, checked and taken up" transfer
