#!/usr/bin/env bash
# Checks what Lockstep needs on this machine and installs what is missing, and only that.
#
#   deploy/setup.sh [--check] [build | train | test | ci]
#
#   build    what `swift build` needs: Swift, git and five C libraries (the default)
#   train    and Fashion-MNIST; without it, training uses the built-in drawn digits
#   test     and the tools that tests call
#   ci       and the tools of .ci/run that only check files
#   --check  installs nothing: says what is missing, and exits with 1 if anything needed is
#
# Silent where all is there. Installs with apt-get as root, or with sudo where that asks for no password; anywhere else
# it says what to run and exits with 1.
set -uo pipefail

readonly swift_minimum=6.2
readonly fashion_mnist=/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz

# name for a reader | header | library | Debian package
readonly libraries='
OpenBLAS|cblas.h|openblas|libopenblas-dev
ZeroMQ|zmq.h|zmq|libzmq3-dev
protobuf-c|protobuf-c/protobuf-c.h|protobuf-c|libprotobuf-c-dev
zlib|zlib.h|z|zlib1g-dev
OpenSSL|openssl/evp.h|crypto|libssl-dev'

check='' purpose=build
packages=()  # Debian packages that are missing and needed
names=()     # what they are, for systems with other package names
extras=()    # Debian packages that are missing and that can be done without

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

usage() { sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# ---- What is missing -----------------------------------------------------------------------------------------------

check_swift() {
    local found
    if ! command -v swift >/dev/null; then
        say "Swift $swift_minimum or newer is needed, and there is no swift on the PATH."
        how_to_get_swift
    fi
    if ! found=$(swift --version 2>&1); then
        say "Swift is installed as $(command -v swift), but does not run:"
        printf '%s\n' "$found" | head -3 | sed 's/^/    /' >&2
        say 'The packages that the toolchain itself needs are on https://www.swift.org/install/linux/'
        exit 1
    fi
    if ! [[ $found =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]]; then
        die "Swift $swift_minimum or newer is needed; the version of $(command -v swift) is not to be read from: $found"
    fi
    local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    if ((major * 1000 + minor < ${swift_minimum%.*} * 1000 + ${swift_minimum#*.})); then
        say "Swift $swift_minimum or newer is needed; $(command -v swift) is Swift $major.$minor."
        how_to_get_swift
    fi
}

how_to_get_swift() {
    cat >&2 <<'HOW'
setup: Install it with swiftly, Swift's own installer (https://www.swift.org/install/linux/):
    curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz
    tar zxf swiftly-$(uname -m).tar.gz && ./swiftly init
    . ~/.local/share/swiftly/env.sh
setup: Then run the same command again.
HOW
    exit 1
}

# Whether a program with the given headers, linked to the given libraries, can be made. This is what counts, however the
# library came to the machine.
can_link() { # headers, libraries
    local header library flags=()
    for library in $2; do flags+=("-l$library"); done
    {
        for header in $1; do printf '#include <%s>\n' "$header"; done
        echo 'int main(void) { return 0; }'
    } | "$compiler" -x c - -o /dev/null "${flags[@]}" 2>/dev/null
}

check_libraries() {
    local name header library package headers='' all=''
    compiler=$(command -v clang || command -v cc || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")
    while IFS='|' read -r name header library package; do
        headers+=" $header" all+=" $library"
    done <<<"${libraries#$'\n'}"
    can_link "$headers" "$all" && return
    if ! can_link '' ''; then
        names+=('a C and C++ toolchain (headers, linker)') packages+=(g++)
    fi
    while IFS='|' read -r name header library package; do
        can_link "$header" "$library" || { names+=("$name ($header, lib$library)"); packages+=("$package"); }
    done <<<"${libraries#$'\n'}"
}

need_command() { # command, package
    command -v "$1" >/dev/null || { names+=("$1"); packages+=("$2"); }
}

want_command() { # command, package
    command -v "$1" >/dev/null || extras+=("$2")
}

find_missing() {
    packages=() names=() extras=()
    check_libraries
    need_command git git
    case $purpose in
    train) [ -e "$fashion_mnist" ] || extras+=(dataset-fashion-mnist) ;;
    test | ci)
        need_command ip iproute2
        need_command gnuplot gnuplot-nox
        [ -e "$fashion_mnist" ] || extras+=(dataset-fashion-mnist)
        ;;
    esac
    if [ "$purpose" = ci ]; then
        need_command protoc protobuf-compiler
        need_command protoc-c protobuf-c-compiler
        want_command shellcheck shellcheck
        want_command valgrind valgrind
        want_command systemd-analyze systemd
        python3 -c 'import google.protobuf' 2>/dev/null || extras+=(python3-protobuf)
    fi
}

# What is lost without an extra, in one line.
without() { # package
    case $1 in
    dataset-fashion-mnist)
        case $purpose in
        train) echo 'training uses the built-in drawn digits (--data synthetic) unless --data names other data' ;;
        *) echo 'tests on Fashion-MNIST are skipped' ;;
        esac
        ;;
    *) echo 'what needs it is skipped' ;;
    esac
}

