#!/usr/bin/env bash
# Trains on several hosts: a coordinator on the first and workers on all, over ssh.
#
#   deploy/launch-hosts.sh [--dry-run] HOSTS [options of lockstep coordinator...]
#
#   --dry-run   asks every host whether it is ready, prints the commands, and starts nothing
#
# HOSTS is a file with one host a line:
#
#   [USER@]HOST [workers=N] [address=ADDRESS]     # a comment
#
#   workers     how many workers run there (default: one a core; 0 for a host that only coordinates)
#   address     on the first host: where the others reach it (default: the address that ssh went to)
#
# What goes over the network is encrypted, and nobody else can join: each run has keys of its own, which are made on the
# first host, given to the others over ssh, and removed with the run. `--insecure` among the options does without.
#
# A host that is this machine is not gone to by ssh. Each line of output is led by the name of its host. Ctrl-C stops the
# run as it stops `lockstep coordinator` (a checkpoint is written), a second one stops everything at once. When one host's
# workers fail or its connection breaks, the run is ended; no process stays behind, even if this script is killed. The
# exit status is the coordinator's; 2 for a mistake in HOSTS or the options, 1 for a host that is not ready.
#
#   LOCKSTEP_SSH      what is called in place of ssh, with its options (a host and one command line follow)
#   LOCKSTEP_BINARY   where lockstep is on the hosts (default: lockstep on their PATH)
set -uo pipefail

read -ra ssh <<<"${LOCKSTEP_SSH:-ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3}"
binary=${LOCKSTEP_BINARY:-lockstep}
readonly start_timeout=60  # seconds for the coordinator to say where it listens, which it does before anything else
readonly leash_timeout=120 # seconds that the hosts go on for without a sign of this script; it gives one every 10
readonly end_timeout=10    # seconds for the others to end by themselves once one has; they notice within 5

