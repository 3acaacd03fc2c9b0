#!/bin/sh
# The test itself, inside the guest: Omni under a real systemd. The kernel's command line names the boot, and so what is
# tested: the first installs Omni and tries everything, the next ones are held.sh, and one of its own is sctp.sh. Prints
# "RESULT <check> ok" or "RESULT <check> FAILED", a line each, on the serial console that the test reads, and last "RESULT end ok".
# What stands in "if whole; then ... fi" takes most of the time, and runs where the command line asks for it.
set -u
export LC_ALL=C.UTF-8 SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat SYSTEMD_URLIFY=0 OMNI_JAVA=/opt/jdk
. /opt/guest/settings # start_seconds, watchdog_seconds

. /opt/guest/words.sh
case $(cat /proc/cmdline) in
*omni.boot=sctp*) . /opt/guest/sctp.sh ;;
*omni.boot=*) . /opt/guest/held.sh ;;
esac

whole() { grep -q omni.whole /proc/cmdline; }

# --- Install ---------------------------------------------------------------------------------------------------------

phase install
modprobe vsock_loopback
check vsock-is-there-before-omni has_vsock
modprobe -r vsock_loopback vmw_vsock_virtio_transport_common vsock
check units-copied cp -R /opt/guest/root/. / # what "omni units systemd" has written
systemd-sysusers
systemd-tmpfiles --create
systemctl daemon-reload
# It may have read its rules before there was a group "omni", and reads them again only when they change.
systemctl restart systemd-udevd
modprobe rfkill # there before the rule was, as on most machines with a radio
udevadm trigger --settle --subsystem-match=misc --subsystem-match=tpmrm
check radios-may-be-switched same "$(stat -c %G:%a /dev/rfkill)" omni:660
sysctl -q --system
check vsock-is-denied not modprobe vsock_loopback
check io-uring-is-denied same "$(cat /proc/sys/kernel/io_uring_disabled)" 2
io_uring_is_refused() { timeout 10 /opt/guest/send io_uring eth0; [ $? -eq 3 ]; }
check io-uring-is-refused io_uring_is_refused
class_archive_fits() {
    /opt/jdk/bin/java -XX:+UseSerialGC -Xshare:on -XX:SharedArchiveFile=/opt/omni/omni.jsa --module-path /opt/omni/lib \
        -m omni.role/omni.role.Main none 2>&1 | grep -q 'There is no role'
}
check class-archive-fits class_archive_fits
check early-unit-is-enabled systemctl enable omni-airgap-early
check units-verified systemd-analyze verify --man=no /etc/systemd/system/omni-supervisor.service \
    /etc/systemd/system/omni-engine.service /etc/systemd/system/omni-daemon.service
install -o omni -g omni -m 600 /opt/guest/omni.toml /var/lib/omni/omni.toml

# --- Start -----------------------------------------------------------------------------------------------------------

phase start
check role-without-a-tree-refused not systemctl start omni-engine
systemctl reset-failed omni-engine
check starts systemctl start omni-supervisor
check all-active all_are active
systemctl status --no-pager --lines=0 'omni-*'
supervisor=$(pid supervisor) engine=$(pid engine) daemon=$(pid daemon)

phase sandbox
for unit in supervisor vault engine daemon; do
    of=/proc/$(pid $unit)
    check $unit-has-no-capability grep -q '^CapBnd:[[:space:]]*0*$' "$of/status"
    check $unit-has-a-system-call-filter grep -q '^Seccomp:[[:space:]]*2$' "$of/status"
    check $unit-runs-as-omni same "$(stat -c %U "$of")" omni
done
net() { readlink "/proc/$1/ns/net"; }
check engine-has-no-network not same "$(net "$engine")" "$(net 1)"
check supervisor-has-no-network not same "$(net "$supervisor")" "$(net 1)"
check engine-cannot-write-state not nsenter -t "$engine" -m touch /var/lib/omni/touched
check daemon-can-write-state nsenter -t "$daemon" -m touch /var/lib/omni/touched
for unit in engine daemon; do
    check $unit-cannot-see-the-gap not nsenter -t "$(pid $unit)" -m ls /var/lib/omni/airgap/evidence
done
check daemon-cannot-change-the-configuration not nsenter -t "$daemon" -m sh -c \
    'mv /var/lib/omni/omni.toml /var/lib/omni/other 2>/dev/null || echo x >>/var/lib/omni/omni.toml'
check same-user-elsewhere-may-not-give-orders not runuser -u omni -- systemctl --no-ask-password stop omni-engine
check engine-still-there same "$(pid engine)" "$engine"

# --- Use -------------------------------------------------------------------------------------------------------------

