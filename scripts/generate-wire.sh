#!/bin/sh
# Writes the C code of the files in proto/ into their targets, or, with --check, says whether it is up to date.
set -eu
cd "$(dirname "$0")/.."

usage="usage: scripts/generate-wire.sh [--check]"
case "$#:${1-}" in
0:) check=false ;;
1:--check) check=true ;;
*)
    echo "$usage" >&2
    exit 2
    ;;
esac
command -v protoc-c >/dev/null || {
    echo "generate-wire: protoc-c is not installed; run: apt-get install protobuf-c-compiler" >&2
    exit 1
}

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

# The header carries the number of the protoc-c that wrote it, which says nothing about the messages.
same() { [ "$(sed 's/^#elif [0-9]* </#elif VERSION </' "$1")" = "$(sed 's/^#elif [0-9]* </#elif VERSION </' "$2")" ]; }

generate() { # name of the file in proto/, target
    protoc-c --proto_path=proto --c_out="$fresh" "$1.proto"
    for pair in "Sources/$2/$1.pb-c.c:$1.pb-c.c" "Sources/$2/include/$1.pb-c.h:$1.pb-c.h"; do
        committed=${pair%%:*}
        written=$fresh/${pair##*:}
        if ! $check; then
            mkdir -p "$(dirname "$committed")"
            cp "$written" "$committed"
        elif ! same "$committed" "$written"; then
            diff -u "$committed" "$written" | head -40 >&2 || true
            echo "generate-wire: $committed is not what proto/$1.proto gives; run scripts/generate-wire.sh and commit" >&2
            exit 1
        fi
    done
}

generate lockstep CLockstepWire
generate tensorboard CLockstepEvents
if $check; then echo "generate-wire: the generated code is up to date"; fi
