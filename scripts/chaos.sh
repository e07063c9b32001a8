#!/usr/bin/env bash
# One run of real processes and sockets, to which everything happens that a run is to survive; in the end it must have the bits of
# a single process that nothing happened to, each step once in its metrics, and each sample of each epoch once in its ledger.
#
#     scripts/chaos.sh [faults] [seed]        # 200 faults by default, and a seed of its own
#
# Faults come in shuffled decks: workers are killed, interrupted, frozen for a moment, frozen until they are put out and then thawed;
# new ones join; the coordinator is killed and started again; everything is killed, or stopped in order, and resumed from the
# checkpoint; every other time that everything is killed the newest checkpoint is cut short, so that the one before it is to be taken. Where this user may make network namespaces each worker has a host of its own, and keys: cables are pulled for a moment,
# or until the worker is put out, and links are slow. Each coordinator that is started deals microbatches evenly or by speed, and has
# gradients summed directly or in a star. What happens, to whom and at which step follows from the seed; what a process is doing just
# then does not, so a seed that failed is worth a few repetitions.
#
# Uses .build/release/lockstep or what LOCKSTEP_BINARY names. No packet leaves the machine. Ends with 124 if it takes longer than five
# minutes and 20 s a fault, some ten times as long as it does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/network-hosts.sh
. scripts/network-hosts.sh
enter_network 'on loopback alone: no cable is pulled' "$@"
readonly HOSTS_NETWORK
lockstep=$(realpath "${LOCKSTEP_BINARY:-.build/release/lockstep}")
readonly lockstep faults=${1-200} seed=${2-$((SRANDOM & 0x7fffffff))}
usage() {
    echo "chaos: $1" >&2
    exit 2
}
[[ $faults =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ ]] || usage 'expected: scripts/chaos.sh [faults] [seed], both whole numbers'
[ -x "$lockstep" ] || usage "$lockstep is not there; run: make build"
if [ -z "${CHAOS_LIMIT-}" ]; then
    # In the foreground, so that Ctrl-C reaches it; what it has started it ends itself.
    export CHAOS_LIMIT=$((300 + 20 * faults)) HOSTS_NETWORK
    exec timeout --foreground --kill-after=60 "$CHAOS_LIMIT" "scripts/$(basename "${BASH_SOURCE[0]}")" "$faults" "$seed"
fi
# A fault every hundred steps, which are an epoch and so a checkpoint; the last ten epochs are for whoever comes late.
readonly gap=100 epochs=$((faults + 10))
readonly steps=$((gap * epochs))
readonly job=(--data synthetic --limit 6400 --model mlp:784-64-10 --batch 64 --microbatches 8 --epochs "$epochs")
# How long anything may take: longer than the 30 s for which a coordinator waits for workers that hold the newest state.
readonly patience=90

work=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-chaos-XXXXXX")
cd "$work"
coordinator='' # its process
lives=0        # how many coordinators there were
born=0         # how many workers there were
pool=()        # the workers' processes
absent=''      # the one of them that is frozen, or whose cable is pulled
absence=''     # which of the two
torn=0         # how many checkpoints were cut short
due=0          # the fault before which it comes back
slow=''        # the one of them whose link is slow
logs=()        # the logs of the workers, by process
listen=()      # where the coordinator listens, and with which keys
key=()         # the workers' keys
declare -A tally=()

