#!/bin/sh
# Writes the C code of proto/lockstep.proto into Sources/CLockstepWire, or, with --check, says whether it is up to date.
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
protoc-c --proto_path=proto --c_out="$fresh" lockstep.proto
source=Sources/CLockstepWire/lockstep.pb-c.c
header=Sources/CLockstepWire/include/lockstep.pb-c.h

if $check; then
    # The header carries the number of the protoc-c that wrote it, which says nothing about the messages.
    same() { [ "$(sed 's/^#elif [0-9]* </#elif VERSION </' "$1")" = "$(sed 's/^#elif [0-9]* </#elif VERSION </' "$2")" ]; }
    for pair in "$source:lockstep.pb-c.c" "$header:lockstep.pb-c.h"; do
        if ! same "${pair%%:*}" "$fresh/${pair##*:}"; then
            diff -u "${pair%%:*}" "$fresh/${pair##*:}" | head -40 >&2 || true
            echo "generate-wire: ${pair%%:*} is not what proto/lockstep.proto gives; run scripts/generate-wire.sh and commit" >&2
            exit 1
        fi
    done
    echo "generate-wire: the generated code is up to date"
else
    mkdir -p "$(dirname "$header")"
    cp "$fresh/lockstep.pb-c.c" "$source"
    cp "$fresh/lockstep.pb-c.h" "$header"
fi
