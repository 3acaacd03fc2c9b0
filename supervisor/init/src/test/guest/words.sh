#!/bin/sh
# Words that the scripts of the guest share.
phase() { echo "--- $(cut -d' ' -f1 /proc/uptime) s: $*"; }
check() {
    name=$1
    shift
    if "$@"; then
        echo "RESULT $name ok"
    else
        echo "RESULT $name FAILED"
        systemctl status --no-pager --full 'omni-*'
        journalctl -b --no-pager -n 40 -o short-monotonic
    fi
}
not() { ! "$@"; }
now() { cut -d. -f1 /proc/uptime; }
# within SECONDS COMMAND...: succeeds once the command does
within() {
    end=$(($(now) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(now)" -lt "$end" ] || return 1
        sleep 0.3
    done
}
omni() {
    runuser -u omni -- env OMNI_HOME=/var/lib/omni OMNI_RUN=/run/omni HOME=/var/lib/omni /opt/omni/bin/omni "$@"
}
prop() { systemctl show --value --property="$2" "omni-$1"; }
pid() { prop "$1" MainPID; }
is() { [ "$(prop "$1" ActiveState)" = "$2" ]; }
all_are() { for unit in supervisor airgap vault engine daemon; do is "$unit" "$1" || return 1; done; }
# another UNIT PID: it is active with another process than that
another() { is "$1" active && [ "$(pid "$1")" -gt 0 ] && [ "$(pid "$1")" != "$2" ]; }
whole_again() { another supervisor "$1" && another engine "$2" && another daemon "$3"; }
has_vsock() { grep -q ^AF_VSOCK /proc/net/protocols; }
# Asked by a program of systemd's, which starts faster than a virtual machine.
gap_status() { runuser -u omni -- varlinkctl --json=short call /run/omni/airgap.sock omni.Airgap.Status '{}'; }
gap_is() { gap_status | grep -q "\"state\":\"$1\""; } # gap_is STATE
# asleep: as the kernel rehearses it, every driver put to sleep and woken after five seconds; of what else wakes one nothing is here
asleep() { echo devices >/sys/power/pm_test && echo freeze >/sys/power/state; }
same() { [ "$1" = "$2" ]; }
