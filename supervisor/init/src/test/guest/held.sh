# The boots after the first, which has left a closed gap and a sender: "omni.boot=held" as the box does it, and
# "omni.boot=open" without the unit that holds the gap, to see the same sender's frames leave. Read by run.sh.

sent() { cat /sys/class/net/eth0/statistics/tx_packets; }
# leaks COMMAND...: more frames leave while that runs than the kernel has ever sent by itself
leaks() {
    before=$(sent)
    timeout 3 "$@"
    [ "$(sent)" -gt $((before + 50)) ]
}

phase "boot: $(cat /proc/cmdline)"
check sender-is-at-work systemctl is-active sender
case $(cat /proc/cmdline) in
*omni.boot=open*)
    check the-early-unit-is-off not systemctl is-active omni-airgap-early
    check the-link-comes-up within 60 grep -q 1 /sys/class/net/eth0/carrier
    systemctl stop sender
    sleep 1
    for kind in sctp packet udp; do
        check "$kind-leaks" leaks /opt/guest/send "$kind" eth0
    done
    check vlan-leaks leaks /opt/guest/send packet vlan5
    echo "RESULT open-end ok"
    exit
    ;;
esac

check early-unit-is-at-work systemctl is-active omni-airgap-early
sleep 10
check nothing-was-sent-so-far same "$(sent)" 0
echo "RESULT held-until-here ok"

# The way out: root at a serial line of the box, with somebody typing at its other end.
phase lift at the console
systemctl stop sender # its tries are work for who takes the link down, and this processor is slow
stty -F /dev/ttyS2 115200 sane
stty -F /dev/ttyS3 115200 raw -echo
cat /dev/ttyS3 >/run/screen &
offline() {
    OMNI_HOME=/var/lib/omni OMNI_RUN=/run/omni /opt/omni/bin/omni airgap lift --offline </dev/ttyS2 >/dev/ttyS2 2>&1
}
type_in() {
    until grep -q 'Step-up' /run/screen; do sleep 0.5; done
    printf '%s\r' "$1" >/dev/ttyS3
}
lift() {
    : >/run/screen
    type_in "$1" &
    offline
    code=$?
    kill $! 2>/dev/null
    cat /run/screen
    return $code
}
key=$(grep -o 'omni-step-up-[A-Za-z0-9_-]*' /var/tmp/step-up | head -n 1)
check wrong-key-lifts-nothing not lift "${key%?????}AAAAA"
check still-closed test -e /var/lib/omni/airgap/closed
check nothing-was-sent-for-a-wrong-key same "$(sent)" 0
echo "RESULT closed-until-here ok"
sleep 10 # what a wrong key costs
check right-key-lifts lift "$key"
check open-now not test -e /var/lib/omni/airgap/closed
leaves() { [ "$(sent)" -gt 0 ]; }
systemctl start sender
check frames-leave-again within 60 leaves
echo "RESULT held-end ok"
exit
