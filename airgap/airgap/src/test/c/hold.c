/*
 * Bytes that are written while a link is down. "hold write KIND" opens what sends to 10.77.0.2 (fd77:0::2), prints
 * "connected", waits for a line, writes "SECRET" as often as it can for 300 ms, prints "written", keeps the socket, and from the
 * next line on pushes out what may be held in it; a 6 in KIND means IPv6. "hold receive" takes connections on ports 4001 (TCP,
 * and SCTP where the kernel has that) and 4003 (MPTCP) and datagrams on 4001, and prints for each line on its standard input how
 * often "SECRET" has arrived so far, in any frame of any ethertype.
 */
#define _GNU_SOURCE
#include "probe.h"
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>

#define PORT 4001
#define PORT_MPTCP 4003
#define SLOTS 32
#define SLOT_BYTES 2048

static const char secret[] = "SECRET";
#define SECRET_BYTES 6

static int bind_any(int s, int type, int port) {
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    int one = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (void *)&any, sizeof any) || (type == SOCK_STREAM && listen(s, 64))) { perror("bind"); exit(1); }
    return s;
}

static int bound(int type, int protocol, int port) { return bind_any(fresh(AF_INET6, type, protocol), type, port); }

/* None (-1) where this kernel does not know SCTP. */
static int bound_sctp(void) {
    int s = socket(AF_INET6, SOCK_STREAM, IPPROTO_SCTP);
    return s < 0 ? s : bind_any(s, SOCK_STREAM, PORT);
}

static int receive(void) {
    static char bytes[1 << 17];
    struct pollfd fds[] = {{0, POLLIN, 0}, {fresh(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), POLLIN, 0},
        {bound(SOCK_STREAM, 0, PORT), POLLIN, 0}, {bound(SOCK_STREAM, IPPROTO_MPTCP, PORT_MPTCP), POLLIN, 0},
        {bound_sctp(), POLLIN, 0}};
    bound(SOCK_DGRAM, 0, PORT);
    say("ready");
    long seen = 0;
    for (;;) {
        poll(fds, 5, -1);
        for (;;) {
            struct sockaddr_ll from;
            socklen_t size = sizeof from;
            ssize_t length = recvfrom(fds[1].fd, bytes, sizeof bytes, MSG_DONTWAIT, (void *)&from, &size);
            if (length < 0) { break; }
            if (from.sll_pkttype == PACKET_OUTGOING || from.sll_hatype == 772 /* loopback */) { continue; }
            for (char *at = bytes; (at = memmem(at, (size_t)(bytes + length - at), secret, SECRET_BYTES)); at += SECRET_BYTES) { seen++; }
        }
        for (int i = 2; i < 5; i++) {
            if (fds[i].revents) { accept(fds[i].fd, 0, 0); } /* and keeps it: so little needs no reader */
        }
        if (fds[0].revents) {
            char line[16];
            if (read(0, line, sizeof line) <= 0) { return 0; }
            printf("%ld\n", seen);
            fflush(stdout);
        }
    }
}

/* What a kind writes with, and where to. */
struct pen {
    int fd, family, in_ring, slot;
    union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } to;
    socklen_t to_bytes;
    struct ring ring;
    struct xdp xdp;
    uint8_t *slots;
};

static int is(const char *kind, const char *name) { return !strcmp(kind, name); }

static void frame(uint8_t *to, int ethertype) {
    memset(to, 0, 60);
    memcpy(ethernet(to, ethertype), secret, SECRET_BYTES);
}

static void must(int result, const char *what) {
    if (result < 0) { perror(what); exit(1); }
}

/* A ring whose frames are the program's own memory. */
static void open_packet(struct pen *p) {
    struct tpacket_req request = {SLOTS * SLOT_BYTES, 1, SLOT_BYTES, SLOTS};
    struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_PACKET), .sll_ifindex = (int)if_nametoindex("eth0")};
    p->fd = fresh(AF_PACKET, SOCK_RAW, 0);
    must(setsockopt(p->fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof request), "PACKET_TX_RING");
    p->slots = mmap(0, SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
    must(p->slots == MAP_FAILED ? -1 : 0, "mmap");
    must(bind(p->fd, (void *)&a, sizeof a), "bind");
}

static void aim(struct pen *p, int port) {
    p->to_bytes = p->family == AF_INET6 ? sizeof p->to.v6 : sizeof p->to.v4;
    if (p->family == AF_INET6) { p->to.v6 = v6("fd77:0::2", port); } else { p->to.v4 = v4("10.77.0.2", port); }
}

static void cork(struct pen *p, int on) { setsockopt(p->fd, SOL_UDP, UDP_CORK, &on, sizeof on); }

static void open_connection(struct pen *p, const char *kind) {
    int mptcp = is(kind, "mptcp"), sctp = is(kind, "sctp"), datagrams = !strncmp(kind, "udp", 3);
    aim(p, mptcp ? PORT_MPTCP : PORT);
    p->fd = fresh(p->family, datagrams ? SOCK_DGRAM : SOCK_STREAM, mptcp ? IPPROTO_MPTCP : sctp ? IPPROTO_SCTP : 0);
    must(connect(p->fd, &p->to.any, p->to_bytes), "connect");
    if (is(kind, "udp-corked")) {
        cork(p, 1);
        send(p->fd, "before ", 7, 0);
    }
}

