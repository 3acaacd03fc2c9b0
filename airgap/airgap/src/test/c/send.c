/*
 * One way after the other to get a frame out of a network namespace, each tried about once a millisecond until the program
 * is killed: send KIND [LINK]. What fails is tried again: a kind is as stubborn as a program can be. Prints "ready" when it
 * begins; exits with 3 where this kernel does not know the kind at all.
 *
 * Addresses are those of the test's street: this box is 10.77.0.1 and fd77:0::1 on LINK (eth0), the neighbour .2 and ::2.
 */
#define _GNU_SOURCE
#include "probe.h"
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/types.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

static const char *device = "eth0";
static char payload[64] = "omni-airgap-probe";

static void nap(void) { usleep(1000); }

/* On this device where that must be said. */
static struct sockaddr_in6 here6(const char *address, int port) {
    struct sockaddr_in6 a = v6(address, port);
    if (!strncmp(address, "fe80", 4) || !strncmp(address, "ff02", 4)) { a.sin6_scope_id = if_nametoindex(device); }
    return a;
}

static uint16_t checksum(const void *data, size_t bytes) {
    uint32_t sum = 0;
    const uint8_t *at = data;
    for (size_t i = 0; i + 1 < bytes; i += 2) { sum += (uint32_t)at[i] << 8 | at[i + 1]; }
    if (bytes & 1) { sum += (uint32_t)at[bytes - 1] << 8; }
    while (sum >> 16) { sum = (sum & 0xffff) + (sum >> 16); }
    return htons((uint16_t)~sum);
}

/* A UDP datagram with its IP header, from that address to that. */
static size_t ip_packet(uint8_t *to, const char *source, const char *target) {
    struct iphdr *ip = (struct iphdr *)to;
    struct udphdr *udp = (struct udphdr *)(to + 20);
    memset(to, 0, 28 + 16);
    ip->version = 4;
    ip->ihl = 5;
    ip->ttl = 64;
    ip->protocol = IPPROTO_UDP;
    ip->tot_len = htons(44);
    inet_pton(AF_INET, source, &ip->saddr);
    inet_pton(AF_INET, target, &ip->daddr);
    ip->check = checksum(ip, 20);
    udp->source = htons(4000);
    udp->dest = htons(4001);
    udp->len = htons(24);
    memcpy(to + 28, payload, 16);
    return 44;
}

/* The same of IPv6. */
static size_t ip6_packet(uint8_t *to, const char *source, const char *target) {
    struct ip6_hdr *ip = (struct ip6_hdr *)to;
    struct udphdr *udp = (struct udphdr *)(to + 40);
    uint8_t pseudo[64] = {0};
    memset(to, 0, 40 + 8 + 16);
    ip->ip6_flow = htonl(6u << 28);
    ip->ip6_plen = htons(24);
    ip->ip6_nxt = IPPROTO_UDP;
    ip->ip6_hlim = 64;
    inet_pton(AF_INET6, source, &ip->ip6_src);
    inet_pton(AF_INET6, target, &ip->ip6_dst);
    udp->source = htons(4000);
    udp->dest = htons(4001);
    udp->len = htons(24);
    memcpy(to + 48, payload, 16);
    memcpy(pseudo, &ip->ip6_src, 32);
    pseudo[35] = 24;
    pseudo[39] = IPPROTO_UDP;
    memcpy(pseudo + 40, udp, 24);
    udp->check = checksum(pseudo, 64);
    return 64;
}

static size_t frame(uint8_t *to, int ethertype) {
    uint8_t *content = ethernet(to, ethertype);
    if (ethertype == ETH_P_IP) { return 14 + ip_packet(content, "10.77.0.1", "10.77.0.2"); }
    memcpy(content, payload, 46);
    return 60;
}

static struct sockaddr_ll link_address(int protocol) {
    struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_halen = 6};
    a.sll_ifindex = (int)if_nametoindex(device);
    memset(a.sll_addr, 0xff, 6);
    return a;
}

static void ready(void) { say("ready"); }

