# The boots after the first, which has left a closed gap and a sender: "omni.boot=held" as the box does it, and
# "omni.boot=open" without the unit that holds the gap, to see the same sender's frames leave. Read by run.sh.

sent() { cat /sys/class/net/eth0/statistics/tx_packets; }
# leaks COMMAND...: more frames leave while that runs than the kernel has ever sent by itself
leaks() {
    before=$(sent)
    timeout 3 "$@"
    [ "$(sent)" -gt $((before + 50)) ]
}

# The offline lift at a terminal: lift TERMINAL KIND
offline="env OMNI_HOME=/var/lib/omni OMNI_RUN=/run/omni /opt/omni/bin/omni airgap lift --offline"
lift() { TERM=$2 setsid -w sh -c "exec $offline <$1 >$1 2>&1"; }
exits() {
    code=0
    "$@" || code=$?
}
shows() { grep -aqF -e "$1" /dev/vcs1; } # shows TEXT: on the machine's screen

phase "boot: $(cat /proc/cmdline)"
check sender-is-at-work systemctl is-active sender
case $(cat /proc/cmdline) in
*omni.boot=open*)
    check the-early-unit-is-off not systemctl is-active omni-airgap-early
    check the-link-comes-up within 60 grep -q 1 /sys/class/net/eth0/carrier
    systemctl stop sender
    sleep 1
    check sleeps-and-wakes-in-the-open asleep
    check the-link-comes-up-again within 60 grep -q 1 /sys/class/net/eth0/carrier
    ip neigh replace fd77:0::2 lladdr 02:00:00:00:00:02 dev eth0
    for kind in sctp sctp6 packet udp; do
        check "$kind-leaks" leaks /opt/guest/send "$kind" eth0
    done
    check vlan-leaks leaks /opt/guest/send packet vlan5

    # The way out with a screen and a keyboard, from the gap that is on the disk; the key is no word that the screen shows.
    phase lift at the screen
    check still-closed-on-the-disk test -e /var/lib/omni/airgap/closed
    stty -F /dev/tty1 sane
    lift /dev/tty1 linux &
    check the-screen-asks within 600 shows "Step-up key: "
    exits wait $!
    check right-key-lifts-at-the-screen same $code 0
    check the-screen-says-so shows "The gap is lifted."
    check the-screen-shows-no-key not shows omni-step-up
    check open-on-the-disk not test -e /var/lib/omni/airgap/closed
    echo "RESULT open-end ok"
    exit
    ;;
esac

# What a lift must leave as it was, beside what it takes back: a link that was down, aliases, and more than Omni's.
flags() { cut -d' ' -f1 "/sys/class/net/$1/flags"; }
is_up() { [ $(($(flags "$1") & 1)) -eq 1 ]; }
is_down() { ! is_up "$1"; }
alias_is() { [ "$(cat "/sys/class/net/$1/ifalias")" = "$2" ]; }
radios_are() { [ "$(cat /sys/class/rfkill/*/soft | sort -u | tr -d '\n')" = "$1" ]; }

check early-unit-is-at-work systemctl is-active omni-airgap-early
sleep 10
check nothing-was-sent-so-far same "$(sent)" 0
check closed-on-the-disk test -e /var/lib/omni/airgap/closed
ip link add was-up type dummy && ip link set was-up alias one && ip link set was-up up
ip link add was-down type dummy && ip link set was-down alias two
check what-comes-up-is-down within 30 is_down was-up
check and-is-marked within 30 alias_is was-up "omni-gap one"
modprobe mac80211_hwsim radios=2
check radios-are-off within 30 radios_are 1
check sleeps-and-wakes-again asleep
sleep 2
check the-card-is-down-after-a-sleep is_down eth0
check nothing-was-sent-over-a-sleep same "$(sent)" 0
systemctl stop sender # its tries are work for who takes the link down, and this processor is slow
# A person's screen and keyboard stay. What is typed is read as a program reads it, and seen where it is shown.
stty -F /dev/tty1 sane
exec 8<>/dev/tty1
echo "The screen of a gap" >&8
check the-screen-works shows "The screen of a gap"
echo "RESULT the-keyboard-is-awaited ok"
read -r typed <&8
check the-keyboard-works same "$typed" "Omni_in-a-Gap 42"
check the-screen-shows-what-is-typed shows "Omni_in-a-Gap 42"
exec 8>&-
echo "RESULT held-until-here ok"

# The way out: root at a serial line of the box, with every role dead and somebody typing at the line's other end. Nothing
# here has a deadline while that one types: the guest's clock runs ahead when it waits.
phase lift at a serial line
for tty in /sys/class/tty/ttyS*; do
    case $(readlink -f "$tty") in */pci*) line=/dev/${tty##*/} ;; esac
done
stty -F "$line" 115200 sane clocal
not_at_a_pseudo_terminal() {
    exits script -qec "$offline" /run/pseudo </dev/null >/dev/null
    cat /run/pseudo
    [ $code -eq 5 ] && grep -q 'local terminal.*/dev/pts/' /run/pseudo
}
check every-role-is-dead all_are inactive
before=$(wc -l </var/lib/omni/airgap/evidence/chain)
check a-pseudo-terminal-is-refused not_at_a_pseudo_terminal
exits lift "$line" dumb
check wrong-key-is-refused same $code 5
check still-closed test -e /var/lib/omni/airgap/closed
check early-unit-holds-again within 120 systemctl is-active omni-airgap-early
check links-are-still-down is_down eth0
check nothing-was-sent-for-a-wrong-key same "$(sent)" 0
echo "RESULT closed-until-here ok"
sleep 2 # what one wrong key costs
exits lift "$line" vt220
check right-key-lifts same $code 0
check open-now not test -e /var/lib/omni/airgap/closed
check early-unit-is-gone not systemctl is-active omni-airgap-early
check what-was-up-is-up is_up was-up
check the-card-is-up is_up eth0
check what-was-down-is-down is_down was-down
check alias-of-what-was-up alias_is was-up one
check alias-of-what-was-down alias_is was-down two
check no-mark-is-left not grep -q omni /sys/class/net/*/ifalias
check radios-are-on-again radios_are 0
check io-uring-stays-off same "$(cat /proc/sys/kernel/io_uring_disabled)" 2
check evidence-goes-on [ "$(wc -l </var/lib/omni/airgap/evidence/chain)" -gt "$before" ]
offline_lift_is_the_last() { tail -n 1 /var/lib/omni/airgap/evidence/chain | grep '"open"' | grep -q 'local terminal, offline'; }
check evidence-tells-of-the-lift offline_lift_is_the_last
check files-are-still-omnis same "$(find /var/lib/omni/airgap ! -user omni)" ""
systemctl start sender
leaves() { [ "$(sent)" -gt 0 ]; }
check frames-leave-again within 60 leaves
sleep 5
echo "RESULT held-end ok"
exit
