#!/usr/bin/env bash
# Measures how long a run takes to notice what goes wrong and to train again: the table of docs/reliability.md.
#
#     scripts/measure-reliability.sh [times]        # each case so many times, 5 by default; medians and ranges
#
# Uses .build/release/lockstep, and loopback alone; what is cut off is a host that is a network namespace, where this user may make some.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/network-hosts.sh
. scripts/network-hosts.sh
enter_network 'no cable is pulled' "$@"
lockstep=$PWD/.build/release/lockstep
times=${1-5}
[ -x "$lockstep" ] || {
    echo "measure-reliability: $lockstep is not there; run: make build" >&2
    exit 1
}
work=$(mktemp -d)
cd "$work"
# Steps of some milliseconds, so that the shell below can keep up with their lines.
job=(--data synthetic --limit 6400 --model mlp:784-512-10 --batch 256 --epochs 100000 --json)
run='' others=()
trap 'kill -KILL $run "${others[@]}" "${holders[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
[ "$HOSTS_NETWORK" != hosts ] || make_network

# Starts a command in the background with the time of each line of its output in the file log.
start() {
    log=$work/log
    rm -f "$log"
    : >"$log"
    "$@" > >(while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done >>"$log") 2>&1 &
    run=$!
}

# Waits for the first line after line $1 that matches $2: its time in `moment`, its number in `number`.
await() {
    local found
    until found=$(grep -n -m 1 -E "$2" < <(tail -n "+$(($1 + 1))" "$log")); do
        if ! kill -0 "$run" 2>/dev/null; then
            echo "measure-reliability: the run ended without a line of '$2'" >&2
            tail -n 3 "$log" >&2
            exit 1
        fi
        sleep 0.002
    done
    number=$(($1 + ${found%%:*})) moment=${found#*:}
    moment=${moment%% *}
}

lines() { wc -l <"$log"; }
process() { grep -oE "worker $1 \(host [^ ]*, process [0-9]+\) joined" "$log" | tail -n 1 | grep -oE '[0-9]+\) joined' | cut -d ')' -f 1; }
since() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f\n", b - a }'; }
stop() {
    kill -INT "$run"
    wait "$run" || true
    local process
    for process in "${others[@]}"; do wait "$process" || true; done
    others=()
}
coordinate() { # options...
    start "$lockstep" coordinator "$@"
    await 0 'listening on'
    address=$(grep -oE 'tcp://[0-9.:]+' "$log" | head -n 1)
}
add_worker() {
    "$lockstep" worker --coordinator "$address" --quiet &
    others+=($!)
}

kill_child() {
    kill -KILL "$1"
    wait "$1" 2>/dev/null || true
}
# Seconds from the last step before line $1 to the first after it, which has been told of.
standstill() {
    awk -v at="$1" '/"event":"step"/ { if (NR > at) { printf "%.3f\n", $1 - last; exit } last = $1 }' "$log"
}

# Median and range of the numbers of a file.
summary() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%s s (%s to %s)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# A row; of what moves a state also the milliseconds that a megabyte takes.
report() { # what, file, bytes or nothing
    local each=''
    [ -z "${3-}" ] || each=$(awk -v s="$(median "$2")" -v b="$3" 'BEGIN { printf "%.1f", s * 1e9 / b }')
    printf '| %s | %s | %s |\n' "$1" "$(summary "$2")" "$each"
}

step='"event":"step"'
for _ in $(seq "$times"); do
    # A worker is killed: named, and the next step done without it.
    start "$lockstep" train --workers 3 --restarts 0 "${job[@]}"
    await 0 '"step":50}'
    victim=$(process 1) at=$(lines) began=$EPOCHREALTIME
    kill -KILL "$victim"
    await "$at" 'SIGKILL'
    since "$began" "$moment" >>killed-named
    await "$number" "$step"
    since "$began" "$moment" >>killed-trains
    stop
    # A worker is frozen, and thawed.
    start "$lockstep" train --workers 3 "${job[@]}"
    await 0 '"step":50}'
    victim=$(process 1) at=$(lines) began=$EPOCHREALTIME
    kill -STOP "$victim"
    await "$at" 'has not been heard from'
    since "$began" "$moment" >>frozen-named
    await "$number" "$step"
    since "$began" "$moment" >>frozen-trains
    at=$(lines) began=$EPOCHREALTIME
    kill -CONT "$victim"
    await "$at" '3 workers go on'
    since "$began" "$moment" >>thawed
    stop
    # The coordinator is killed, and started again.
    rm -rf runs
    coordinate --workers 2 "${job[@]}"
    add_worker
    add_worker
    await 0 '"step":50}'
    kill -KILL "$run"
    wait "$run" 2>/dev/null || true
    began=$EPOCHREALTIME
    coordinate --workers 2 --json --resume runs/*
    await 0 "$step"
    since "$began" "$moment" >>coordinator
    # Everything is killed, and started again.
    for process in "$run" "${others[@]}"; do kill_child "$process"; done
    others=()
    began=$EPOCHREALTIME
    coordinate --workers 2 --json --resume runs/*
    add_worker
    add_worker
    await 0 "$step"
    since "$began" "$moment" >>everything
    stop
    # The cable of one of two hosts is pulled, and plugged in again.
    if [ "$HOSTS_NETWORK" = hosts ]; then
        rm -rf runs
        coordinate --workers 2 --bind "tcp://$network.1:0" --insecure "${job[@]}"
        hosts=$((${hosts-0} + 1))
        for place in 1 2; do
            make_host $((2 * hosts + place))
            nsenter --net --target "$holder" "$lockstep" worker --coordinator "$address" --insecure --quiet &
            others+=($!)
            holders[$!]=$holder cables[$!]=host$((2 * hosts + place))
        done
        await 0 '"step":50}'
        at=$(lines) began=$EPOCHREALTIME
        set_cable "${others[1]}" down
        await "$at" 'has not been heard from'
        since "$began" "$moment" >>cut-named
        await "$number" "$step"
        since "$began" "$moment" >>cut-trains
        at=$(lines) began=$EPOCHREALTIME
        set_cable "${others[1]}" up
        await "$at" '2 workers go on'
        since "$began" "$moment" >>cut-back
        stop
        for process in "${!holders[@]}"; do remove_host "$process"; done
    fi
    # A worker joins a large run: the time from being asked for the state to the next generation. Then checkpoints: how much longer
    # the step after one takes than the others.
    coordinate --workers 1 --max-workers 2 --data synthetic --limit 6400 --model mlp:784-2048-2048-10 --batch 64 \
        --epochs 1000 --optimizer adam --checkpoint-every 10 --json
    add_worker
    await 0 '"step":5}'
    add_worker
    await 0 'sends the state after'
    began=$moment
    asked=$number
    await "$number" '2 workers go on'
    since "$began" "$moment" >>transfer
    at=$number
    await "$at" "$step"
    standstill "$asked" >>"join"
    await "$at" '"step":[0-9]*9[0-9]}'
    stop
    tail -n "+$((at + 1))" "$log" | sed -nE 's/^([0-9.]+) .*"event":"step".*"step":([0-9]+).*/\1 \2/p' | awk '
        NR > 2 && $2 % 100 > 1 { took = $1 - last; if ($2 % 10 == 1) { after += took; n++ } else { other += took; m++ } }
        { last = $1 }
        END { printf "%.3f\n", after / n - other / m }' >>checkpoint
done
bytes=$((4 * 3 * (784 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 10 + 10)))
echo '| what | median (range) | ms a MB |'
echo '| --- | --- | ---: |'
report 'killed worker of this host: named' killed-named
report 'killed worker: the others have done the next step' killed-trains
report 'frozen worker: named' frozen-named
report 'frozen worker: the others have done the next step' frozen-trains
report 'thawed worker: in the run again, with the current state' thawed
if [ -f cut-named ]; then
    report 'worker whose cable is pulled: named' cut-named
    report 'worker whose cable is pulled: the others have done the next step' cut-trains
    report 'worker whose cable is plugged in: in the run again, with the current state' cut-back
fi
report 'coordinator started again: the next step is done' coordinator
report 'everything killed and started again: the next step is done' everything
report "worker that joins, with a state of $((bytes / 1000000)) MB: how long the run stands still" join "$bytes"
report "of that, until the state is sent, checked and taken up" transfer "$bytes"
report "checkpoint of $((bytes / 1000000)) MB: how much longer the next step takes" checkpoint "$bytes"