/* Connects and sends, and begins again when that fails or has been going on for a while. */
static void stream(int domain, int protocol) {
    int first = fresh(domain, SOCK_STREAM, protocol);
    close(first);
    ready();
    for (;;) {
        int s = socket(domain, SOCK_STREAM | SOCK_NONBLOCK, protocol);
        struct sockaddr_in a = v4("10.77.0.2", 4001);
        struct sockaddr_in6 b = v6("fd77:0::2", 4001);
        if (domain == AF_INET) { connect(s, (void *)&a, sizeof a); } else { connect(s, (void *)&b, sizeof b); }
        for (int i = 0; i < 30; i++) {
            nap();
            if (send(s, payload, sizeof payload, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != ENOTCONN) { break; }
        }
        close(s);
    }
}

static void datagrams(int s, const void *address, socklen_t bytes) {
    ready();
    for (;;) {
        sendto(s, payload, sizeof payload, MSG_NOSIGNAL, address, bytes);
        nap();
    }
}

static void udp4(int protocol, const char *target) {
    struct sockaddr_in a = v4(target, 4001);
    int s = fresh(AF_INET, SOCK_DGRAM, protocol), one = 1;
    setsockopt(s, SOL_SOCKET, SO_BROADCAST, &one, sizeof one);
    struct ip_mreqn out = {.imr_ifindex = (int)if_nametoindex(device)};
    setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out);
    datagrams(s, &a, sizeof a);
}

static void udp6(int protocol, const char *target) {
    struct sockaddr_in6 a = here6(target, 4001);
    datagrams(fresh(AF_INET6, SOCK_DGRAM, protocol), &a, sizeof a);
}

static void connected_udp(int domain) {
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    struct sockaddr_in6 b = v6("fd77:0::2", 4001);
    int s = fresh(domain, SOCK_DGRAM, 0);
    ready();
    for (;;) {
        if (send(s, payload, sizeof payload, MSG_NOSIGNAL) < 0) {
            if (domain == AF_INET) { connect(s, (void *)&a, sizeof a); } else { connect(s, (void *)&b, sizeof b); }
        }
        nap();
    }
}

static void bound_to_device(int domain) {
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    struct sockaddr_in6 b = v6("fd77:0::2", 4001);
    int s = fresh(domain, SOCK_DGRAM, 0);
    setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1);
    datagrams(s, domain == AF_INET ? (void *)&a : (void *)&b, domain == AF_INET ? sizeof a : sizeof b);
}

static void icmp4(void) {
    struct sockaddr_in a = v4("10.77.0.2", 0);
    int s = fresh(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    struct icmphdr echo = {.type = ICMP_ECHO};
    echo.checksum = checksum(&echo, sizeof echo);
    memcpy(payload, &echo, sizeof echo);
    ready();
    for (;;) {
        sendto(s, &echo, sizeof echo, MSG_NOSIGNAL, (void *)&a, sizeof a);
        nap();
    }
}

/* Neighbour solicitation or echo to everybody on the link. */
static void icmp6(int type) {
    struct sockaddr_in6 a = here6(type == ND_NEIGHBOR_SOLICIT ? "ff02::1" : "fd77:0::2", 0);
    int s = fresh(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), index = (int)if_nametoindex(device);
    setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index);
    uint8_t message[24] = {(uint8_t)type};
    inet_pton(AF_INET6, "fd77:0::2", message + 8);
    ready();
    for (;;) {
        sendto(s, message, sizeof message, MSG_NOSIGNAL, (void *)&a, sizeof a);
        nap();
    }
}

static void raw4(const char *source) {
    struct sockaddr_in a = v4("10.77.0.2", 0);
    int s = fresh(AF_INET, SOCK_RAW, IPPROTO_RAW);
    uint8_t packet[64];
    size_t bytes = ip_packet(packet, source, "10.77.0.2");
    ready();
    for (;;) {
        sendto(s, packet, bytes, MSG_NOSIGNAL, (void *)&a, sizeof a);
        nap();
    }
}

static void raw6(void) {
    struct sockaddr_in6 a = v6("fd77:0::2", 0);
    datagrams(fresh(AF_INET6, SOCK_RAW, 253 /* for experiments */), &a, sizeof a);
}

static void forged6(void) {
    struct sockaddr_in6 a = v6("fd77:0::2", 0);
    int s = fresh(AF_INET6, SOCK_RAW, IPPROTO_RAW);
    uint8_t packet[64];
    size_t bytes = ip6_packet(packet, "2001:db8::66", "fd77:0::2");
    ready();
    for (;;) {
        sendto(s, packet, bytes, MSG_NOSIGNAL, (void *)&a, sizeof a);
        nap();
    }
}

