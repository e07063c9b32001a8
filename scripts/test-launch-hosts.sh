#!/usr/bin/env bash
# Tests deploy/launch-hosts.sh by itself: a stand-in for ssh runs each host's commands here, and a stand-in for lockstep
# plays coordinator and worker, so that every way for a run to end can be brought about.
set -euo pipefail
# Who starts this in the background may have it deaf to Ctrl-C, and with it all that it starts, which no shell can undo.
[ -n "${HEARS_INT:-}" ] || exec env --default-signal=INT,QUIT HEARS_INT=1 "${BASH_SOURCE[0]}" "$@"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
launch=$PWD/deploy/launch-hosts.sh
work=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
mkdir bin

# A host is a name; it is known to the commands that run there as $ON_HOST.
cat >bin/ssh <<'STUB'
#!/bin/sh
case $1 in
away*) echo "ssh: connect to host $1 port 22: Connection refused" >&2; exit 255 ;;
esac
export ON_HOST="$1" SSH_CONNECTION='10.9.8.1 50000 10.9.8.7 22'
exec sh -c "$2"
STUB

# Its life is in files of the folder it runs in: `worker.PID` for each worker, `done` once all is over.
cat >bin/lockstep <<'STUB'
#!/usr/bin/env bash
[ "$1" = keys ] || sed 's|--keys [^ ]*|--keys KEYS|' <<<"$ON_HOST $*" >>calls
echo $$ >>pids
if [ "$1" = keys ]; then
    [ -z "${KEYLESS:-}" ] || { echo "Error: this system's ZeroMQ was built without CURVE" >&2; exit 1; }
    folder=$3
    mkdir -p "$folder/workers"
    echo "the coordinator's" >"$folder/coordinator.secret"
    for name in "${@:4}"; do
        mkdir "$folder/workers/$name"
        printf '# of %s\nsecret a#b*c$d\n' "$name" >"$folder/workers/$name/worker.secret"
        echo 'public x' >"$folder/workers/$name/coordinator.public"
    done
    exit
fi
# The keys, as they are when they are read; then the command is told with a word for where they are.
words=("$@")
while [ $# -gt 0 ]; do
    if [ "$1" = --keys ]; then
        for file in coordinator.secret worker.secret coordinator.public; do
            [ ! -e "$2/$file" ] || sed "s/^/$ON_HOST $file /" "$2/$file" >>keys
        done
        find "$2" -perm /077 >>keys
        echo "$2" >>key-folders
    fi
    shift
done
set -- "${words[@]}"
tick() { read -r -t 0.05 <>never || :; }
case $1 in
coordinator)
    trap 'echo interrupted; [ -n "${DEAF:-}" ] || { echo checkpoint written; touch done; exit 130; }' INT
    [ -z "${SILENT:-}" ] || while :; do tick; done
    [ -z "${EARLY:-}" ] || { echo "lockstep: tcp://10.9.8.7:5555 is in use" >&2; exit 3; }
    listening="coordinator listening on tcp://${WILDCARD:-10.9.8.7}:4321"
    case $* in *--json*) echo "{\"event\":\"note\",\"text\":\"$listening\"}" ;; *) echo "$listening" ;; esac
    while [ "$(ls worker.* 2>/dev/null | wc -l)" != "$WANTED" ]; do tick; done
    echo "all workers are here"
    [ -z "${FOREVER:-}" ] || while :; do tick; done
    touch done
    exit "${RESULT:-0}"
    ;;
worker)
    [ "$ON_HOST" != "${BROKEN:-}" ] || { echo "lockstep: Illegal instruction" >&2; exit 132; }
    touch "worker.$$"
    while [ ! -e done ]; do tick; done
    echo "worker ended well"
    ;;