phase chat
check key-is-made omni key new guest >/tmp/key
cat /tmp/key # this guest's own, and gone with it
key=$(grep -o 'omni-[A-Za-z0-9_-]*' /tmp/key | head -n 1)
chat() {
    curl -sS --max-time 300 http://127.0.0.1:11434/v1/chat/completions -H "Authorization: Bearer $key" \
        -H 'Content-Type: application/json' \
        -d '{"temperature":0,"max_tokens":32,"messages":[{"role":"user","content":"What is 7 plus 5?"}]}' >/tmp/answer
    grep -q '"content":"[^"]*12' /tmp/answer || { cat /tmp/answer; echo; return 1; }
}
if whole; then
check chat-is-answered chat
cp /opt/omni/seed/omni-seed-f16.gguf /run/omni/another.gguf && echo >>/run/omni/another.gguf
chown omni /run/omni/another.gguf
check model-is-imported omni models import /run/omni/another.gguf
check model-is-used omni models use another
check imported-model-answers chat
check model-is-forgotten omni models use omni-seed-f16
fi
audit_explains_all() { omni airgap audit >/tmp/audit || { cat /tmp/audit; return 1; }; grep -q ': [0-9]* sockets, all explained' /tmp/audit; }
check audit-explains-every-socket audit_explains_all
check nothing-was-restarted-so-far same "$(prop supervisor NRestarts) $(pid supervisor) $(pid engine) $(pid daemon)" \
    "0 $supervisor $engine $daemon"

# --- Cut off --------------------------------------------------------------------------------------------------------

phase the gap, of the whole machine
ip link add dummy0 type dummy
ip addr add 10.9.0.1/24 dev dummy0
ip link set dummy0 up
up() { ip link show dummy0 | grep -q '[<,]UP[,>]'; }
modprobe mac80211_hwsim radios=2
modprobe hci_vhci
exec 9<>/dev/vhci
printf '\377\000' >&9 # a Bluetooth controller
modprobe thinkpad_acpi force_load=1 # the switch of a cellular modem: modem.asl is that machine's firmware
modem_is() { grep -q "^status:[[:space:]]*$1\$" /proc/acpi/ibm/wan; }
iw phy phy0 interface add mon0 type monitor
ip link set mon0 up
iw phy phy0 interface add p2p0 type __p2pdev # no link: nothing but its radio stops it
p2p=$(iw dev | awk '$1 == "wdev" { last = $2 } $2 == "P2P-device" { print last }')
radios() { cat /sys/class/rfkill/*/soft | sort -u | tr -d '\n'; }
kinds() { cat /sys/class/rfkill/*/type | sort -u | tr '\n' ' '; }
radios_are() { [ "$(radios)" = "$1" ]; }
check there-are-radios within 30 same "$(kinds)" "bluetooth wlan wwan "
check radios-are-on radios_are 0
check the-modem-is-on modem_is enabled
check p2p-starts iw wdev "$p2p" p2p start
check airgap-has-four-capabilities grep -q '^CapBnd:[[:space:]]*0*281004$' "/proc/$(pid airgap)/status"
check airgap-has-a-system-call-filter grep -q '^Seccomp:[[:space:]]*2$' "/proc/$(pid airgap)/status"
# Once it has rehearsed. Field 41 of proc_pid_stat(5): 2 is SCHED_RR; the watch must not be, it would starve the kernel's own workers.
real_time() { cut -d ')' -f 2- "/proc/$(pid airgap)"/task/*/stat | cut -d ' ' -f 40 | grep -qx 2; }
watch_turn() { for task in "/proc/$(pid airgap)"/task/*; do grep -qx gap-watch "$task/comm" && cut -d ')' -f 2- "$task/stat" | cut -d ' ' -f 18,40; done; }
check airgap-goes-before-others within 60 real_time
watch_turn_is() { [ "$(watch_turn)" = "$1" ]; }
check airgap-watch-does-not within 60 watch_turn_is "-20 0"
check airgap-stays-in-memory grep -q '^VmLck:[[:space:]]*[1-9]' "/proc/$(pid airgap)/status"
# What reads lists for it has none and gets none; the bounding set, which it may not empty without CAP_SETPCAP, gives nothing by itself.
census_child() { pgrep -P "$(pid airgap)" -f omni.airgap.CensusMain; }
census_child_has_none() {
    [ "$(grep -cE '^Cap(Inh|Prm|Eff|Amb):[[:space:]]*0+$' "/proc/$(census_child)/status")" = 4 ] &&
        grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$(census_child)/status"
}
check census-child-has-no-capability within 60 census_child_has_none
check census-child-has-a-system-call-filter grep -q '^Seccomp:[[:space:]]*2$' "/proc/$(census_child)/status"
check airgap-still-has-four-capabilities grep -q '^CapEff:[[:space:]]*0*281004$' "/proc/$(pid airgap)/status"
check airgap-runs-as-omni same "$(stat -c %U "/proc/$(pid airgap)")" omni
check the-link-is-up up
make_step_up() { omni key step-up >/tmp/step-up; }
check step-up-key-is-made make_step_up
cat /tmp/step-up # for who types it at the lift, in another boot
check gap-is-confirmed omni airgap engage
check the-link-is-down not up
tells_what_this_kernel_leaves() { gap_status | grep -q 'no drop chain for every link'; }
check status-tells-what-this-kernel-leaves tells_what_this_kernel_leaves
check radios-are-off radios_are 1
check the-modem-is-off modem_is disabled
check p2p-does-not not iw wdev "$p2p" p2p start
echo 0 >"$(ls -d /sys/class/rfkill/rfkill*/soft | head -n 1)"
check radios-are-off-again within 10 radios_are 1
ip link set mon0 up
mon0_up() { ip link show mon0 | grep -q '[<,]UP[,>]'; }
check the-monitor-is-down within 10 not mon0_up
mv /etc/modprobe.d/omni.conf /run/ && modprobe vsock_loopback && mv /run/omni.conf /etc/modprobe.d/
check a-way-without-links-is-not-confirmed within 30 gap_is broken
modprobe -r vsock_loopback vmw_vsock_virtio_transport_common vsock
check confirmed-when-it-has-gone within 30 gap_is gap
code_is_shown() { omni airgap lift </dev/null 2>&1 | grep -q 'six digits stands on'; }
check code-for-a-lift-is-shown code_is_shown
check chat-is-answered-in-a-gap chat
ip link set dummy0 up
check the-link-is-down-again within 5 not up
if whole; then
check early-unit-starts systemctl start omni-airgap-early
check early-unit-gives-way-to-the-role within 60 not systemctl is-active -q omni-airgap-early
airgap=$(pid airgap)
kill -KILL "$airgap"
check the-link-is-down-without-the-role not up
check airgap-is-back within "$start_seconds" another airgap "$airgap"
check gap-is-still-closed within 30 gap_is gap
fi
check sleeps-and-wakes asleep
check gap-outlasts-a-sleep within 30 gap_is gap
check the-link-is-down-after-a-sleep not up
check radios-are-off-after-a-sleep radios_are 1