static void packets(int ethertype, int bypass) {
    int s = fresh(AF_PACKET, SOCK_RAW, 0);
    if (bypass && setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass)) { unknown("PACKET_QDISC_BYPASS"); }
    uint8_t bytes[128];
    size_t length = frame(bytes, ethertype);
    ready();
    for (;;) {
        struct sockaddr_ll a = link_address(ethertype);
        sendto(s, bytes, length, MSG_NOSIGNAL, (void *)&a, sizeof a);
        nap();
    }
}

static void cooked_packets(void) {
    int s = fresh(AF_PACKET, SOCK_DGRAM, 0);
    uint8_t packet[64];
    size_t length = ip_packet(packet, "10.77.0.1", "10.77.0.2");
    ready();
    for (;;) {
        struct sockaddr_ll a = link_address(ETH_P_IP);
        sendto(s, packet, length, MSG_NOSIGNAL, (void *)&a, sizeof a);
        nap();
    }
}

static void packet_ring(void) {
    int s = fresh(AF_PACKET, SOCK_RAW, 0);
    struct tpacket_req request = {4096, 1, 2048, 2};
    if (setsockopt(s, SOL_PACKET, PACKET_TX_RING, &request, sizeof request)) { unknown("PACKET_TX_RING"); }
    uint8_t *ring = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
    if (ring == MAP_FAILED) { unknown("mmap"); }
    struct sockaddr_ll a = link_address(ETHERTYPE_PACKET);
    bind(s, (void *)&a, sizeof a);
    ready();
    for (int i = 0;; i ^= 1) {
        struct tpacket_hdr *header = (struct tpacket_hdr *)(ring + i * 2048);
        header->tp_len = (unsigned)frame((uint8_t *)header + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), ETHERTYPE_PACKET);
        header->tp_status = TP_STATUS_SEND_REQUEST;
        send(s, 0, 0, MSG_NOSIGNAL | MSG_DONTWAIT);
        nap();
    }
}

static void xdp(void) {
    struct xdp x = xdp_open(device);
    uint8_t bytes[128];
    size_t length = frame(bytes, ETHERTYPE_XDP);
    ready();
    for (;; nap()) {
        x.address.sxdp_ifindex = if_nametoindex(device);
        xdp_bind(&x); /* again where the link was down, or not there */
        xdp_put(&x, bytes, length);
    }
}

static void io_uring(int domain) {
    struct ring r = ring_open();
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    struct sockaddr_in6 b = v6("fd77:0::2", 4001);
    void *to = domain == AF_INET ? (void *)&a : (void *)&b;
    size_t bytes = domain == AF_INET ? sizeof a : sizeof b;
    int s = ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = domain, .off = SOCK_DGRAM});
    if (s < 0) { errno = -s; unknown("IORING_OP_SOCKET"); }
    ready();
    for (;;) {
        ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_CONNECT, .fd = s, .addr = (uintptr_t)to, .off = bytes});
        ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_SEND, .fd = s, .addr = (uintptr_t)payload, .len = sizeof payload, .msg_flags = MSG_NOSIGNAL});
        nap();
    }
}

/* Packets written into a tun device, which this namespace then forwards: the link must be able to forward. */
static void tun(int six) {
    int s = open("/dev/net/tun", O_RDWR);
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strcpy(r.ifr_name, "probe0");
    if (s < 0) { unknown("tun"); }
    for (int i = 0; ioctl(s, TUNSETIFF, &r); i++) { /* the one of a sender that has just been killed may still be there */
        if (errno != EBUSY || i > 5000) { unknown("tun"); }
        nap();
    }
    if (system(six
        ? "ip addr add fd99::1/64 dev probe0 nodad; ip link set probe0 up; sysctl -qw net.ipv6.conf.all.forwarding=1"
        : "ip addr add 10.99.0.1/24 dev probe0; ip link set probe0 up; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.probe0.rp_filter=0")) { unknown("tun setup"); }
    uint8_t packet[64];
    size_t bytes = six ? ip6_packet(packet, "fd99::7", "fd77:0::2") : ip_packet(packet, "10.99.0.7", "10.77.0.2");
    ready();
    for (;;) {
        if (write(s, packet, bytes) < 0 && errno == EIO) { if (system("ip link set probe0 up")) {} }
        nap();
    }
}

/* A socket that was opened here and is used by a process outside of the namespace. */
static void passed(int family) {
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    struct sockaddr_in6 a6 = v6("fd77:0::2", 4001);
    int s = fresh(family, SOCK_DGRAM, 0);
    if (unshare(CLONE_NEWNET)) { unknown("unshare"); }
    if (family == AF_INET) { datagrams(s, &a, sizeof a); }
    datagrams(s, &a6, sizeof a6);
}

