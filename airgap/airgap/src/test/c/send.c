/*
 * One way after the other to get a frame out of a network namespace, each tried about once a millisecond until the program
 * is killed: send KIND [LINK]. What fails is tried again: a kind is as stubborn as a program can be. Prints "ready" when it
 * begins; exits with 3 where this kernel does not know the kind at all.
 *
 * Addresses are those of the test's street: this box is 10.77.0.1 and fd77:0::1 on LINK (eth0), the neighbour .2 and ::2.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <linux/types.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define UNKNOWN 3
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const char *device = "eth0";
static char payload[64] = "omni-airgap-probe";

static void nap(void) { usleep(1000); }

static void unknown(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(UNKNOWN);
}

static int fresh(int domain, int type, int protocol) {
    int s = socket(domain, type, protocol);
    if (s < 0) { unknown("socket"); }
    return s;
}

static struct sockaddr_in v4(const char *address, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &a.sin_addr);
    return a;
}

static struct sockaddr_in6 v6(const char *address, int port) {
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, address, &a.sin6_addr);
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

static size_t frame(uint8_t *to, int ethertype) {
    memset(to, 0xff, 6); /* to everybody */
    memcpy(to + 6, "\x02\x00\x00\x00\x00\x01", 6);
    to[12] = (uint8_t)(ethertype >> 8);
    to[13] = (uint8_t)ethertype;
    if (ethertype == ETH_P_IP) { return 14 + ip_packet(to + 14, "10.77.0.1", "10.77.0.2"); }
    memcpy(to + 14, payload, 46);
    return 60;
}

static struct sockaddr_ll link_address(int protocol) {
    struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_halen = 6};
    a.sll_ifindex = (int)if_nametoindex(device);
    memset(a.sll_addr, 0xff, 6);
    return a;
}

static void ready(void) {
    printf("ready\n");
    fflush(stdout);
}

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
    struct sockaddr_in6 a = v6(target, 4001);
    datagrams(fresh(AF_INET6, SOCK_DGRAM, protocol), &a, sizeof a);
}

static void connected_udp(void) {
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    int s = fresh(AF_INET, SOCK_DGRAM, 0);
    ready();
    for (;;) {
        if (send(s, payload, sizeof payload, MSG_NOSIGNAL) < 0) { connect(s, (void *)&a, sizeof a); }
        nap();
    }
}

static void bound_to_device(void) {
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    int s = fresh(AF_INET, SOCK_DGRAM, 0);
    setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1);
    datagrams(s, &a, sizeof a);
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
    struct sockaddr_in6 a = v6(type == ND_NEIGHBOR_SOLICIT ? "ff02::1" : "fd77:0::2", 0);
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
    struct sockaddr_ll a = link_address(0x88b5);
    bind(s, (void *)&a, sizeof a);
    ready();
    for (int i = 0;; i ^= 1) {
        struct tpacket_hdr *header = (struct tpacket_hdr *)(ring + i * 2048);
        header->tp_len = (unsigned)frame((uint8_t *)header + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), 0x88b5);
        header->tp_status = TP_STATUS_SEND_REQUEST;
        send(s, 0, 0, MSG_NOSIGNAL | MSG_DONTWAIT);
        nap();
    }
}

