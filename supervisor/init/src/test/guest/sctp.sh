# The boot "omni.boot=sctp": what is written into a socket of SCTP in a gap, which the kernel of who runs the tests need not
# know. A namespace "box", which the gap is about, and a "neighbour" at the other end of its cable, who counts what arrives. It is
# closed and lifted as a boot closes it and as the owner lifts it offline. Read by run.sh.

kinds="sctp sctp6 sctp-many sctp6-many" # connected before they write; the last two connect by what they write first

phase "boot: $(cat /proc/cmdline)"
modprobe sctp
for place in box neighbour; do
    ip netns add $place
    ip netns exec $place sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 net.ipv6.conf.default.accept_dad=0
done
ip -n box link add eth0 type veth peer name eth0 netns neighbour
number=1
for place in box neighbour; do
    ip netns exec $place sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1 net.ipv6.conf.eth0.accept_dad=0
    ip -n $place addr add 10.77.0.$number/24 dev eth0
    ip -n $place addr add fd77:0::$number/64 dev eth0 nodad
    ip -n $place link set eth0 up
    number=$((number + 1))
done
link() { ip -n box link set eth0 "$1"; }

# starts NAME PLACE WORDS...: the probe, which is told by "tell NAME" and heard by "said NAME WORD"
starts() {
    probe=$1 where=$2
    shift 2
    mkfifo "/run/to.$probe"
    sleep infinity >"/run/to.$probe" & # so that it does not end between two lines
    ip netns exec "$where" /opt/guest/hold "$@" <"/run/to.$probe" >"/run/said.$probe" 2>&1 &
    echo $! >"/run/pid.$probe"
}
tell() { echo now >"/run/to.$1"; }
said() { grep -qx "$2" "/run/said.$1"; }
process() { cat "/run/pid.$1"; }
opens() { # opens NAME KIND: a writer that has its socket
    starts "$1" box write "$2"
    within 60 said "$1" connected
}
writes() {
    tell "$1"
    within 60 said "$1" written
}

starts receiver neighbour receive
within 60 said receiver ready
lines() { wc -l <"/run/said.receiver"; }
more_than() { [ "$(lines)" -gt "$1" ]; }
arrived() {
    before=$(lines)
    tell receiver
    within 60 more_than "$before"
    tail -n 1 /run/said.receiver
}
more_arrives() { [ "$(arrived)" -gt "$1" ]; }
connections() { ip netns exec box tail -n +2 /proc/net/sctp/assocs; }
none_is_left() { [ -z "$(connections)" ]; }
within_minutes() { # within_minutes COUNT COMMAND...
    tries=$(($1 * 6))
    shift
    until "$@"; do
        [ $tries -gt 0 ] || return 1
        tries=$((tries - 1))
        sleep 10
    done
}

phase controls: a link that was merely down
for kind in $kinds; do
    had=$(arrived)
    check "$kind-opens" opens "down.$kind" "$kind"
    link down
    check "$kind-writes" writes "down.$kind"
    check "$kind-does-not-arrive-while-it-is-down" same "$(arrived)" "$had"
    link up
    check "$kind-arrives-when-it-is-up" within 120 more_arrives "$had"
    kill -KILL "$(process "down.$kind")"
    check "$kind-ends" within_minutes 10 none_is_left
done
had=$(arrived)
opens killed sctp
link down
writes killed
kill -KILL "$(process killed)"
check a-connection-outlives-its-program not none_is_left
link up
check and-arrives-without-it within 120 more_arrives "$had"
check which-ends-it within_minutes 10 none_is_left

phase the gap
home=/run/gap/home run=/run/gap/run
mkdir -p $home $run
echo '[airgap]
scope = "/run/netns/box"' >$home/omni.toml
java="/opt/jdk/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=omni.airgap,omni.role --module-path /opt/omni/lib"
closes() {
    touch $run/airgap.closed
    systemd-run --quiet --unit=gap --service-type=notify $java -m omni.airgap/omni.airgap.EarlyMain $home $run
    systemctl show --value --property=StatusText gap | tee /run/gap/status | grep -q '^GAP *$' || { cat /run/gap/status; return 1; }
    systemctl stop gap # what it has closed stays so; and a lift needs it gone
    ! ip -n box link show eth0 | grep -q '[<,]UP[,>]'
}
lift() { echo 'no key is kept' | $java -m omni.airgap/omni.airgap.OfflineMain $home $run /run/netns/box >/run/gap/lift 2>&1; }
is_refused() { ! lift && cat /run/gap/lift && grep -q '^The gap stays closed: ' /run/gap/lift; }
names() { grep -q "pid $(process "gap.$1") (/opt/guest/hold)" /run/gap/lift; }
had=$(arrived)
for kind in sctp sctp6; do opens "gap.$kind" $kind; done
check closes closes
for kind in sctp-many sctp6-many; do opens "gap.$kind" $kind; done # made in the gap
for kind in $kinds; do check "$kind-writes-in-the-gap" writes "gap.$kind"; done
check lift-is-refused is_refused
for kind in $kinds; do check "$kind-is-named" names "$kind"; done
for kind in $kinds; do kill -KILL "$(process "gap.$kind")"; done
check connections-outlive-their-programs not none_is_left
check lift-is-refused-still is_refused
check it-says-what-to-wait-for grep -q 'whose program has ended' /run/gap/lift
began=$(now)
check the-kernel-gives-them-up within_minutes 30 none_is_left
echo "given up after $(($(now) - began)) s more"
lifts() { lift || { cat /run/gap/lift; return 1; }; }
check lifts lifts
sleep 120
check nothing-that-was-written-in-it-arrives same "$(arrived)" "$had"
for kind in $kinds; do
    had=$(arrived)
    opens "after.$kind" "$kind"
    writes "after.$kind"
    check "$kind-arrives-once-it-is-lifted" within 120 more_arrives "$had"
    kill -KILL "$(process "after.$kind")"
    within_minutes 10 none_is_left
done
echo "RESULT sctp-end ok"
exit
