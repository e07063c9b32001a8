#!/usr/bin/env bash
# What share of a slow link the all-reduce uses: two network namespaces on this machine with a link of RATE (1gbit by default)
# between them, and `lockstep bench allreduce` across it, next to bare sockets. Needs root.
#
#   scripts/measure-slow-network.sh [RATE [options of lockstep bench allreduce]]
#
# Lockstep's share of the link is its bus bandwidth over the link's: 0.125 GB/s for 1gbit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lockstep=${LOCKSTEP_BINARY:-$PWD/.build/release/lockstep}
rate=${1:-1gbit}
[ $# = 0 ] || shift
readonly one=lockstep-slow-$$-a two=lockstep-slow-$$-b
folder=$(mktemp -d)

end() {
    ip netns delete $one 2>/dev/null || true
    ip netns delete $two 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT

ip netns add $one
ip netns add $two
ip link add one netns $one type veth peer name two netns $two
side() { # namespace, interface, address
    ip -n "$1" address add "$3/24" dev "$2"
    ip -n "$1" link set "$2" up
    ip -n "$1" link set lo up
    # As much as a cable: a queue of a few milliseconds at full speed.
    ip netns exec "$1" tc qdisc add dev "$2" root tbf rate "$rate" burst 128kb latency 20ms
}
side $one one 10.111.0.1
side $two two 10.111.0.2

: >"$folder/first"
ip netns exec $one "$lockstep" bench allreduce --workers 2 --bind tcp://10.111.0.1:5700 --insecure \
    --bytes 65536,1048576,16777216 "$@" 2>"$folder/first" &
first=$!
until grep -q 'bench peer' "$folder/first"; do
    kill -0 $first
    sleep 0.1
done
ip netns exec $two "$lockstep" bench peer --meet tcp://10.111.0.1:5700 --insecure --log-level error
wait $first