/* AF_XDP in copy mode: frames go round the packet filter's egress hook. */
static void xdp(void) {
    enum { FRAMES = 64, BYTES = 2048 };
    int s = fresh(AF_XDP, SOCK_RAW, 0);
    void *memory = mmap(0, FRAMES * BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct xdp_umem_reg region = {.addr = (uintptr_t)memory, .len = FRAMES * BYTES, .chunk_size = BYTES};
    int count = FRAMES;
    if (setsockopt(s, SOL_XDP, XDP_UMEM_REG, &region, sizeof region)
        || setsockopt(s, SOL_XDP, XDP_UMEM_FILL_RING, &count, sizeof count)
        || setsockopt(s, SOL_XDP, XDP_UMEM_COMPLETION_RING, &count, sizeof count)
        || setsockopt(s, SOL_XDP, XDP_TX_RING, &count, sizeof count)) { unknown("XDP"); }
    struct xdp_mmap_offsets at;
    socklen_t length = sizeof at;
    getsockopt(s, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length);
    uint8_t *tx = mmap(0, at.tx.desc + FRAMES * sizeof(struct xdp_desc), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, s, XDP_PGOFF_TX_RING);
    uint8_t *done = mmap(0, at.cr.desc + FRAMES * 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, s, XDP_UMEM_PGOFF_COMPLETION_RING);
    struct sockaddr_xdp a = {.sxdp_family = AF_XDP, .sxdp_ifindex = if_nametoindex(device), .sxdp_flags = XDP_COPY};
    if (bind(s, (void *)&a, sizeof a) && errno != ENETDOWN && errno != EBUSY) { unknown("bind XDP"); }
    uint32_t *producer = (uint32_t *)(tx + at.tx.producer), *consumer = (uint32_t *)(tx + at.tx.consumer);
    struct xdp_desc *descriptors = (struct xdp_desc *)(tx + at.tx.desc);
    uint32_t *freed = (uint32_t *)(done + at.cr.consumer), *finished = (uint32_t *)(done + at.cr.producer);
    ready();
    for (uint32_t n = 0;; nap()) {
        bind(s, (void *)&a, sizeof a); /* again where the link was down */
        __atomic_store_n(freed, __atomic_load_n(finished, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
        if (n - __atomic_load_n(consumer, __ATOMIC_ACQUIRE) < FRAMES / 2) {
            uint64_t where = (uint64_t)(n % FRAMES) * BYTES;
            descriptors[n % FRAMES] = (struct xdp_desc){where, (uint32_t)frame((uint8_t *)memory + where, 0x88b5), 0};
            __atomic_store_n(producer, ++n, __ATOMIC_RELEASE);
        }
        sendto(s, 0, 0, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    }
}

/* One operation through io_uring, which seccomp's rules on system calls do not see. */
struct ring { int fd; uint32_t *sq_tail, *sq_array, *cq_head, *cq_tail, mask; struct io_uring_sqe *sqes; struct io_uring_cqe *cqes; uint32_t cq_mask; };

static struct ring ring_open(void) {
    struct io_uring_params p = {0};
    int fd = (int)syscall(__NR_io_uring_setup, 8, &p);
    if (fd < 0) { unknown("io_uring_setup"); }
    uint8_t *sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
    uint8_t *cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_CQ_RING);
    void *sqes = mmap(0, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
    return (struct ring){fd, (uint32_t *)(sq + p.sq_off.tail), (uint32_t *)(sq + p.sq_off.array), (uint32_t *)(cq + p.cq_off.head),
        (uint32_t *)(cq + p.cq_off.tail), *(uint32_t *)(sq + p.sq_off.ring_mask), sqes, (struct io_uring_cqe *)(cq + p.cq_off.cqes),
        *(uint32_t *)(cq + p.cq_off.ring_mask)};
}

static int ring_do(struct ring *r, struct io_uring_sqe op) {
    uint32_t tail = *r->sq_tail;
    r->sqes[tail & r->mask] = op;
    r->sq_array[tail & r->mask] = tail & r->mask;
    __atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
    syscall(__NR_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
    uint32_t head = *r->cq_head;
    int result = r->cqes[head & r->cq_mask].res;
    __atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
    return result;
}

static void io_uring(void) {
    struct ring r = ring_open();
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    int s = ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = AF_INET, .off = SOCK_DGRAM});
    if (s < 0) { errno = -s; unknown("IORING_OP_SOCKET"); }
    ready();
    for (;;) {
        ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_CONNECT, .fd = s, .addr = (uintptr_t)&a, .off = sizeof a});
        ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_SEND, .fd = s, .addr = (uintptr_t)payload, .len = sizeof payload, .msg_flags = MSG_NOSIGNAL});
        nap();
    }
}

/* Packets written into a tun device, which this namespace then forwards: the link must be able to forward. */
static void tun(void) {
    int s = open("/dev/net/tun", O_RDWR);
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strcpy(r.ifr_name, "probe0");
    if (s < 0) { unknown("tun"); }
    for (int i = 0; ioctl(s, TUNSETIFF, &r); i++) { /* the one of a sender that has just been killed may still be there */
        if (errno != EBUSY || i > 5000) { unknown("tun"); }
        nap();
    }
    if (system("ip addr add 10.99.0.1/24 dev probe0; ip link set probe0 up; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.probe0.rp_filter=0")) { unknown("tun setup"); }
    uint8_t packet[64];
    size_t bytes = ip_packet(packet, "10.99.0.7", "10.77.0.2");
    ready();
    for (;;) {
        if (write(s, packet, bytes) < 0 && errno == EIO) { if (system("ip link set probe0 up")) {} }
        nap();
    }
}