static struct sockaddr_un unix_path(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    return a;
}

/* Opens a socket in this namespace and hands it to the one who waits at the path, who is in none that this one knows. */
static void give(int packet, const char *path) {
    struct sockaddr_un there = unix_path(path);
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    int through = fresh(AF_UNIX, SOCK_DGRAM, 0), s = packet ? fresh(AF_PACKET, SOCK_RAW, 0) : fresh(AF_INET, SOCK_DGRAM, 0);
    if (packet) {
        struct sockaddr_ll b = link_address(ETHERTYPE_PACKET);
        if (bind(s, (void *)&b, sizeof b)) { unknown("bind"); }
    } else {
        connect(s, (void *)&a, sizeof a);
    }
    if (connect(through, (void *)&there, sizeof there)) { unknown("connect"); }
    pass(through, s);
    say("given");
    exit(0);
}

/* Waits at the path for a socket of another namespace, and sends by it. */
static void hold(const char *path) {
    struct sockaddr_un here = unix_path(path);
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    int waiting = fresh(AF_UNIX, SOCK_DGRAM, 0), s;
    if (bind(waiting, (void *)&here, sizeof here)) { unknown("bind"); }
    say("waiting");
    char byte, control[CMSG_SPACE(sizeof s)];
    struct iovec vec = {&byte, 1};
    struct msghdr message = {0, 0, &vec, 1, control, sizeof control, 0};
    if (recvmsg(waiting, &message, 0) < 0 || !CMSG_FIRSTHDR(&message)) { unknown("recvmsg"); }
    memcpy(&s, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof s);
    uint8_t bytes[128];
    size_t length = frame(bytes, ETHERTYPE_PACKET);
    ready();
    for (;;) {
        if (send(s, bytes, length, MSG_NOSIGNAL) < 0) { sendto(s, bytes, length, MSG_NOSIGNAL, (void *)&a, sizeof a); }
        nap();
    }
}

