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
check closed-on-the-disk test -e /var/lib/omni/airgap/closed
echo "RESULT held-until-here ok"
echo "RESULT held-end ok"
exit