# --- Break -----------------------------------------------------------------------------------------------------------

if whole; then
phase kill the daemon
kill -KILL "$daemon"
check nobody-is-refused curl -sS -o /dev/null --max-time "$start_seconds" http://127.0.0.1:11434/health
check daemon-is-back within "$start_seconds" another daemon "$daemon"
check supervisor-did-it same "$(pid supervisor)" "$supervisor"
daemon=$(pid daemon)

phase kill the engine
kill -KILL "$engine"
check engine-is-back within "$start_seconds" another engine "$engine"
check daemon-was-left-alone same "$(pid daemon)" "$daemon"
check supervisor-was-left-alone same "$(pid supervisor)" "$supervisor"
check chat-is-answered-again within "$start_seconds" chat
engine=$(pid engine)

phase kill the supervisor
kill -KILL "$supervisor"
check tree-is-whole-again within "$start_seconds" whole_again "$supervisor" "$engine" "$daemon"
check supervisor-was-restarted-once same "$(prop supervisor NRestarts)" 1
supervisor=$(pid supervisor) engine=$(pid engine) daemon=$(pid daemon)

phase freeze the supervisor
kill -STOP "$supervisor"
check tree-is-whole-after-the-watchdog within $((start_seconds + watchdog_seconds)) \
    whole_again "$supervisor" "$engine" "$daemon"
watchdog_spoke() { journalctl -b -u omni-supervisor --no-pager | grep -q 'Watchdog timeout'; }
check watchdog-did-it watchdog_spoke
check supervisor-was-restarted-twice same "$(prop supervisor NRestarts)" 2
fi

# --- Stop ------------------------------------------------------------------------------------------------------------

phase stop
check stops systemctl stop omni-supervisor
check all-inactive all_are inactive
check no-process-left not pgrep -u omni
check no-socket-left not test -e /run/omni
check no-port-left within 30 not systemctl is-active -q omni-daemon.socket
check nobody-listens not curl -sS -o /dev/null --max-time 30 http://127.0.0.1:11434/health

if whole; then
phase a supervisor that never stays
systemctl reset-failed omni-supervisor
systemctl start --no-block omni-supervisor
kill_until_given_up() {
    killed=0
    for i in $(seq 600); do
        [ "$(prop supervisor Result)" = start-limit-hit ] && is supervisor failed && break
        victim=$(pid supervisor)
        if [ "$victim" -gt 0 ] && [ "$victim" != "${last:-}" ]; then
            kill -KILL "$victim" && killed=$((killed + 1)) && last=$victim
        fi
        sleep 0.1
    done
    echo "killed $killed times; $(prop supervisor Result)"
    is supervisor failed && [ "$killed" -eq 5 ]
}
check start-limit-ends-it kill_until_given_up
check no-process-left-then not pgrep -u omni
fi

# --- For the boots to come ------------------------------------------------------------------------------------------

phase end
cp /opt/guest/sender.service /etc/systemd/system/
check gap-is-on-the-disk test -e /var/lib/omni/airgap/closed
check sender-is-enabled systemctl enable sender
sync
echo "RESULT end ok"