cleanup() {
    local status=$?
    kill -KILL ${coordinator:+"$coordinator"} "${pool[@]}" "${holders[@]}" 2>/dev/null || true
    wait 2>/dev/null # The shell's word on those is not wanted.
    if [ "$status" = 0 ]; then rm -rf "$work"; else echo "chaos: failed; seed $seed; the logs are in $work" >&2; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() {
    local log
    echo "chaos: $1" >&2
    for log in "coordinator-$lives.log" "${@:2}"; do
        echo "--- $log" >&2
        grep -v '"event":"step"' "$log" | tail -n 15 >&2 || true
    done
    exit 1
}

# A number from 0 to below $1, the same on every machine for the same seed.
random=$seed
draw() {
    random=$(((random * 1103515245 + 12345) & 0x7fffffff))
    drawn=$(((random >> 8) % $1))
}

is_alive() { kill -0 "$1" 2>/dev/null; }

# Nobody ends but those that were ended.
check() {
    local process
    is_alive "$coordinator" || fail 'the coordinator ended by itself'
    for process in "${pool[@]}"; do is_alive "$process" || fail "worker process $process ended by itself" "${logs[process]}"; done
}

# Calls a command until it succeeds, for a bounded time: what is waited for, command...
await() {
    local end=$((SECONDS + patience)) what=$1
    shift
    until "$@"; do
        check
        [ "$SECONDS" -lt "$end" ] || fail "$what did not happen within $patience s"
        sleep 0.01
    done
}

# The last step that the coordinator has told of, in `now`.
at_step() {
    now=$(tail -c 2000 "coordinator-$lives.log" | grep -oE '"step":[0-9]+' | tail -n 1) || now=:0
    now=${now#*:}
    [ "$now" -ge "$1" ]
}
has_said() { grep -q "$1" "coordinator-$lives.log"; }

# Each life of the coordinator takes another way to the same bits.
start_coordinator() { # options...
    lives=$((lives + 1))
    local ways=()
    draw 2
    [ "$drawn" = 0 ] || ways+=(--balance)
    draw 3
    [ "$drawn" != 0 ] || ways+=(--all-reduce star)
    : >"coordinator-$lives.log"
    "$lockstep" coordinator --json --max-workers 12 "${ways[@]}" "${listen[@]}" "$@" >"coordinator-$lives.log" 2>&1 &
    coordinator=$!
    await 'that the coordinator listens' has_said 'coordinator listening on'
}

# Goes on with the run once so many workers are there.
resume() { start_coordinator --workers "$1" --resume "$run"; }

start_worker() {
    born=$((born + 1))
    local place=()
    if [ "$HOSTS_NETWORK" = hosts ]; then
        make_host "$born"
        place=(nsenter --net --target "$holder")
    fi
    "${place[@]}" "$lockstep" worker --coordinator "$address" "${key[@]}" >"worker-$born.log" 2>&1 &
    logs[$!]=worker-$born.log
    [ "$HOSTS_NETWORK" != hosts ] || { holders[$!]=$holder cables[$!]=host$born; }
    pool+=($!)
}

start_workers() {
    local count
    for ((count = $1; count > 0; count--)); do start_worker; done
}

# Kills a child and waits until it is gone; the shell's word on it is not wanted.
kill_child() {
    kill -KILL "$1"
    wait "$1" 2>/dev/null || true
}

# One of the workers, in `victim`.
choose() {
    draw "${#pool[@]}"
    victim=${pool[$drawn]}
}

forget() { # worker
    local process rest=()
    for process in "${pool[@]}"; do [ "$process" = "$1" ] || rest+=("$process"); done
    pool=("${rest[@]}")
    [ "$absent" != "$1" ] || absent=''
    [ "$slow" != "$1" ] || slow=''
}

# All workers are gone, and their hosts with them.
forget_all() {
    local process
    pool=() absent='' slow=''
    for process in "${!holders[@]}"; do remove_host "$process"; done
}

# A worker's host goes with it.
leave() { # worker
    forget "$1"
    [ -z "${holders[$1]-}" ] || remove_host "$1"
}

come_back() {
    [ -n "$absent" ] || return 0
    case $absence in
    frozen) kill -CONT "$absent" ;;
    cut) set_cable "$absent" up ;;
    esac
    told "worker process $absent, which was $absence, is back"
    absent=''
}

hurry() {
    [ -n "$slow" ] || return 0
    set_rate "$slow"
    slow=''
}