say() { printf '[launch] %s\n' "$*"; }
die() { # exit status, text
    printf 'launch-hosts: %s\n' "$2" >&2
    exit "$1"
}
usage() { sed -n '2,26s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

quoted() { # words; the same words for any shell to read
    local word line=''
    for word; do
        [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
        line+="$word "
    done
    printf '%s' "${line% }"
}

# ---- The hosts file ------------------------------------------------------------------------------------------------

hosts=() workers=() lines=() # of each host: its name, its number of workers ('' until asked), its line in the file
address=''

read_hosts() { # file
    local file=$1 line number=0 word words i
    [ -e "$file" ] || die 2 "there is no hosts file $file"
    if [ -d "$file" ] || [ ! -r "$file" ]; then die 2 "the hosts file $file cannot be read"; fi
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        line=${line%$'\r'}
        read -ra words <<<"${line%%#*}"
        [ ${#words[@]} -gt 0 ] || continue
        [[ ${words[0]} =~ ^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*(@[A-Za-z0-9_:][A-Za-z0-9_.:%-]*)?$ ]] ||
            die 2 "$file:$number: '${words[0]}' is not the name of a host"
        for i in "${!hosts[@]}"; do
            [ "${hosts[i]}" != "${words[0]}" ] ||
                die 2 "$file:$number: ${words[0]} is already on line ${lines[i]}; give the number of its workers there: ${words[0]} workers=2"
        done
        hosts+=("${words[0]}") lines+=("$number") workers+=('')
        for word in "${words[@]:1}"; do
            case $word in
            workers=*)
                [[ ${word#*=} =~ ^(0|[1-9][0-9]{0,3})$ ]] ||
                    die 2 "$file:$number: workers must be a whole number from 0 to 9999, found '${word#*=}'"
                workers[-1]=${word#*=}
                ;;
            address=*)
                [ ${#hosts[@]} = 1 ] ||
                    die 2 "$file:$number: only the first host, the coordinator's, has an address that others use"
                [[ ${word#*=} =~ ^[A-Za-z0-9_.:%-]+$ ]] || die 2 "$file:$number: '${word#*=}' is not an address"
                address=${word#*=}
                ;;
            *) die 2 "$file:$number: '$word' is not known; a line is: [USER@]HOST [workers=N] [address=ADDRESS]" ;;
            esac
        done
    done <"$file"
    [ ${#hosts[@]} -gt 0 ] || die 2 "the hosts file $file names no host; a line is: [USER@]HOST [workers=N]"
}

# ---- Commands on hosts ---------------------------------------------------------------------------------------------

is_here() { # host
    local name=${1#*@} found own
    case $name in
    localhost | 127.* | ::1 | "$(hostname)" | "$(hostname -f 2>/dev/null)") return 0 ;;
    esac
    own=" $(hostname -I 2>/dev/null) "
    read -r found _ < <(getent ahosts "$name" 2>/dev/null)
    [ -n "${found:-}" ] && [[ $found == 127.* || $own == *" $found "* ]]
}

local_hosts=() # of each host: 1 if it is this machine

on_host() { # number of the host, script for bash
    if [ -n "${local_hosts[$1]}" ]; then
        bash -c "$2"
    else
        "${ssh[@]}" "${hosts[$1]}" "exec bash -c $(quoted "$2")"
    fi
}

# One question to every host, before anything is started: is lockstep there, how many cores has the host, and by which
# address does it see this machine and itself (SSH_CONNECTION: the client's address and port, the server's, and port)?
ask() { # number of the host
    # shellcheck disable=SC2016 # for the host's shell
    on_host "$1" 'command -v '"$(quoted "$binary")"' >/dev/null || exit 66
        echo "ready $(nproc) ${SSH_CONNECTION:-}"' </dev/null >"$temporary/ready.$1" 2>"$temporary/ready.$1.err"
    echo $? >"$temporary/ready.$1.status"
}

ask_all() {
    local i status cores client server word problem=''
    for i in "${!hosts[@]}"; do ask "$i" & done
    wait
    for i in "${!hosts[@]}"; do
        status=$(<"$temporary/ready.$i.status")
        # A login script of the host may print before the answer does.
        word='' cores='' client='' server=''
        read -r word cores client _ server _ < <(grep '^ready ' "$temporary/ready.$i")
        if [ "$status" = 66 ]; then
            problem=1
            say "${hosts[i]} (line ${lines[i]}): there is no $binary on it. Copy it there, or say where it is in LOCKSTEP_BINARY."
        elif [ "$status" != 0 ] || [ "$word" != ready ]; then
            problem=1
            say "${hosts[i]} (line ${lines[i]}): cannot be reached with ${ssh[0]} (exit status $status): $(tail -1 "$temporary/ready.$i.err")"
        fi
        [ -n "${workers[i]}" ] || workers[i]=$cores
        # Where the others reach the coordinator: the address that ssh went to, seen from whichever end is not here.
        if [ -z "$address" ] && [ "$i" = 0 ] && [ -z "${local_hosts[0]}" ]; then address=$server; fi
        if [ -z "$address" ] && [ "$i" -gt 0 ] && [ -z "${local_hosts[i]}" ] && [ -n "${local_hosts[0]}" ]; then
            address=$client
        fi
    done
    [ -z "$problem" ] || exit 1
}

choose_address() {
    local i all_here=1
    for i in "${!hosts[@]}"; do [ -n "${local_hosts[i]}" ] || all_here=''; done
    if [ -z "$address" ] && [ -n "$all_here" ]; then address=127.0.0.1; fi
    # An address with a zone (fe80::1%eth0) means something else on each host.
    if [ -z "$address" ] || [[ $address == *%* ]]; then address=${hosts[0]#*@}; fi
    if [[ $address == *:* ]]; then address="[$address]"; fi
}

# ---- Keys ----------------------------------------------------------------------------------------------------------

folders=() # of each host with workers: where the keys are that they use
made=()    # of each host: the folder to remove

# The keys of all are made on the first host. What each other host needs comes back line by line, and goes there by way of
# standard input, so that no secret is on a command line. A login script of a host may print before.
make_keys() {
    local i number file line names=() numbers=''
    for i in "${!hosts[@]}"; do
        names+=("host$i")
        if [ "$i" != 0 ] && [ "${workers[i]}" != 0 ]; then numbers+=" $i"; fi
    done
    # shellcheck disable=SC2016 # for the host's shell
    on_host 0 'umask 077
        folder=$(mktemp -d) && echo "folder $folder" || exit
        '"$(quoted "$binary" keys new)"' "$folder/cluster" '"$(quoted "${names[@]}")"' >/dev/null || exit
        for i in '"$numbers"'; do
            for file in worker.secret coordinator.public; do
                sed "s/^/key $i $file /" "$folder/cluster/workers/host$i/$file"
            done
        done
        echo made' </dev/null >"$temporary/keys" 2>"$temporary/keys.err"
    made[0]=$(sed -n 's/^folder //p' "$temporary/keys")
    grep -qx made "$temporary/keys" ||
        die 1 "${hosts[0]} (line ${lines[0]}): no keys could be made: $(tail -1 "$temporary/keys.err")"
    folders[0]=${made[0]}/cluster/workers/host0
    for i in $numbers; do
        while read -r number file line; do
            [ "$number" != "$i" ] || printf '%s %s\n' "$file" "$line"
        done < <(sed -n 's/^key //p' "$temporary/keys") >"$temporary/keys.$i"
        # shellcheck disable=SC2016 # for the host's shell
        on_host "$i" 'umask 077
            folder=$(mktemp -d) && echo "folder $folder" || exit
            while read -r file line; do printf "%s\n" "$line" >>"$folder/$file" || exit; done
            echo made' <"$temporary/keys.$i" >"$temporary/keys.made" 2>"$temporary/keys.err"
        made[i]=$(sed -n 's/^folder //p' "$temporary/keys.made")
        grep -qx made "$temporary/keys.made" ||
            die 1 "${hosts[i]} (line ${lines[i]}): its keys could not be put there: $(tail -1 "$temporary/keys.err")"
        folders[i]=${made[i]}
    done
}

# Removes the keys of hosts on which nothing was started; of the others, they go with what was.
remove_keys() {
    local i
    for i in "${!made[@]}"; do
        [ -z "${made[i]}" ] || on_host "$i" "rm -rf $(quoted "${made[i]}")" </dev/null >/dev/null 2>&1 &
    done
    wait
}

# ---- Scripts for hosts ---------------------------------------------------------------------------------------------

# A process on a host lives on a leash: the standard input that comes with the connection. A word on it is a signal to
# send (0, which does nothing, says that this script is there). When the leash ends or is silent, because this script has
# ended, was killed or lost the network, so does the process.
# The coordinator takes the place of its shell: as a background process it would be deaf to INT.
coordinator_script() { # command line, folder to remove in the end
    cat <<SCRIPT
exec 3<&0
(
    while read -r -t $leash_timeout signal <&3; do kill -s "\$signal" \$\$; done
    for signal in INT {1..30} KILL; do
        read -r _ _ _ parent _ </proc/self/stat
        [ "\$parent" = \$\$ ] || break
        case \$signal in *[0-9]) sleep 1 ;; *) kill -s \$signal \$\$ ;; esac
    done
    rm -rf $2
) >/dev/null 2>&1 &
exec $1 </dev/null 3<&-
SCRIPT
}

# Where the leash ends, the coordinator may still want the workers' state for its last checkpoint, and then ends them.
workers_script() { # number of workers, command line, folder to remove in the end
    cat <<SCRIPT
exec 3<&0
set -m # each worker in a process group, with the shell that says how it ended
for ((i = 0; i < $1; i++)); do
    (
        trap : TERM
        $2 </dev/null 3<&- && exit
        status=\$?
        echo "a worker ended with exit status \$status"
        exit \$status
    ) &
    all+=(\$!)
done
set +m # no notes on jobs
(
    while read -r -t $leash_timeout signal <&3; do kill -s "\$signal" -- "\${all[@]/#/-}"; done
    for signal in 0 TERM KILL; do kill -s \$signal -- "\${all[@]/#/-}" && sleep 10; done
    rm -rf $3
) >/dev/null 2>&1 &
leash=\$!
for one in "\${all[@]}"; do
    wait \$one || status=\$?
done
kill \$leash
rm -rf $3
exit \${status:-0}
SCRIPT
}

# ---- The run -------------------------------------------------------------------------------------------------------

# A job is the coordinator (job 0) or all workers of host i (job i + 1).
leashes=() running=() # of each job: the descriptor of its leash; 1 while it runs

prefixed() { # name
    local line
    while IFS= read -r line || [ -n "$line" ]; do
        printf '[%s] %s\n' "$1" "$line"
        # What the coordinator says once it can be reached, and the script of a host whose worker has failed.
        if [[ $line =~ coordinator\ listening\ on\ (tcp://[^[:space:]\"]+) ]]; then
            echo "listening ${BASH_REMATCH[1]}" >&"$events"
        elif [[ $line =~ ^a\ worker\ ended\ with\ exit\ status\ [0-9]+$ ]]; then
            echo failed >&"$events"
        fi
    done
}

# Starts a script on a host with its output prefixed. That it has ended, and all its output is printed, is an event.
start() { # job, number of the host, script
    local leash fd
    mkfifo "$temporary/leash.$1"
    exec {leash}<>"$temporary/leash.$1"
    leashes[$1]=$leash running[$1]=1
    {
        exec <"$temporary/leash.$1"
        for fd in "${leashes[@]}"; do exec {fd}>&-; done # held by this script alone, they end with it
        {
            on_host "$2" "$3"
            echo $? >"$temporary/status.$1"
        } 2>&1 | prefixed "${hosts[$2]}"
        echo "ended $1 $(<"$temporary/status.$1")" >&"$events"
    } &
}

send() { # signal, jobs...
    local job
    for job in "${@:2}"; do [ -z "${running[job]:-}" ] || echo "$1" >&"${leashes[job]}"; done
}

start_workers() { # the coordinator's endpoint
    local i endpoint=$1
    # Any address at all is where it listens, not where it is found.
    [[ ! $endpoint =~ ^tcp://(0\.0\.0\.0|\[::\]|\*):([0-9]+)$ ]] || endpoint=tcp://$address:${BASH_REMATCH[2]}
    for i in "${!hosts[@]}"; do
        [ "${workers[i]}" != 0 ] || continue
        start $((i + 1)) "$i" "$(workers_script "${workers[i]}" "$(worker_command "$i" "$endpoint")" \
            "$(quoted "${made[i]:-}")")"
        made[i]=''
    done
}

deadline='' step=0
within() { deadline=$((SECONDS + $1)) step=0; } # seconds

# Something has not happened in time: ask the coordinator to end, then the workers, then insist, then let go.
out_of_time() {
    step=$((step + 1))
    deadline=$((SECONDS + end_timeout))
    case $step in
    1)
        [ -n "$listening" ] || say "the coordinator did not say within $start_timeout s where it listens; ending it"
        send INT 0
        [ -n "${running[0]:-}" ] || send TERM "${!running[@]}"
        ;;
    2) send KILL "${!running[@]}" ;;
    *)
        say 'some hosts do not answer; what still runs there ends when it sees that the connection has'
        running=()
        ;;
    esac
}

interrupts=0
# shellcheck disable=SC2317 # called by trap
interrupted() {
    interrupts=$((interrupts + 1))
    send INT 0
    case $interrupts in
    1) ;; # the coordinator writes its checkpoint, however long that takes
    2) send TERM "${!running[@]}"; within 5; step=1 ;;
    *) send KILL "${!running[@]}"; within 5; step=2 ;;
    esac
}

# A worker or a connection is gone. The coordinator sees that too and can say more; so it ends by itself, or is ended.
failure() { # text
    if [ -n "${running[0]:-}" ] && [ "$interrupts" = 0 ] && [ -z "$failed" ]; then
        say "$1; the run ends"
        failed=1
        within "$end_timeout"
    fi
}

failed='' listening='' coordinator_status=1
run() {
    local event job status wait
    mkfifo "$temporary/events"
    exec {events}<>"$temporary/events"
    trap interrupted INT TERM HUP
    set -m # each job in a process group of its own: Ctrl-C reaches it by way of this script alone
    start 0 0 "$(coordinator_script "$(quoted "${coordinator[@]}")" "$(quoted "${made[0]:-}")")"
    made[0]=''
    within "$start_timeout"
    while [ ${#running[@]} -gt 0 ]; do
        if [ -n "$deadline" ] && ((SECONDS >= deadline)); then
            out_of_time
            continue
        fi
        send 0 "${!running[@]}"
        wait=$((${deadline:-SECONDS + 10} - SECONDS))
        read -r -t $((wait < 10 ? wait : 10)) -u "$events" event job status || continue
        case $event in
        listening)
            [ -z "$listening" ] || continue
            listening=$job deadline=''
            start_workers "$listening"
            ;;
        failed) failure 'a worker has failed' ;;
        ended)
            unset "running[$job]"
            if [ "$job" = 0 ]; then
                coordinator_status=$status
                within "$end_timeout"
            elif [ "$status" != 0 ]; then
                failure "${hosts[job - 1]}: exit status $status"
            fi
            ;;
        esac
    done
    [ -z "$failed" ] || [ "$coordinator_status" != 0 ] || coordinator_status=1
    return "$coordinator_status"
}

# ---- The command ---------------------------------------------------------------------------------------------------

dry_run='' bind=1 insecure=''
while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry_run=1 ;;
    -h | --help) usage; exit 0 ;;
    -*) die 2 "unknown option $1 before the hosts file; options of lockstep coordinator follow it" ;;
    *) break ;;
    esac
    shift
done
[ $# -gt 0 ] || { usage >&2; exit 2; }
read_hosts "$1"
shift
for option; do
    case $option in
    --workers | --workers=*) die 2 'the number of workers is in the hosts file (HOST workers=N), not an option' ;;
    --bind | --bind=*) bind='' ;;
    --insecure) insecure=1 ;;
    --keys | --keys=*) die 2 'each run has keys of its own, which are made for it; leave --keys out' ;;
    esac
done

temporary=$(mktemp -d) || exit 1
trap 'remove_keys; rm -rf "$temporary"' EXIT
for i in "${!hosts[@]}"; do
    if is_here "${hosts[i]}"; then local_hosts+=(1); else local_hosts+=(''); fi
done
ask_all
choose_address
total=0
for i in "${!hosts[@]}"; do total=$((total + workers[i])); done
[ "$total" -gt 0 ] || die 2 'the hosts file gives no host a worker'
coordinator=("$binary" coordinator)
[ -z "$bind" ] || coordinator+=(--bind "tcp://$address:0")
coordinator+=(--workers "$total" "$@")
worker_command() { # number of the host, the coordinator's endpoint
    local options=(--keys "${folders[$1]:-KEYS}")
    [ -z "$insecure" ] || options=(--insecure)
    quoted "$binary" worker --coordinator "$2" "${options[@]}"
}

if [ -n "$dry_run" ]; then
    [ -n "$insecure" ] || coordinator+=(--keys KEYS)
    printf '[%s] %s\n' "${hosts[0]}" "$(quoted "${coordinator[@]}")"
    for i in "${!hosts[@]}"; do
        for ((n = 0; n < workers[i]; n++)); do
            printf '[%s] %s\n' "${hosts[i]}" "$(worker_command "$i" "tcp://$address:PORT")"
        done
    done
    exit 0
fi
if [ -z "$insecure" ]; then
    make_keys
    coordinator+=(--keys "${made[0]}/cluster")
fi

run