esac
STUB
chmod +x bin/*
mkfifo never
export PATH=$work/bin:$PATH LOCKSTEP_SSH=$work/bin/ssh TMPDIR=$work

tests=0
fail() {
    printf 'test-launch-hosts: %s\n' "$*" >&2
    [ ! -e out ] || sed 's/^/    /' out >&2
    exit 1
}
fresh() { rm -f worker.* 'done' calls pids keys key-folders; : >out; }
launch() { # expected status, arguments; output in out
    local status=0
    tests=$((tests + 1))
    timeout 60 "$launch" "${@:2}" >out 2>&1 || status=$?
    [ "$status" = "$1" ] || fail "expected exit status $1, found $status, of: launch-hosts.sh ${*:2}"
}
says() { grep -Fqe "$1" out || fail "expected in the output: $1"; }
nothing_runs() {
    local pid
    while read -r pid; do
        # A process that was told to end may take a moment.
        for _ in {1..100}; do
            kill -0 "$pid" 2>/dev/null || continue 2
            read -r -t 0.1 <>never || :
        done
        fail "process $pid still runs"
    done <pids
}
hosts() { printf '%s\n' "$@" >hosts.txt; }

# Mistakes in the hosts file and the options.
launch 2; says 'deploy/launch-hosts.sh [--dry-run] HOSTS'
launch 2 nowhere.txt; says 'there is no hosts file nowhere.txt'
launch 2 "$work"; says 'cannot be read'
hosts '# nothing here' ''; launch 2 hosts.txt; says 'names no host'
hosts one '' 'two workers=many'; launch 2 hosts.txt
says "hosts.txt:3: workers must be a whole number from 0 to 9999, found 'many'"
hosts one 'two cores=4'; launch 2 hosts.txt; says "hosts.txt:2: 'cores=4' is not known"
hosts one one; launch 2 hosts.txt; says 'hosts.txt:2: one is already on line 1'
hosts -oProxyCommand=evil; launch 2 hosts.txt; says "hosts.txt:1: '-oProxyCommand=evil' is not the name of a host"
# shellcheck disable=SC2016 # not to be expanded, here or anywhere
hosts 'a;reboot'; launch 2 hosts.txt; says "hosts.txt:1: 'a;reboot' is not the name of a host"
hosts one 'two address=10.0.0.1'; launch 2 hosts.txt; says 'hosts.txt:2: only the first host'
hosts one; launch 2 hosts.txt --workers 3; says 'the number of workers is in the hosts file'
hosts one; launch 2 hosts.txt --keys cluster; says 'each run has keys of its own'
hosts one; launch 2 --fast hosts.txt; says 'unknown option --fast'
hosts 'one workers=0'; launch 2 hosts.txt; says 'gives no host a worker'

# Hosts that are not ready are all named, and nothing is started.
hosts one away1 'away2 workers=2'; fresh; launch 1 hosts.txt
says 'away1 (line 2): cannot be reached'; says 'Connection refused'; says 'away2 (line 3)'
[ ! -e calls ] || fail 'something was started'
hosts one two; LOCKSTEP_BINARY=/opt/missing launch 1 hosts.txt
says 'one (line 1): there is no /opt/missing on it'; says 'two (line 2)'

# The commands.
printf 'one workers=1 # coordinates\r\n\n  user@two workers=2' >hosts.txt
fresh; launch 0 --dry-run hosts.txt --epochs 3 --data "idx:/a b'c"
cat >expected <<'TEXT'
[one] lockstep coordinator --bind tcp://10.9.8.7:0 --workers 3 --epochs 3 --data 'idx:/a b'\''c' --keys KEYS
[one] lockstep worker --coordinator tcp://10.9.8.7:PORT --keys KEYS
[user@two] lockstep worker --coordinator tcp://10.9.8.7:PORT --keys KEYS
[user@two] lockstep worker --coordinator tcp://10.9.8.7:PORT --keys KEYS
TEXT
diff expected out || fail 'the dry run differs'
[ ! -e calls ] || fail 'something was started'
hosts 'one workers=1 address=fd00::7'; launch 0 --dry-run hosts.txt; says "--bind 'tcp://[fd00::7]:0'"
hosts 'one workers=1'; launch 0 --dry-run hosts.txt --bind tcp://0.0.0.0:5555
says 'lockstep coordinator --workers 1 --bind tcp://0.0.0.0:5555'
hosts 'localhost workers=1'; launch 0 --dry-run hosts.txt; says '--bind tcp://127.0.0.1:0'
hosts 'localhost workers=1' 'two workers=1'; launch 0 --dry-run hosts.txt; says '--bind tcp://10.9.8.1:0'
hosts one; launch 0 --dry-run hosts.txt; says "--workers $(nproc)"

# A run from beginning to end.
hosts 'one workers=1' 'two workers=2' 'three workers=0'
fresh; WANTED=3 launch 0 hosts.txt --data "idx:/a b'c"
says '[one] coordinator listening on tcp://10.9.8.7:4321'; says '[two] worker ended well'
grep -Fxq "one coordinator --bind tcp://10.9.8.7:0 --workers 3 --data idx:/a b'c --keys KEYS" calls || fail 'the coordinator was called otherwise'
[ "$(grep -Fxc 'two worker --coordinator tcp://10.9.8.7:4321 --keys KEYS' calls)" = 2 ] || fail 'two workers were to be called on two'
nothing_runs
cat >expected <<'TEXT'
one coordinator.public public x
one coordinator.secret the coordinator's
one worker.secret # of host0
one worker.secret secret a#b*c$d
two coordinator.public public x
two worker.secret # of host1
two worker.secret secret a#b*c$d
TEXT
sort -u keys | diff expected - || fail 'the keys are otherwise, or others can read them'
gone() { # the keys of the run, in a moment
    local folder
    while read -r folder; do
        for _ in {1..100}; do
            [ -e "$folder" ] || continue 2
            read -r -t 0.1 <>never || :
        done
        fail "keys are left in $folder"
    done <key-folders
}
gone
fresh; WANTED=3 launch 0 hosts.txt --insecure
grep -Fxq 'two worker --coordinator tcp://10.9.8.7:4321 --insecure' calls || fail 'a worker was not told to do without keys'
[ ! -e keys ] || fail 'there are keys'
fresh; KEYLESS=1 launch 1 hosts.txt; says 'one (line 1): no keys could be made: '; says 'built without CURVE'
[ ! -e calls ] || fail 'something was started'
fresh; WANTED=3 launch 0 hosts.txt --json
grep -Fxq 'two worker --coordinator tcp://10.9.8.7:4321 --keys KEYS' calls || fail 'the endpoint was misread in a line of JSON'
fresh; WANTED=3 RESULT=7 launch 7 hosts.txt; nothing_runs
fresh; WANTED=3 WILDCARD=0.0.0.0 launch 0 hosts.txt
grep -Fxq 'two worker --coordinator tcp://10.9.8.7:4321 --keys KEYS' calls || fail 'workers were sent to the wildcard address'

# A coordinator that cannot start, and workers that cannot.
fresh; WANTED=3 EARLY=1 launch 3 hosts.txt; says '[one] lockstep: tcp://10.9.8.7:5555 is in use'; nothing_runs; gone
fresh; WANTED=3 BROKEN=two launch 130 hosts.txt
says '[two] a worker ended with exit status 132'; says '[one] checkpoint written'; nothing_runs

# Ctrl-C, once and twice; and a launcher that is killed.
until_said() { # text
    for _ in {1..200}; do
        ! grep -q "$1" out || return 0
        read -r -t 0.05 <>never || :
    done
    fail "waited in vain for: $1"
}
running() { # starts a run that never ends by itself, and waits until it is under way
    fresh
    set -m
    WANTED=3 FOREVER=1 "$launch" hosts.txt >out 2>&1 &
    pid=$!
    set +m
    tests=$((tests + 1))
    until_said 'all workers are here'
}
ends_with() { # expected status
    local status=0
    wait "$pid" 2>/dev/null || status=$?
    pid=''
    [ "$status" = "$1" ] || fail "expected exit status $1, found $status"
}
running; kill -INT "$pid"; ends_with 130; says '[one] checkpoint written'; nothing_runs
running; kill -KILL "$pid"; ends_with 137; nothing_runs; gone
export DEAF=1
running; kill -INT "$pid"; until_said interrupted; kill -INT "$pid"; ends_with 143; nothing_runs

printf '%s\n' "test-launch-hosts: $tests runs as expected"
