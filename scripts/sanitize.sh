#!/usr/bin/env bash
# Builds everything with a sanitizer and runs the tests of what threads and processes share: transports, clusters, and real
# processes of the command. Any report, of the tests or of a process that they start, fails it.
#
#     scripts/sanitize.sh [thread | address]        # both by default
#
# thread: data races. address: use of memory that is not, or no longer, one's own; and memory that nobody can free any more, looked for
# at the end of each process that ends by itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- thread address

# Of the command's tests those that start coordinators and workers, lose some and bring some back; of the cluster's all but the
# simulations, which have one thread and take longest: what they call is what the others call from several.
readonly tests='^LockstepTransportTests\.|^LockstepClusterTests\.|^LockstepCommandTests\.CommandTests/(Survival|Joining|Digests)/'
readonly simulations='^LockstepClusterTests\.Simulated'

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

for kind; do
    options="log_path=$reports/$kind exitcode=66"
    case $kind in
    thread) export TSAN_OPTIONS="$options suppressions=$PWD/scripts/sanitize-thread.txt second_deadlock_stack=1" ;;
    address)
        export ASAN_OPTIONS="$options detect_leaks=1 detect_stack_use_after_return=1"
        ;;
    *)
        echo "sanitize: unknown sanitizer '$kind'; expected thread or address" >&2
        exit 2
        ;;
    esac
    flags=(--configuration release --sanitize "$kind" --scratch-path ".build-$kind")
    LOCKSTEP_SANITIZE=$kind swift build "${flags[@]}" --build-tests
    status=0
    LOCKSTEP_SANITIZE=$kind swift test "${flags[@]}" --skip-build --disable-xctest --filter "$tests" \
        --skip "$simulations" || status=$?
    # A process that a test starts may end well, or be killed, after a report.
    if compgen -G "$reports/$kind*" >/dev/null; then
        cat "$reports/$kind"*
        echo "sanitize: the $kind sanitizer has found what is above" >&2
        exit 1
    fi
    [ "$status" = 0 ] || {
        echo "sanitize: tests failed under the $kind sanitizer" >&2
        exit "$status"
    }
done
