#!/usr/bin/env bash
# Compares how many instructions a step and an all-reduce take with the counts in Benchmarks/instructions.txt.
#
#   scripts/check-instructions.sh            fails where one is more than 3% above its count
#   scripts/check-instructions.sh --record   writes the counts as they are now
#
# Instructions, because the clock of a shared machine says nothing of a change of some per cent. Counted by valgrind, which shows
# every program the same processor, one with AVX2, whatever the machine has: so OpenBLAS and our own kernels choose the same
# variants everywhere. Two runs of different length and the difference between them leave out starting and ending. What
# allocates, copies or goes through the runtime's tables for no reason is seen; what waits is not. Two runs of one build differ by
# less than 0.1%.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly file=Benchmarks/instructions.txt slack=3
lockstep=${LOCKSTEP_BINARY:-.build/release/lockstep}

if ! command -v valgrind >/dev/null; then
    echo 'skipped: valgrind is not installed'
    exit
fi
if ! grep -qw avx2 /proc/cpuinfo; then
    echo 'skipped: the counts are those of a processor with AVX2, which this one has not'
    exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Some versions of valgrind stop at the debug information of newer compilers, which is not needed.
strip -o "$folder/lockstep" "$lockstep"

# The instructions of one run, in millions with three places.
instructions() { # arguments of lockstep
    env -u OPENBLAS_L2_SIZE OPENBLAS_CORETYPE=Haswell SWIFT_DETERMINISTIC_HASHING=1 TMPDIR="$folder" \
        valgrind --tool=callgrind --callgrind-out-file=/dev/null "$folder/lockstep" "$@" 2>"$folder/errors" >/dev/null ||
        { cat "$folder/errors" >&2; return 1; }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$folder/errors"
}

# The instructions of one more of what option $2 counts.
each() { # name, option, arguments...
    local name=$1 option=$2 few=20 many=420
    shift 2
    instructions "$@" "$option" "$few" >"$folder/few" &
    instructions "$@" "$option" "$many" >"$folder/many"
    wait $!
    echo "$name $((($(cat "$folder/many") - $(cat "$folder/few")) / (many - few)))"
}

{
    each step --steps bench step --single-process --model mlp:64-32-10 --batch 32 --microbatches 2 --limit 320 --warm-up 1
    each all-reduce --rounds bench rounds --elements 10000
} >"$folder/found"

if [ "${1:-}" = --record ]; then
    cp "$folder/found" "$file"
    cat "$file"
    exit
fi
awk -v slack=$slack '
    NR == FNR { expected[$1] = $2; next }
    !($1 in expected) { print $1 ": " $2 " instructions, and no count to compare with"; failed = 1; next }
    {
        change = 100 * ($2 / expected[$1] - 1)
        printf "%s: %d instructions, %+.1f%% of %d\n", $1, $2, change, expected[$1]
        if (change > slack) { print "  more than " slack "% above: find out why, or record it with --record"; failed = 1 }
        if (change < -slack) print "  less: record it with --record, so that it stays"
    }
    END { exit failed }' "$file" "$folder/found"