/* Runs the first words as a shell would once, the others now and then, and UDP beside them. */
static void with_setup(const char *setup, const char *again, const char *target) {
    int six = strchr(target, ':') != 0;
    struct sockaddr_in a = v4(target, 4001);
    struct sockaddr_in6 b = v6(target, 4001);
    if (system(setup)) { unknown(setup); }
    int s = fresh(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    ready();
    for (int i = 1;; i++) {
        if (six) {
            sendto(s, payload, sizeof payload, MSG_NOSIGNAL, (void *)&b, sizeof b);
        } else {
            sendto(s, payload, sizeof payload, MSG_NOSIGNAL, (void *)&a, sizeof a);
        }
        if (i % 50 == 0 && system(again)) {}
        nap();
    }
}

/* A link of that type on top of the device or beside it, with addresses of its own and a neighbour that is known. */
static void virtual_link(const char *name, const char *type, const char *network, const char *more) {
    char setup[512];
    int six = strchr(network, ':') != 0;
    snprintf(setup, sizeof setup,
        "ip link show %s >/dev/null 2>&1 || ip link add %s %s; ip addr replace %s1/%s dev %s; ip link set %s up; %s ip neigh replace %s2 lladdr 02:00:00:00:00:09 dev %s || true",
        name, name, type, network, six ? "64 nodad" : "24", name, name, more, network, name);
    char target[64];
    snprintf(target, sizeof target, "%s2", network);
    with_setup(setup, setup, target);
}

/* A namespace of its own behind this one, with a pair of links between them and routes through this one. */
static void child(void) {
    char outer[64];
    snprintf(outer, sizeof outer, "/proc/%d/ns/net", getpid());
    int here = open(outer, O_RDONLY | O_CLOEXEC);
    if (unshare(CLONE_NEWNET)) { unknown("unshare"); }
    char command[512], again[512];
    snprintf(command, sizeof command,
        "nsenter --net=/proc/%d/fd/%d ip link add in%d type veth peer name out0 netns %d && "
        "nsenter --net=/proc/%d/fd/%d sh -c 'ip addr add 10.88.0.1/24 dev in%d; ip link set in%d up; sysctl -qw net.ipv4.ip_forward=1' && "
        "ip addr add 10.88.0.2/24 dev out0 && ip link set out0 up; ip route add default via 10.88.0.1 || true",
        getpid(), here, getpid(), getpid(), getpid(), here, getpid(), getpid());
    snprintf(again, sizeof again,
        "ip link set out0 up; nsenter --net=/proc/%d/fd/%d ip link set in%d up; ip route replace default via 10.88.0.1 2>/dev/null || true",
        getpid(), here, getpid());
    with_setup(command, again, "10.77.0.2");
}

/*
 * With the right to change the namespace: brings the link up again as fast as it goes, under a new name each time where that
 * is asked for, and sends by packet sockets and UDP of both versions.
 */
static void re_up(int rename) {
    int s = fresh(AF_INET, SOCK_DGRAM, 0), s6 = fresh(AF_INET6, SOCK_DGRAM, 0), p = fresh(AF_PACKET, SOCK_RAW, 0);
    char address[64];
    snprintf(address, sizeof address, "10.77.%d.2", atoi(device + 3));
    struct sockaddr_in to = v4(address, 4001);
    snprintf(address, sizeof address, "fd77:%d::2", atoi(device + 3));
    struct sockaddr_in6 to6 = v6(address, 4001), all6 = here6("ff02::fb", 4001);
    uint8_t bytes[128];
    size_t length = frame(bytes, ETHERTYPE_PACKET);
    struct sockaddr_ll a = link_address(ETHERTYPE_PACKET); /* by its number, which stays */
    ready();
    for (unsigned i = 0;; i++) {
        struct ifreq r = {.ifr_ifindex = a.sll_ifindex};
        if (ioctl(s, SIOCGIFNAME, &r)) { /* not there yet, or not any more */
            a = link_address(ETHERTYPE_PACKET);
            all6 = here6("ff02::fb", 4001);
            continue;
        }
        if (rename) {
            snprintf(r.ifr_newname, IFNAMSIZ, "named%u", i % 2);
            ioctl(s, SIOCSIFNAME, &r);
            memcpy(r.ifr_name, r.ifr_newname, IFNAMSIZ);
        }
        ioctl(s, SIOCGIFFLAGS, &r);
        r.ifr_flags |= IFF_UP;
        ioctl(s, SIOCSIFFLAGS, &r);
        for (int k = 0; k < (rename ? 20 : 1); k++) {
            sendto(p, bytes, length, MSG_NOSIGNAL, (void *)&a, sizeof a);
            sendto(s, payload, sizeof payload, MSG_NOSIGNAL, (void *)&to, sizeof to);
            sendto(s6, payload, sizeof payload, MSG_NOSIGNAL, (void *)&to6, sizeof to6);
            sendto(s6, payload, sizeof payload, MSG_NOSIGNAL, (void *)&all6, sizeof all6);
        }
    }
}

int main(int count, char **words) {
    if (count < 2) { fprintf(stderr, "usage: send KIND [LINK]\n"); return 2; }
    const char *kind = words[1];
    if (count > 2 && !strcmp(kind, "hold")) { hold(words[2]); }
    if (count > 2 && !strcmp(kind, "give-udp")) { give(0, words[2]); }
    if (count > 2 && !strcmp(kind, "give-packet")) { give(1, words[2]); }
    if (count > 2) { device = words[2]; }
    char type[128];
    if (!strcmp(kind, "tcp")) { stream(AF_INET, 0); }
    if (!strcmp(kind, "tcp6")) { stream(AF_INET6, 0); }
    if (!strcmp(kind, "mptcp")) { stream(AF_INET, IPPROTO_MPTCP); }
    if (!strcmp(kind, "mptcp6")) { stream(AF_INET6, IPPROTO_MPTCP); }
    if (!strcmp(kind, "sctp")) { stream(AF_INET, IPPROTO_SCTP); }
    if (!strcmp(kind, "sctp6")) { stream(AF_INET6, IPPROTO_SCTP); }
    if (!strcmp(kind, "udp")) { udp4(0, "10.77.0.2"); }
    if (!strcmp(kind, "udp-far")) { udp4(0, "192.0.2.1"); } /* by whatever routes there are */
    if (!strcmp(kind, "udp6")) { udp6(0, "fd77:0::2"); }
    if (!strcmp(kind, "udp-connected")) { connected_udp(AF_INET); }
    if (!strcmp(kind, "udp6-connected")) { connected_udp(AF_INET6); }
    if (!strcmp(kind, "udplite")) { udp4(IPPROTO_UDPLITE, "10.77.0.2"); }
    if (!strcmp(kind, "udplite6")) { udp6(IPPROTO_UDPLITE, "fd77:0::2"); }
    if (!strcmp(kind, "broadcast")) { udp4(0, "10.77.0.255"); }
    if (!strcmp(kind, "multicast")) { udp4(0, "224.0.0.251"); }
    if (!strcmp(kind, "multicast6")) { udp6(0, "ff02::fb"); }
    if (!strcmp(kind, "bound-to-device")) { bound_to_device(AF_INET); }
    if (!strcmp(kind, "bound-to-device6")) { bound_to_device(AF_INET6); }
    if (!strcmp(kind, "icmp")) { icmp4(); }
    if (!strcmp(kind, "icmp6")) { icmp6(ICMP6_ECHO_REQUEST); }
    if (!strcmp(kind, "neighbour-solicitation")) { icmp6(ND_NEIGHBOR_SOLICIT); }
    if (!strcmp(kind, "raw")) { raw4("10.77.0.1"); }
    if (!strcmp(kind, "raw6")) { raw6(); }
    if (!strcmp(kind, "forged-source")) { raw4("192.0.2.66"); }
    if (!strcmp(kind, "forged-source6")) { forged6(); }
    if (!strcmp(kind, "packet")) { packets(ETHERTYPE_PACKET, 0); }
    if (!strcmp(kind, "packet-ip")) { packets(ETH_P_IP, 0); }
    if (!strcmp(kind, "packet-ip6")) { packets(ETH_P_IPV6, 0); }
    if (!strcmp(kind, "packet-cooked")) { cooked_packets(); }
    if (!strcmp(kind, "qdisc-bypass")) { packets(ETHERTYPE_PACKET, 1); }
    if (!strcmp(kind, "packet-ring")) { packet_ring(); }
    if (!strcmp(kind, "arp")) { packets(ETH_P_ARP, 0); }
    if (!strcmp(kind, "xdp")) { xdp(); }
    if (!strcmp(kind, "io_uring")) { io_uring(AF_INET); }
    if (!strcmp(kind, "io_uring6")) { io_uring(AF_INET6); }
    if (!strcmp(kind, "tun")) { tun(0); }
    if (!strcmp(kind, "tun6")) { tun(1); }
    if (!strcmp(kind, "passed-descriptor")) { passed(AF_INET); }
    if (!strcmp(kind, "passed-descriptor6")) { passed(AF_INET6); }
    if (!strcmp(kind, "child-namespace")) { child(); }
    if (!strncmp(kind, "macvlan", 7)) {
        snprintf(type, sizeof type, "link %s type macvlan mode bridge", device);
        virtual_link("probe1", type, !strcmp(kind, "macvlan6") ? "fd78::" : "10.78.0.", "");
    }
    if (!strcmp(kind, "vlan")) {
        snprintf(type, sizeof type, "link %s type vlan id 7", device);
        virtual_link("probe2", type, "10.79.0.", "");
    }
    if (!strcmp(kind, "vxlan")) {
        snprintf(type, sizeof type, "type vxlan id 7 remote 10.77.0.2 dstport 4789 dev %s", device);
        virtual_link("probe3", type, "10.80.0.", "");
    }
    if (!strcmp(kind, "vxlan6")) {
        snprintf(type, sizeof type, "type vxlan id 8 remote fd77:0::2 dstport 4790 dev %s", device);
        virtual_link("probe5", type, "10.82.0.", "");
    }
    if (!strcmp(kind, "bridge")) { virtual_link("probe4", "type bridge", "10.81.0.", "ip link set eth0 master probe4;"); }
    if (!strcmp(kind, "flood")) { /* as fast as it goes, for the time to the last frame */
        int s = fresh(AF_PACKET, SOCK_RAW, 0);
        uint8_t bytes[128];
        size_t length = frame(bytes, ETHERTYPE_PACKET);
        ready();
        for (;;) {
            struct sockaddr_ll a = link_address(ETHERTYPE_PACKET);
            for (int i = 0; i < 1000; i++) { sendto(s, bytes, length, MSG_NOSIGNAL, (void *)&a, sizeof a); }
        }
    }
    if (!strcmp(kind, "re-up")) { re_up(0); }
    if (!strcmp(kind, "re-name")) { re_up(1); }
    fprintf(stderr, "unknown kind %s\n", kind);
    return 2;
}
