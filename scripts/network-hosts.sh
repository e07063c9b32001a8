# shellcheck shell=bash
# Hosts for the scripts that read this file: a network namespace for each worker, all on one bridge, so that a cable can be
# pulled or made slow. Everything lies in a namespace of the script's own, and goes with it.

readonly network=198.18.78 # Of a range that is set apart for tests (RFC 2544).
holders=()                 # what keeps a worker's namespace, by the worker's process
cables=()                  # the bridge's end of its wire, by the same

# Whether this user may make network namespaces here.
hosts_are_permitted() {
    command -v ip >/dev/null && command -v tc >/dev/null &&
        unshare --net bash -c 'ip link add probe type bridge' 2>/dev/null
}

# Starts the script that calls it again, with its arguments, in a network namespace of its own if that is permitted; what comes after
# it is done there. Without, it says what is left out. Sets HOSTS_NETWORK to hosts or loopback.
enter_network() { # what is left out, arguments of the script...
    [ -z "${HOSTS_NETWORK-}" ] || return 0
    local missing=$1 script
    script=$(basename "$0")
    shift
    if hosts_are_permitted; then
        HOSTS_NETWORK=hosts exec unshare --net "scripts/$script" "$@"
    fi
    echo "${script%.sh}: $missing, as network namespaces need root and iproute2" >&2
    HOSTS_NETWORK=loopback
}

# The bridge, with the coordinator's address.
make_network() {
    ip link set lo up
    ip link add bridge type bridge
    ip address add "$network.1/24" dev bridge
    ip link set bridge up
}

# Makes the host with this number, in `holder`.
make_host() { # number
    unshare --net sleep infinity &
    holder=$!
    # Until it has left this namespace for its own.
    until [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.005; done
    ip link add "host$1" type veth peer name wire netns "$holder"
    ip link set "host$1" master bridge up
    # Addresses are used again after 250 workers; by then their first users are gone.
    nsenter --net --target "$holder" bash -c \
        "ip address add $network.$(($1 % 250 + 2))/24 dev wire && ip link set wire up && ip link set lo up"
}

# The namespace goes, and with it its wire.
remove_host() { # worker's process
    kill_child "${holders[$1]}"
    unset "holders[$1]" "cables[$1]"
}

# Pulls a worker's cable at the far end, or plugs it in again: every packet is dropped, and nobody is told.
set_cable() { # worker's process, up or down
    ip link set "${cables[$1]}" "$2"
}

# Has what a worker sends go out at so much a second, or as fast as it can again.
set_rate() { # worker's process, rate or nothing
    nsenter --net --target "${holders[$1]}" tc qdisc del dev wire root 2>/dev/null || true
    [ -z "${2-}" ] || nsenter --net --target "${holders[$1]}" tc qdisc add dev wire root tbf rate "$2" burst 32kbit latency 400ms
}
