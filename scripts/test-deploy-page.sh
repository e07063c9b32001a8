#!/usr/bin/env bash
# Runs every command of deploy/README.md, in order, on three hosts and a machine of one's own: namespaces with a network
# between them and files of their own, which vanish with this script. Each ```sh block is run where it is meant to be typed:
#
#   ```sh                 on one's own machine, in the repository
#   ```sh node2           on that host
#   ```sh node2 waits     on that host, in a terminal that is busy until the end of the section
#
# Stand-ins for what is not there: ssh and scp enter a namespace; sudo is not needed; apt-get only looks whether it could
# install; systemctl starts a unit's command with its settings; make takes the lockstep that is built already; and what does
# not say how long trains for one epoch. All that is trained on the page must come out with the same bits. Skipped, with a line that says so, where namespaces are not permitted.
#
#   LOCKSTEP    the program to use (default: .build/release/lockstep)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly page=deploy/README.md work=/run/lockstep-deploy-page
readonly nodes='node1 node2 node3'
readonly section_seconds=120 # how long what waits may take until the end of its section

# ---- A world of its own --------------------------------------------------------------------------------------------

if [ -z "${DEPLOY_PAGE_WORLD:-}" ]; then
    lockstep=$(realpath "${LOCKSTEP:-.build/release/lockstep}")
    [ -x "$lockstep" ] || { echo "test-deploy-page: $lockstep is not built" >&2; exit 1; }
    world=(unshare --mount --net --pid --fork --kill-child --mount-proc)
    [ "$(id -u)" = 0 ] || world+=(--map-root-user)
    if ! reason=$("${world[@]}" sh -c 'mount -t tmpfs tmpfs /run && ip link add name bridge type bridge' 2>&1); then
        echo "test-deploy-page: skipped, three hosts cannot be made here: $reason"
        exit
    fi
    DEPLOY_PAGE_WORLD=$lockstep exec "${world[@]}" "${BASH_SOURCE[0]}"
fi
readonly lockstep=$DEPLOY_PAGE_WORLD repository=$PWD

fail() { printf 'test-deploy-page: %s\n' "$*" >&2; exit 1; }

make_hosts() {
    local node number=0 copy pid
    mount -t tmpfs tmpfs /run
    mkdir -p "$work/bin"
    ip link set lo up
    ip link add name bridge type bridge
    ip address add 10.0.0.254/24 dev bridge
    ip link set bridge up
    {
        echo '127.0.0.1 localhost'
        for node in $nodes; do number=$((number + 1)); echo "10.0.0.$number $node"; done
    } >"$work/hosts"
    number=0
    for node in $nodes; do
        number=$((number + 1))
        copy=$work/$node
        mkdir -p "$copy"/{etc,local/bin,home,tmp,state/lockstep}
        cp -a /etc/. "$copy/etc/" 2>/dev/null || true
        cp "$work/hosts" "$copy/etc/hosts"
        # What a host keeps for itself; the rest of the file system is everybody's.
        # shellcheck disable=SC2016 # for the shell inside
        unshare --mount --net --uts sh -c '
            hostname "$1"
            for pair in etc:/etc local:/usr/local home:"$HOME" tmp:/tmp; do
                mount --bind "$2/${pair%%:*}" "${pair#*:}"
            done
            [ ! -d /var/lib/dpkg ] || { mkdir "$2/state/dpkg" "$2/state/apt"
                mount --bind /var/lib/dpkg "$2/state/dpkg"; mount --bind /var/lib/apt "$2/state/apt"; }
            mount --rbind "$2/state" /var/lib
            ip link set lo up
            echo $$ >"$2/pid"
            exec sleep infinity' host "$node" "$copy" &
        until [ -s "$copy/pid" ]; do
            kill -0 $! || fail "$node did not come up"
            sleep 0.05
        done
        pid=$(<"$copy/pid")
        ip link add name "$node" type veth peer name eth0 netns "$pid"
        ip link set "$node" master bridge up
        nsenter -t "$pid" --net sh -c "ip address add 10.0.0.$number/24 dev eth0 && ip link set eth0 up"
    done
    mount --bind "$work/hosts" /etc/hosts
}

stand_in() { # name; its text comes from standard input
    cat >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

make_stand_ins() {
    stand_in ssh <<'TEXT'
#!/bin/sh
while case $1 in -o) shift 2 ;; -*) shift ;; *) false ;; esac do :; done
host=$1
shift
number=${host#node}
export SSH_CONNECTION="10.0.0.254 50000 10.0.0.$number 22"
exec nsenter -t "$(cat /run/lockstep-deploy-page/$host/pid)" --mount --net --uts \
    sh -c 'cd "$HOME"; exec sh -c "$0"' "$*"
TEXT
    stand_in scp <<'TEXT'
#!/bin/sh
case $1 in -r | -rp) shift ;; esac
host=${2%%:*}
tar -C "$(dirname "$1")" -c "$(basename "$1")" | ssh "$host" "tar --no-same-owner -x -C ./${2#*:}"
TEXT
    stand_in sudo <<'TEXT'