static void pen_open(struct pen *p, const char *kind) {
    aim(p, is(kind, "raw") ? 0 /* in IPv6 it would be a protocol */ : PORT);
    if (is(kind, "udp")) { p->fd = fresh(p->family, SOCK_DGRAM, 0); }
    else if (is(kind, "udplite")) { p->fd = fresh(p->family, SOCK_DGRAM, IPPROTO_UDPLITE); }
    else if (is(kind, "udp-corked-to")) { /* without another side, so that nothing destroys it */
        p->fd = fresh(p->family, SOCK_DGRAM, 0);
        cork(p, 1);
        sendto(p->fd, "before ", 7, 0, &p->to.any, p->to_bytes);
    } else if (is(kind, "raw")) { p->fd = fresh(p->family, SOCK_RAW, 253 /* for experiments */); }
    else if (is(kind, "ping")) { p->fd = ping_socket(p->family); }
    else if (is(kind, "sctp-many")) { /* connects by what it sends first, and holds that until it has */
        p->fd = fresh(p->family, SOCK_SEQPACKET, IPPROTO_SCTP);
    } else if (is(kind, "tcp-connecting")) { p->fd = fresh(p->family, SOCK_STREAM | SOCK_NONBLOCK, 0); }
    else if (is(kind, "packet")) { open_packet(p); }
    else if (is(kind, "xdp")) { p->xdp = xdp_open("eth0"); }
    else if (is(kind, "io_uring")) { /* a connection that is no descriptor of this process */
        p->ring = ring_open();
        p->in_ring = 1;
        ring_socket(&p->ring, p->family, SOCK_STREAM);
        must(ring_do(&p->ring, (struct io_uring_sqe){.opcode = IORING_OP_CONNECT, .flags = IOSQE_FIXED_FILE, .addr = (uintptr_t)&p->to, .off = p->to_bytes}), "connect");
    } else { open_connection(p, kind); }
}

static void pen_write(struct pen *p, const char *kind) {
    uint8_t bytes[64];
    if (is(kind, "packet")) {
        struct tpacket_hdr *header = (struct tpacket_hdr *)(p->slots + (p->slot++ % SLOTS) * SLOT_BYTES);
        if (header->tp_status == TP_STATUS_AVAILABLE) {
            frame((uint8_t *)header + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), ETHERTYPE_PACKET);
            header->tp_len = 60;
            header->tp_status = TP_STATUS_SEND_REQUEST;
        }
        send(p->fd, 0, 0, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else if (is(kind, "xdp")) {
        frame(bytes, ETHERTYPE_XDP);
        xdp_put(&p->xdp, bytes, 60);
    } else if (p->in_ring) {
        ring_do(&p->ring, (struct io_uring_sqe){.opcode = IORING_OP_SEND, .flags = IOSQE_FIXED_FILE, .addr = (uintptr_t)secret, .len = SECRET_BYTES, .msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT});
    } else if (is(kind, "ping")) {
        uint8_t echo[8 + SECRET_BYTES] = {p->family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO};
        memcpy(echo + 8, secret, SECRET_BYTES);
        sendto(p->fd, echo, sizeof echo, MSG_NOSIGNAL | MSG_DONTWAIT, &p->to.any, p->to_bytes);
    } else if (is(kind, "udp") || is(kind, "udplite") || is(kind, "udp-corked-to") || is(kind, "raw") || is(kind, "sctp-many")) {
        sendto(p->fd, secret, SECRET_BYTES, MSG_NOSIGNAL | MSG_DONTWAIT, &p->to.any, p->to_bytes);
    } else {
        if (is(kind, "tcp-connecting")) { connect(p->fd, &p->to.any, p->to_bytes); }
        send(p->fd, secret, SECRET_BYTES, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

/* Pushes, and writes nothing new. */
static void pen_push(struct pen *p, const char *kind) {
    int one = 1;
    if (is(kind, "packet")) { send(p->fd, 0, 0, MSG_NOSIGNAL | MSG_DONTWAIT); }
    if (is(kind, "xdp")) { xdp_put(&p->xdp, 0, 0); }
    if (!strncmp(kind, "udp-corked", 10)) { cork(p, 0); }
    if (!strncmp(kind, "tcp", 3)) { setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); }
}

static int write_held(char *kind) {
    static struct pen pen;
    char *six = strchr(kind, '6');
    pen.family = six ? AF_INET6 : AF_INET;
    if (six) { memmove(six, six + 1, strlen(six)); } /* from here on as its twin of IPv4 */
    pen_open(&pen, kind);
    say("connected");
    char line[16];
    if (read(0, line, sizeof line) <= 0) { return 0; }
    for (int i = 0; i < 100; i++) {
        pen_write(&pen, kind);
        usleep(3000);
    }
    if (is(kind, "parked")) { park(pen.fd); }
    say("written");
    if (read(0, line, sizeof line) <= 0) { return 0; }
    for (;;) {
        usleep(50000);
        pen_push(&pen, kind);
    }
}

int main(int count, char **words) {
    if (count > 1 && is(words[1], "receive")) { return receive(); }
    if (count > 2 && is(words[1], "write")) { return write_held(words[2]); }
    fprintf(stderr, "usage: hold receive | hold write KIND\n");
    return 2;
}