/* A socket that was opened here and is used by a process outside of the namespace. */
static void passed(void) {
    struct sockaddr_in a = v4("10.77.0.2", 4001);
    int s = fresh(AF_INET, SOCK_DGRAM, 0);
    if (unshare(CLONE_NEWNET)) { unknown("unshare"); }
    datagrams(s, &a, sizeof a);
}

/* Runs the words as a shell would, over and over, and UDP beside them. */
static void with_setup(const char *setup, const char *target, int again) {
    struct sockaddr_in a = v4(target, 4001);
    if (system(setup)) { unknown(setup); }
    int s = fresh(AF_INET, SOCK_DGRAM, 0);
    ready();
    for (int i = 1;; i++) {
        sendto(s, payload, sizeof payload, MSG_NOSIGNAL, (void *)&a, sizeof a);
        if (again && i % 50 == 0 && system(setup)) {}
        nap();
    }
}

/* A namespace of its own behind this one, with a pair of links between them and routes through this one. */
static void child(void) {
    char outer[64];
    snprintf(outer, sizeof outer, "/proc/%d/ns/net", getpid());
    int here = open(outer, O_RDONLY | O_CLOEXEC);
    if (unshare(CLONE_NEWNET)) { unknown("unshare"); }
    char command[512];
    snprintf(command, sizeof command,
        "nsenter --net=/proc/%d/fd/%d ip link add in%d type veth peer name out0 netns %d && "
        "nsenter --net=/proc/%d/fd/%d sh -c 'ip addr add 10.88.0.1/24 dev in%d; ip link set in%d up; sysctl -qw net.ipv4.ip_forward=1' && "
        "ip addr add 10.88.0.2/24 dev out0 && ip link set out0 up; ip route add default via 10.88.0.1 || true",
        getpid(), here, getpid(), getpid(), getpid(), here, getpid(), getpid());
    with_setup(command, "10.77.0.2", 0);
}