#!/bin/sh
exec "$@"
TEXT
    stand_in apt-get <<'TEXT'
#!/bin/sh
# apt-get install -y PACKAGE...
shift 2
for package; do
    case $package in dataset-*) continue ;; esac
    dpkg-query -W "$package" >/dev/null 2>&1 || [ -n "$(apt-cache policy "$package" | grep 'Candidate: [^(]')" ] ||
        { echo "E: Unable to locate package $package"; exit 100; }
done
TEXT
    stand_in make <<TEXT
#!/bin/sh
case \$1 in
train) exec "$lockstep" train --workers 2 --epochs 1 ;;
dist) mkdir -p .build/dist && cp "$lockstep" .build/dist/lockstep ;;
*) echo "no stand-in for make \$1"; exit 1 ;;
esac
TEXT
    # What these units need of systemd: start a command with its settings, in its folder; stop it with its signal.
    stand_in systemctl <<'TEXT'
#!/bin/bash
[ "$1" != daemon-reload ] || exit 0
unit=$2
file=/etc/systemd/system/${unit/@*/@}.service
[ -e "$file" ] || { echo "Unit $unit.service not found."; exit 5; }
setting() { sed -n "s|^$1=||p" "$file"; }
case $1 in
start)
    settings=$(setting EnvironmentFile)
    [ -e "$settings" ] || { echo "Failed to load environment files: $settings"; exit 1; }
    while IFS='=' read -r name value; do
        case $name in '' | '#'*) ;; *) export "$name=$value" ;; esac
    done <"$settings"
    cd "$(setting WorkingDirectory)" || exit
    eval "set -- $(setting ExecStart)"
    [ "$2" != coordinator ] || set -- "$@" --epochs 1
    set -m
    { "$@"; echo $? >"/tmp/$unit.status"; } >"/tmp/$unit.log" 2>&1 </dev/null &
    echo $! >"/tmp/$unit.pid"
    ;;
stop) kill -s "$(setting KillSignal)" -- "-$(cat "/tmp/$unit.pid")" 2>/dev/null || : ;;
esac
TEXT
    stand_in journalctl <<'TEXT'
#!/bin/sh
# Waits for the end of the unit, which a reader of its journal would do too.
for unit; do :; done
i=0
until [ -e "/tmp/$unit.status" ]; do i=$((i + 1)); [ $i -lt 1200 ] || exit 1; sleep 0.1; done
cat "/tmp/$unit.log"
exit "$(cat "/tmp/$unit.status")"
TEXT
}

# ---- The page ------------------------------------------------------------------------------------------------------

waiting=() # processes that the section waits for

end_section() {
    local pid start=$SECONDS
    for pid in "${waiting[@]}"; do
        while kill -0 "$pid" 2>/dev/null; do
            ((SECONDS - start < section_seconds)) || fail "a command of section '$section' did not end in time"
            sleep 0.1
        done
        wait "$pid" || fail "a command of section '$section' failed"
    done
    waiting=()
}

# shellcheck disable=SC2029 # the text of a block is for the host's shell
run_block() { # info string, text
    local host waits
    read -r _ host waits <<<"$1"
    commands=$((commands + 1))
    printf '\n[%s] %s\n' "${host:-your machine}" "$2"
    if [ -z "$host" ]; then
        bash -euo pipefail -c "$2" </dev/null || fail "a command of section '$section' failed"
    elif [ "$waits" = waits ]; then
        ssh "$host" "$2" </dev/null &
        waiting+=($!)
    else
        ssh "$host" "set -e; $2" </dev/null || fail "a command of section '$section' failed"
    fi
}

run_page() {
    local line info='' text='' inside=''
    while IFS= read -r line; do
        case $line in
        '```'*)
            if [ -n "$inside" ]; then
                inside=''
                [ -z "$info" ] || run_block "$info" "$text"
            else
                inside=1 text='' info=${line#'```'}
                [ "${info%% *}" = sh ] || info=''
            fi
            ;;
        '## '*) [ -n "$inside" ] || { end_section; section=${line#'## '}; } ;;
        esac
        if [ -n "$inside" ] && [[ $line != '```'* ]]; then text+=$line$'\n'; fi
    done <"$page"
    end_section
}

make_hosts
make_stand_ins
export PATH=$work/bin:$PATH
# One's own machine works in a copy, so that what the page makes is not left in the repository.
mkdir -p "$work/own"
cp -R "$repository/deploy" "$work/own/"
cd "$work/own"
section='' commands=0
exec {both}> >(tee output)
printer=$!
run_page >&"$both" 2>&1 {both}>&-
exec {both}>&-
wait "$printer"
digests=$(grep -o 'sha256 .*' output | sort | uniq -c)
[[ $digests =~ ^\ *([0-9]+)\ sha256\ +[0-9a-f]{64}$ ]] || fail "the page's runs have not all the same digest:"$'\n'"$digests"
((commands > 0)) || fail "$page has no commands"
printf '\ntest-deploy-page: %d blocks of commands of %s ran as they stand; its %d runs have the same digest\n' \
    "$commands" "$page" "${BASH_REMATCH[1]}"