# ---- Installing ----------------------------------------------------------------------------------------------------

# The command that a person would type.
by_hand() { echo "sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"; }

as_root=()
can_be_root() {
    [ "$(id -u)" = 0 ] && return
    sudo -n true 2>/dev/null || return
    as_root=(sudo -n)
}

apt() { # arguments of apt-get; what it prints goes to $log
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 -o Acquire::http::Timeout=20 "$@" >>"$log" 2>&1
}

# Whether apt knows every one of the packages.
known() { # packages
    local package
    for package; do
        [[ $(LC_ALL=C apt-cache policy "$package" 2>/dev/null) =~ Candidate:\ [^\(] ]] || return
    done
}

updated=''
update() {
    [ -z "$updated" ] || return 0
    updated=1
    say 'apt-get update'
    apt update
}

# Package lists may be absent (a fresh container) or name versions that the archive no longer has.
install() { # packages
    known "$@" || update
    known "$@" || return
    say "apt-get install $*"
    apt install --no-install-recommends "$@" && return
    [ -z "$updated" ] && update && apt install --no-install-recommends "$@"
}

# Why apt-get failed: its own words, and what they mean where that is clear.
explain_failure() {
    local package
    if grep -Eq 'Temporary failure resolving|Could not resolve|Could not connect|Cannot initiate the connection|Network is unreachable|connection timed out|Connection failed' "$log"; then
        say 'The package archive cannot be reached: no network, or a proxy that apt does not know of. apt-get says:'
    elif grep -Eq 'Could not get lock' "$log"; then
        say 'Another program is installing packages. apt-get says:'
    elif ! known "$@"; then
        for package; do
            known "$package" || say "The archives in apt's sources have no package $package (on Ubuntu: enable universe)."
        done
    else
        say 'apt-get says:'
    fi
    grep -E '^(E|Err|W):|^  (Temporary|Could not|Cannot)' "$log" | sort -u | head -4 | sed 's/^ */    /' >&2
}

install_needed() {
    [ ${#packages[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        say 'These are missing, and only Debian and Ubuntu are installed on by itself:'
        printf '    %s\n' "${names[@]}" >&2
        die 'Install them, with their development files, with this system'\''s package manager; then run the same command again.'
    fi
    if ! can_be_root; then
        say "Packages are missing, and installing them needs root (there is no sudo that works without a password). Run:"
        printf '    %s\n' "$(by_hand "${packages[@]}" "${extras[@]}")" >&2
        die 'Then run the same command again.'
    fi
    if ! install "${packages[@]}"; then
        say "Not installed: ${packages[*]}"
        explain_failure "${packages[@]}"
        say 'When that is put right, run the same command again, or by hand:'
        printf '    %s\n' "$(by_hand "${packages[@]}")" >&2
        exit 1
    fi
}

# Extras never stop anything. An archive that does not have one is not asked again every time: lists of today will do.
install_extras() {
    local package
    for package in "${extras[@]}"; do
        if ! command -v apt-get >/dev/null; then
            say "Without $package (a Debian package), $(without "$package")."
        elif ! can_be_root; then
            say "Without the package $package, $(without "$package"). To have it: $(by_hand "$package")"
        else
            [ -z "$(find /var/lib/apt/lists/partial -maxdepth 0 -mtime -1 2>/dev/null)" ] || updated=1
            install "$package" || say "The package $package cannot be installed here: $(without "$package")."
        fi
    done
}

# ---- The command ---------------------------------------------------------------------------------------------------

while [ $# -gt 0 ]; do
    case $1 in
    --check) check=1 ;;
    build | train | test | ci) purpose=$1 ;;
    -h | --help) usage; exit 0 ;;
    *) say "unknown argument '$1'"; usage >&2; exit 2 ;;
    esac
    shift
done

check_swift
find_missing
if [ -n "$check" ]; then
    for package in "${extras[@]}"; do say "Without the package $package, $(without "$package")."; done
    [ ${#packages[@]} -gt 0 ] || { say "All that '$purpose' needs is there."; exit 0; }
    say "Missing: ${names[*]}. On Debian and Ubuntu:"
    printf '    %s\n' "$(by_hand "${packages[@]}" "${extras[@]}")" >&2
    exit 1
fi
[ ${#packages[@]} -gt 0 ] || [ ${#extras[@]} -gt 0 ] || exit 0

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
needed=${#packages[@]}
install_needed
install_extras
if ((needed > 0)); then
    find_missing
    [ ${#packages[@]} = 0 ] || die "Still missing after installing: ${names[*]}"
fi