awake() { echo $((${#pool[@]} - (${#absent} > 0))); }

told() { printf '%5s  step %6s  %s\n' "$fault" "$now" "$1"; }

# Two are always left to go on.
spare() { [ "$(awake)" -gt 2 ] || join; }

kill_worker() {
    spare
    choose
    told "kill worker process $victim"
    kill_child "$victim"
    leave "$victim"
}

interrupt() {
    spare
    come_back # One that is frozen could not go.
    choose
    told "interrupt worker process $victim"
    local process=$victim
    forget "$process"
    # As SIGINT, which shells have their background processes ignore until these ask for it.
    kill -TERM "$process"
    await "that worker process $process goes" eval "! is_alive $process"
    wait "$process" || true
    leave "$process"
}

join() {
    start_worker
    told "worker process ${pool[-1]} joins"
}

# Up to a second and a half, which nobody is put out for: the last heartbeat may be older by three quarters of a second, and 2.5 s of
# silence are too many.
moment() {
    draw 1500
    moment=$(printf '%d.%03d' $((drawn / 1000)) $((drawn % 1000)))
}

pause() {
    come_back
    choose
    moment
    told "freeze worker process $victim for $moment s"
    kill -STOP "$victim"
    sleep "$moment"
    kill -CONT "$victim"
}

flicker() {
    come_back
    choose
    moment
    told "pull the cable of worker process $victim for $moment s"
    set_cable "$victim" down
    sleep "$moment"
    set_cable "$victim" up
}

# One of the workers goes until it is put out, and comes back before one of the next faults.
lose() { # frozen or cut
    come_back
    spare
    choose
    # One that has only been started would not be missed, and the others could be done before it is back.
    await "that worker process $victim joins" has_said "process $victim) joined"
    absent=$victim absence=$1
    draw 3
    due=$((fault + drawn + 1))
    told "worker process $victim is $absence until it is put out, and back before fault $due"
}

# It may be on its way into the run, and then nothing waits for it.
await_put_out() {
    local since=$SECONDS
    await "that the worker that is $absence is put out" \
        eval "has_said 'process $absent) has not been heard from for' || { [ \$((SECONDS - $since)) -gt 10 ] && ! has_said 'process $absent) joined'; }"
}

freeze() {
    lose frozen
    kill -STOP "$absent"
    await_put_out
}

cut_off() {
    lose cut
    set_cable "$absent" down
    await_put_out
}

slow_down() {
    choose
    slow=$victim
    told "worker process $victim sends 100 Mbit a second"
    set_rate "$slow" 100mbit
}

kill_coordinator() {
    draw 2
    local count=1
    [ "$drawn" = 0 ] || count=$(awake)
    told "kill the coordinator, and resume with $count workers"
    kill_child "$coordinator"
    resume "$count"
}

# Cuts the newest checkpoint short, as a disk that lost its end would, if there is another to go on from; its name in `cut`.
tear() {
    local checkpoints=("$run"/checkpoint-*.safetensors)
    cut=''
    [ ${#checkpoints[@]} -gt 1 ] || return 0
    cut=${checkpoints[-1]}
    truncate --size="$(($(stat --format=%s "$cut") / 2))" "$cut"
    torn=$((torn + 1))
}

kill_everything() {
    draw 3
    local process count=$((drawn + 2)) had=("${pool[@]}") cut=''
    told "kill everything, and resume with $count new workers"
    for process in "$coordinator" "${had[@]}"; do kill -KILL "$process"; done
    for process in "$coordinator" "${had[@]}"; do wait "$process" 2>/dev/null || true; done
    forget_all
    [ $((${tally[kill_everything]-0} % 2)) = 1 ] || tear
    resume "$count"
    [ -z "$cut" ] || has_said "${cut##*/}.*the checkpoint before it is tried" || fail "$cut was cut short, and nobody has said so"
    start_workers "$count"
}

stop() {
    come_back
    draw 3
    local process count=$((drawn + 2)) had=("${pool[@]}") status=0 end=$((SECONDS + patience))
    told "stop everything in order, and resume with $count new workers"
    pool=()
    timeout "$patience" "$lockstep" stop "$run" >stop.log 2>&1 || fail "lockstep stop failed: $(cat stop.log)"
    wait "$coordinator" || status=$?
    [ "$status" = 130 ] || fail "the coordinator that was stopped ended with $status, not 130"
    # One that is about to join finds nobody any more.
    sleep 0.1
    for process in "${had[@]}"; do
        while is_alive "$process" && ! grep -q 'waiting for the coordinator' "${logs[process]}"; do
            [ "$SECONDS" -lt "$end" ] || fail "worker process $process did not end with its run" "${logs[process]}"
            sleep 0.01
        done
        kill_child "$process" 2>/dev/null || true
    done
    forget_all
    resume "$count"
    start_workers "$count"
}

# A deck, of whose faults as many bring workers as take them.
deck=()
shuffle() {
    local kinds=(kill_worker kill_worker interrupt join join join pause freeze kill_coordinator kill_coordinator
        kill_everything stop)
    [ "$HOSTS_NETWORK" != hosts ] || kinds+=(flicker cut_off slow_down)
    deck=()
    while [ ${#kinds[@]} -gt 0 ]; do
        draw ${#kinds[@]}
        deck+=("${kinds[$drawn]}")
        unset "kinds[$drawn]"
        kinds=("${kinds[@]}")
    done
}

echo "chaos: $faults faults in $steps steps, seed $seed"
fault=0 now=0
if [ "$HOSTS_NETWORK" = hosts ]; then
    make_network
    "$lockstep" keys new cluster >/dev/null
    listen=(--bind "tcp://$network.1:5700" --keys cluster) key=(--keys cluster/workers/all)
fi
start_coordinator --workers 4 "${job[@]}"
run=$(echo runs/*)
address=$(grep -oE 'tcp://[0-9.:]+' "coordinator-$lives.log" | head -n 1)
start_workers 4
for ((fault = 1; fault <= faults; fault++)); do
    [ ${#deck[@]} -gt 0 ] || shuffle
    draw $((gap / 2))
    await "step $((fault * gap + drawn))" at_step $((fault * gap + drawn))
    [ "$fault" -ne "$due" ] || come_back
    hurry
    kind=${deck[0]}
    deck=("${deck[@]:1}")
    "$kind"
    tally[$kind]=$((${tally[$kind]-0} + 1))
done
come_back
hurry
end=$((SECONDS + patience)) status=0
while is_alive "$coordinator"; do
    [ "$SECONDS" -lt "$end" ] || fail "the run did not end within $patience s"
    sleep 0.1
done
wait "$coordinator" || status=$?
[ "$status" = 0 ] || fail "the coordinator ended with $status"
seconds=$SECONDS
for process in "${pool[@]}"; do
    end=$((SECONDS + 10))
    # One that joined in the last moment may have found nobody.
    while is_alive "$process"; do
        [ "$SECONDS" -lt "$end" ] || fail "worker process $process did not end with its run" "${logs[process]}"
        sleep 0.01
    done
    wait "$process" || fail "worker process $process ended with $?" "${logs[process]}"
done
pool=() coordinator=''

timeout "$CHAOS_LIMIT" "$lockstep" train --single-process --json --runs alone "${job[@]}" >alone.log
digest() { grep '"event":"finished"' "$1" | grep -oE '"sha256":"[0-9a-f]+"'; }
disturbed=$(digest "coordinator-$lives.log") undisturbed=$(digest alone.log)
[ "$disturbed" = "$undisturbed" ] || fail "the run has $disturbed, and one that nothing happened to $undisturbed"
grep '"kind":"step"' "$run/metrics.jsonl" | grep -oE '"step":[0-9]+' | cut -d : -f 2 | cmp - <(seq "$steps") ||
    fail 'the metrics have not each step once, in order'
timeout "$CHAOS_LIMIT" "$lockstep" ledger "$run" >ledger.log 2>&1 || fail "samples were lost or used twice: $(cat ledger.log)"
# What was computed is the same too, besides times.
losses() { grep -oE '"(accuracy|epoch|kind|loss|step|test_loss)":[^,}]*' "$1"/metrics.jsonl; }
cmp <(losses "$run") <(losses alone/*) || fail 'the metrics have other losses than a run that nothing happened to'

echo
count() { cat coordinator-*.log | grep -c "$1" || true; }
row() { printf '| %-60s | %6s |\n' "$1" "$2"; }
row "$faults faults, seed $seed" times
row --- ---:
row 'a worker killed' "${tally[kill_worker]-0}"
row 'a worker interrupted' "${tally[interrupt]-0}"
row 'a worker frozen for up to 1.5 s' "${tally[pause]-0}"
row 'a worker frozen until it was put out, then thawed' "${tally[freeze]-0}"
row 'a cable pulled for up to 1.5 s' "${tally[flicker]-0}"
row 'a cable pulled until the worker was put out, then plugged in' "${tally[cut_off]-0}"
row 'a link slowed down to 100 Mbit a second' "${tally[slow_down]-0}"
row 'a worker started, to join a run that goes on' "${tally[join]-0}"
row 'the coordinator killed and started again' "${tally[kill_coordinator]-0}"
row 'everything killed, and resumed' "${tally[kill_everything]-0}"
row 'the newest checkpoint cut short before that' "$torn"
row 'everything stopped in order, and resumed' "${tally[stop]-0}"
row 'workers in all' "$born"
row 'times a worker joined, or joined again' "$(count ') joined')"
row 'states sent from worker to worker' "$(count 'sends the state after')"
row 'waits for workers that held the newest state, in vain' "$(count 'no worker holds the state after')"
row 'steps, each once' "$steps"
row 'seconds' "$seconds"
echo "chaos: the weights are those of a single process that nothing happened to: ${disturbed:10:64}"
