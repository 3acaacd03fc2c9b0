#!/bin/sh
# Brings the network card up, again and again, and sends by each way that the machine which runs the tests does not have.
modprobe virtio_net
modprobe sctp
sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1
ip addr add 10.77.0.1/24 dev eth0
ip addr add fd77:0::1/64 dev eth0 nodad
neighbours() { for address in 10.77.0.2 fd77:0::2; do ip neigh replace $address lladdr 02:00:00:00:00:02 dev eth0; done; }
neighbours
ip link add link eth0 name vlan5 type vlan id 5
# Not before others: one processor must also start what stops this.
for kind in sctp sctp6 packet udp; do nice -n 19 /opt/guest/send "$kind" eth0 & done
nice -n 19 /opt/guest/send packet vlan5 &
pause=0.2
rounds=0
while :; do
    ip link set eth0 up
    ip link set vlan5 up
    neighbours
    rounds=$((rounds + 1))
    [ $rounds -lt 50 ] || pause=2 # each time is work for who takes it down, on a processor that is slow as it is
    sleep $pause
done
