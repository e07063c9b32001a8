#!/usr/bin/env bash
# Tests deploy/setup.sh on machines that are made up: a PATH of stand-ins decides what is installed, who asks, and what
# apt-get answers. Nothing is installed on this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
setup=$PWD/deploy/setup.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir bin tools
for tool in bash cat dirname env find grep head mktemp readlink rm sed sort; do
    ln -s "$(command -v "$tool")" "bin/$tool"
done
export PATH=$work/bin STATE=$work
bash=$(readlink bin/bash)
stand_in() { # name, text
    printf '#!%s\n%s\n' "$bash" "$2" >"tools/$1"
    "$work/bin/env" PATH=/usr/bin:/bin chmod +x "tools/$1"
}
# shellcheck disable=SC2016 # texts of the stand-ins
{
    stand_in swift 'cat "$STATE/swift-says"; exit "$(cat "$STATE/swift-exits")"'
    stand_in clang 'for flag; do case $flag in -l*) grep -qx "${flag#-l}" "$STATE/libraries" || exit 1 ;; esac; done; cat >/dev/null'
    stand_in id 'cat "$STATE/user"'
    stand_in sudo '[ -e "$STATE/sudo-works" ] || exit 1; shift; echo "sudo $*" >>"$STATE/calls"; "$@"'
    stand_in apt-cache 'echo "Candidate: $(grep -qx "$2" "$STATE/archive" && echo 1.0 || echo "(none)")"'
    stand_in apt-get '
while case $1 in -o) shift 2 ;; -*) shift ;; *) false ;; esac do :; done
echo "apt-get $*" >>"$STATE/calls"
[ ! -e "$STATE/offline" ] || { echo "E: Failed to fetch  Temporary failure resolving deb.debian.org"; exit 100; }
case $1 in
update) cat "$STATE/lists" >>"$STATE/archive" ;;
install)
    shift 2
    for package; do
        case $package in
        libopenblas-dev) echo openblas ;; libzmq3-dev) echo zmq ;; libprotobuf-c-dev) echo protobuf-c ;;
        zlib1g-dev) echo z ;; libssl-dev) echo crypto ;;
        esac >>"$STATE/libraries"
    done ;;
esac'
    stand_in git ''
    stand_in ip ''
}

everything='libopenblas-dev libzmq3-dev libprotobuf-c-dev zlib1g-dev libssl-dev'
tests=0
lines() { printf '%s\n' "$@"; }
fail() {
    printf 'test-setup: %s\n' "$*" >&2
    sed 's/^/    /' out >&2
    exit 1
}
# A machine of root's, with Swift, git and apt-get, a full archive, and none of the libraries.
machine() { # stand-ins it does not have
    local tool
    rm -f bin/{swift,clang,id,sudo,apt-cache,apt-get,git,ip} sudo-works offline calls
    for tool in swift clang id sudo apt-cache apt-get git ip; do
        case " $* " in *" $tool "*) ;; *) "$work/bin/env" PATH=/usr/bin:/bin cp "tools/$tool" bin/ ;; esac
    done
    echo 'Swift version 6.2.1 (swift-6.2.1-RELEASE)' >swift-says
    echo 0 >swift-exits
    echo 0 >user
    : >libraries
    : >calls
    # shellcheck disable=SC2086 # words
    lines $everything >archive
    # shellcheck disable=SC2086
    lines $everything >lists
}
setup() { # expected status, arguments
    local status=0
    tests=$((tests + 1))
    "$setup" "${@:2}" >out 2>&1 || status=$?
    [ "$status" = "$1" ] || fail "expected exit status $1, found $status, of: setup.sh ${*:2}"
}
says() { grep -Fqe "$1" out || fail "expected in the output: $1"; }
calls() { [ "$(cat calls)" = "$(lines "$@")" ] || fail "expected calls: $* -- found: $(cat calls)"; }

# Root installs what is missing, once.
machine; setup 0; calls "apt-get install --no-install-recommends $everything"
setup 0; [ ! -s out ] || fail 'it was to be silent with everything there'
machine; lines openblas z protobuf-c crypto >libraries; setup 0
calls 'apt-get install --no-install-recommends libzmq3-dev'

# A fresh container has no package lists.
machine; : >archive; setup 0; calls 'apt-get update' "apt-get install --no-install-recommends $everything"
machine; : >archive; lines libzmq3-dev >lists; setup 1
says "The archives in apt's sources have no package libopenblas-dev"
calls 'apt-get update'

# No network.
machine; : >offline; setup 1
says 'The package archive cannot be reached'; says 'Temporary failure resolving'
says "sudo apt-get update && sudo apt-get install -y --no-install-recommends $everything"

# Not root.
machine; echo 1000 >user; setup 1
says 'installing them needs root'
says "sudo apt-get update && sudo apt-get install -y --no-install-recommends $everything"
calls ''
machine sudo; echo 1000 >user; setup 1; says 'installing them needs root'
machine; echo 1000 >user; : >sudo-works; setup 0; grep -q '^sudo .*apt-get' calls || fail 'sudo was to be used'

# Not Debian.
machine apt-get apt-cache; setup 1
says 'OpenBLAS (cblas.h, libopenblas)'; says 'protobuf-c (protobuf-c/protobuf-c.h, libprotobuf-c)'

# Only looking.
machine; setup 1 --check; says 'Missing: OpenBLAS'; calls ''
machine; lines openblas zmq z protobuf-c crypto >libraries; setup 0 --check build; says "All that 'build' needs is there"

# Tools, and tools that can be done without.
machine git; lines openblas zmq z protobuf-c crypto >libraries; lines git >>archive; setup 1
calls 'apt-get install --no-install-recommends git'; says 'Still missing after installing: git'
machine; lines openblas zmq z protobuf-c crypto >libraries; setup 1 ci
says 'no package protobuf-compiler'

# Swift: none, too old, of an unknown kind, broken.
machine swift; setup 1; says 'there is no swift on the PATH'; says 'swiftly init'; calls ''
machine; echo 'Swift version 6.1.2 (swift-6.1.2-RELEASE)' >swift-says; setup 1
says 'Swift 6.2 or newer is needed'; says 'is Swift 6.1'; says 'swiftly init'
machine; echo 'Swift version 6.10 (swift-6.10-RELEASE)' >swift-says; setup 0
machine; echo 'hello' >swift-says; setup 1; says 'is not to be read from: hello'
machine; echo 'libcurl.so.4: cannot open shared object file' >swift-says; echo 127 >swift-exits; setup 1
says 'does not run'; says 'libcurl.so.4'

# Mistakes.
machine; setup 2 everything; says "unknown argument 'everything'"

echo "test-setup: $tests cases as expected"