int main(int count, char **words) {
    if (count < 2) { fprintf(stderr, "usage: send KIND [LINK]\n"); return 2; }
    const char *kind = words[1];
    if (count > 2) { device = words[2]; }
    char setup[512];
    if (!strcmp(kind, "tcp")) { stream(AF_INET, 0); }
    if (!strcmp(kind, "tcp6")) { stream(AF_INET6, 0); }
    if (!strcmp(kind, "mptcp")) { stream(AF_INET, IPPROTO_MPTCP); }
    if (!strcmp(kind, "mptcp6")) { stream(AF_INET6, IPPROTO_MPTCP); }
    if (!strcmp(kind, "sctp")) { stream(AF_INET, IPPROTO_SCTP); }
    if (!strcmp(kind, "udp")) { udp4(0, "10.77.0.2"); }
    if (!strcmp(kind, "udp6")) { udp6(0, "fd77:0::2"); }
    if (!strcmp(kind, "udp-connected")) { connected_udp(); }
    if (!strcmp(kind, "udplite")) { udp4(IPPROTO_UDPLITE, "10.77.0.2"); }
    if (!strcmp(kind, "broadcast")) { udp4(0, "10.77.0.255"); }
    if (!strcmp(kind, "multicast")) { udp4(0, "224.0.0.251"); }
    if (!strcmp(kind, "multicast6")) { udp6(0, "ff02::fb"); }
    if (!strcmp(kind, "bound-to-device")) { bound_to_device(); }
    if (!strcmp(kind, "icmp")) { icmp4(); }
    if (!strcmp(kind, "icmp6")) { icmp6(ICMP6_ECHO_REQUEST); }
    if (!strcmp(kind, "neighbour-solicitation")) { icmp6(ND_NEIGHBOR_SOLICIT); }
    if (!strcmp(kind, "raw")) { raw4("10.77.0.1"); }
    if (!strcmp(kind, "raw6")) { raw6(); }
    if (!strcmp(kind, "forged-source")) { raw4("192.0.2.66"); }
    if (!strcmp(kind, "packet")) { packets(0x88b5, 0); }
    if (!strcmp(kind, "packet-ip")) { packets(ETH_P_IP, 0); }
    if (!strcmp(kind, "packet-cooked")) { cooked_packets(); }
    if (!strcmp(kind, "qdisc-bypass")) { packets(0x88b5, 1); }
    if (!strcmp(kind, "packet-ring")) { packet_ring(); }
    if (!strcmp(kind, "arp")) { packets(ETH_P_ARP, 0); }
    if (!strcmp(kind, "xdp")) { xdp(); }
    if (!strcmp(kind, "io_uring")) { io_uring(); }
    if (!strcmp(kind, "tun")) { tun(); }
    if (!strcmp(kind, "passed-descriptor")) { passed(); }
    if (!strcmp(kind, "child-namespace")) { child(); }
    if (!strcmp(kind, "macvlan")) {
        snprintf(setup, sizeof setup, "ip link show probe1 >/dev/null 2>&1 || ip link add probe1 link %s type macvlan mode bridge; ip addr replace 10.78.0.1/24 dev probe1; ip link set probe1 up; ip neigh replace 10.78.0.2 lladdr 02:00:00:00:00:09 dev probe1 || true", device);
        with_setup(setup, "10.78.0.2", 1);
    }
    if (!strcmp(kind, "vlan")) {
        snprintf(setup, sizeof setup, "ip link show probe2 >/dev/null 2>&1 || ip link add probe2 link %s type vlan id 7; ip addr replace 10.79.0.1/24 dev probe2; ip link set probe2 up; ip neigh replace 10.79.0.2 lladdr 02:00:00:00:00:09 dev probe2 || true", device);
        with_setup(setup, "10.79.0.2", 1);
    }
    if (!strcmp(kind, "vxlan")) {
        snprintf(setup, sizeof setup, "ip link show probe3 >/dev/null 2>&1 || ip link add probe3 type vxlan id 7 remote 10.77.0.2 dstport 4789 dev %s; ip addr replace 10.80.0.1/24 dev probe3; ip link set probe3 up; ip neigh replace 10.80.0.2 lladdr 02:00:00:00:00:09 dev probe3 || true", device);
        with_setup(setup, "10.80.0.2", 1);
    }
    if (!strcmp(kind, "bridge")) {
        with_setup("ip link show probe4 >/dev/null 2>&1 || ip link add probe4 type bridge; ip addr replace 10.81.0.1/24 dev probe4; ip link set probe4 up; ip link set eth0 master probe4; ip neigh replace 10.81.0.2 lladdr 02:00:00:00:00:09 dev probe4 || true", "10.81.0.2", 1);
    }
    if (!strcmp(kind, "flood")) { /* as fast as it goes, for the time to the last frame */
        int s = fresh(AF_PACKET, SOCK_RAW, 0);
        uint8_t bytes[128];
        size_t length = frame(bytes, 0x88b5);
        ready();
        for (;;) {
            struct sockaddr_ll a = link_address(0x88b5);
            for (int i = 0; i < 1000; i++) { sendto(s, bytes, length, MSG_NOSIGNAL, (void *)&a, sizeof a); }
        }
    }
    if (!strcmp(kind, "re-up")) { /* with the right to: brings the link up again as fast as it goes, and sends */
        int s = fresh(AF_INET, SOCK_DGRAM, 0), p = fresh(AF_PACKET, SOCK_RAW, 0);
        struct sockaddr_in to = v4("10.77.0.2", 4001);
        uint8_t bytes[128];
        size_t length = frame(bytes, 0x88b5);
        struct ifreq r = {0};
        strncpy(r.ifr_name, device, IFNAMSIZ - 1);
        ready();
        for (;;) {
            ioctl(s, SIOCGIFFLAGS, &r);
            r.ifr_flags |= IFF_UP;
            ioctl(s, SIOCSIFFLAGS, &r);
            struct sockaddr_ll a = link_address(0x88b5);
            sendto(p, bytes, length, MSG_NOSIGNAL, (void *)&a, sizeof a);
            sendto(s, payload, sizeof payload, MSG_NOSIGNAL, (void *)&to, sizeof to);
        }
    }
    fprintf(stderr, "unknown kind %s\n", kind);
    return 2;
}
