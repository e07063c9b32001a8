#!/usr/bin/env bash
# Checks the systemd units of deploy/: that systemd finds nothing wrong with them, that they stay closed to all but what
# they need, and that their settings files name every setting. Skipped, with a line that says so, where systemd is not
# installed. No systemd needs to be running.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly exposure=20 # of 100, in systemd's own measure; an unhardened service has 96

if ! command -v systemd-analyze >/dev/null; then
    echo 'check-units: skipped, systemd-analyze is not installed (apt-get install systemd)'
    exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The units name /usr/local/bin/lockstep, which is not on a machine that only checks them: here it is any program.
sed 's|^ExecStart=/usr/local/bin/lockstep |ExecStart=/bin/true |' deploy/systemd/lockstep-coordinator.service \
    >"$work/lockstep-coordinator.service"
sed 's|^ExecStart=/usr/local/bin/lockstep |ExecStart=/bin/true |' deploy/systemd/lockstep-worker@.service \
    >"$work/lockstep-worker@.service"
cp "$work/lockstep-worker@.service" "$work/lockstep-worker@1.service"

failed=''
complain() { printf 'check-units: %s\n' "$*" >&2; failed=1; }
for unit in lockstep-coordinator.service lockstep-worker@1.service; do
    grep -q '^ExecStart=/bin/true ' "$work/$unit" || complain "$unit does not start /usr/local/bin/lockstep"
    # It fails for what is wrong, and only prints what it does not know.
    if ! systemd-analyze verify "$work/$unit" >"$work/log" 2>&1 || grep -F lockstep "$work/log"; then
        cat "$work/log" >&2
        complain "$unit is not accepted"
    fi
    if [[ $(systemd-analyze --help) != *--offline* ]]; then
        echo 'check-units: how open the units are is not checked: that needs systemd 250 or newer'
    elif ! systemd-analyze security --no-pager --offline=true --threshold="$exposure" "$work/$unit" >"$work/log" 2>&1; then
        tail -1 "$work/log" >&2
        complain "$unit is more open than $exposure of 100"
    fi
done

# Every ${SETTING} of a unit is in its settings file, so that a copy of it is enough to begin with.
check_settings() { # unit, settings file
    local setting
    while read -r setting; do
        grep -q "^$setting=" "deploy/systemd/$2" || complain "deploy/systemd/$2 has no $setting"
    done < <(grep -o 'LOCKSTEP_[A-Z]*' "deploy/systemd/$1" | sort -u)
}
check_settings lockstep-coordinator.service coordinator.env
check_settings lockstep-worker@.service worker.env
[ -z "$failed" ] || exit 1
echo 'check-units: the systemd units are in order'
