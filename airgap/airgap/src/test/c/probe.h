/* What the probes have in common. Each is compiled alone, so that all of it stands here. */
#ifndef OMNI_PROBE_H
#define OMNI_PROBE_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

#define UNKNOWN 3
/* The two ethertypes for experiments (IEEE 802): the first is that of packet sockets here, the second that of AF_XDP alone. */
#define ETHERTYPE_PACKET 0x88b5
#define ETHERTYPE_XDP 0x88b6

/* This kernel does not know it. */
static inline void unknown(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(UNKNOWN);
}

static inline int fresh(int domain, int type, int protocol) {
    int s = socket(domain, type, protocol);
    if (s < 0) { unknown("socket"); }
    return s;
}

/* A socket of ICMP's own (icmp(7)), once this namespace lets root's group have one. */
static inline int ping_socket(int domain) {
    FILE *groups = fopen("/proc/sys/net/ipv4/ping_group_range", "w");
    if (!groups || fputs("0 0\n", groups) < 0 || fclose(groups)) { unknown("ping_group_range"); }
    return fresh(domain, SOCK_DGRAM, domain == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static inline void say(const char *word) {
    printf("%s\n", word);
    fflush(stdout);
}

static inline struct sockaddr_in v4(const char *address, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &a.sin_addr);
    return a;
}

static inline struct sockaddr_in6 v6(const char *address, int port) {
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    inet_pton(AF_INET6, address, &a.sin6_addr);
    return a;
}

/* An Ethernet header, to everybody. */
static inline uint8_t *ethernet(uint8_t *to, int ethertype) {
    memset(to, 0xff, 6);
    memcpy(to + 6, "\x02\x00\x00\x00\x00\x01", 6);
    to[12] = (uint8_t)(ethertype >> 8);
    to[13] = (uint8_t)ethertype;
    return to + 14;
}

/* A descriptor to whoever is at the other end of a Unix socket. */
static inline void pass(int through, int what) {
    char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec vec = {&byte, 1};
    struct msghdr message = {0, 0, &vec, 1, control, sizeof control, 0};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &what, sizeof what);
    if (sendmsg(through, &message, 0) < 0) { perror("sendmsg"); exit(1); }
}

/* Nobody has it from now on: in flight to a socket of our own, and nowhere else. */
static inline void park(int what) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) { perror("socketpair"); exit(1); }
    pass(pair[0], what);
    close(what);
}

/* One operation after the other through io_uring, which seccomp's rules on system calls do not see. */
struct ring { int fd; uint32_t *sq_tail, *sq_array, *cq_head, *cq_tail, mask; struct io_uring_sqe *sqes; struct io_uring_cqe *cqes; uint32_t cq_mask; };

static inline struct ring ring_open(void) {
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

static inline int ring_do(struct ring *r, struct io_uring_sqe op) {
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

/* A socket in the first slot of the ring: it is no descriptor of the process. */
static inline void ring_socket(struct ring *r, int domain, int type) {
    int slots[1] = {-1};
    if (syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_FILES, slots, 1)) { unknown("IORING_REGISTER_FILES"); }
    int result = ring_do(r, (struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = domain, .off = (uint64_t)type, .file_index = 1});
    if (result < 0) { errno = -result; unknown("IORING_OP_SOCKET"); }
}

/* AF_XDP in copy mode: frames go round the packet filter's egress hook. */
enum { XDP_FRAMES = 64, XDP_BYTES = 2048 };
struct xdp { int fd; uint8_t *memory; uint32_t *producer, *consumer, *freed, *finished, next; struct xdp_desc *descriptors; struct sockaddr_xdp address; };

static inline void xdp_bind(struct xdp *x) {
    if (bind(x->fd, (void *)&x->address, sizeof x->address) && errno != ENETDOWN && errno != EBUSY && errno != EINVAL && errno != ENODEV) { unknown("bind XDP"); }
}

static inline struct xdp xdp_open(const char *device) {
    int s = fresh(AF_XDP, SOCK_RAW, 0), count = XDP_FRAMES;
    void *memory = mmap(0, XDP_FRAMES * XDP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct xdp_umem_reg region = {.addr = (uintptr_t)memory, .len = XDP_FRAMES * XDP_BYTES, .chunk_size = XDP_BYTES};
    if (setsockopt(s, SOL_XDP, XDP_UMEM_REG, &region, sizeof region)
        || setsockopt(s, SOL_XDP, XDP_UMEM_FILL_RING, &count, sizeof count)
        || setsockopt(s, SOL_XDP, XDP_UMEM_COMPLETION_RING, &count, sizeof count)
        || setsockopt(s, SOL_XDP, XDP_TX_RING, &count, sizeof count)) { unknown("XDP"); }
    struct xdp_mmap_offsets at;
    socklen_t length = sizeof at;
    getsockopt(s, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length);
    uint8_t *tx = mmap(0, at.tx.desc + XDP_FRAMES * sizeof(struct xdp_desc), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, s, XDP_PGOFF_TX_RING);
    uint8_t *done = mmap(0, at.cr.desc + XDP_FRAMES * 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, s, XDP_UMEM_PGOFF_COMPLETION_RING);
    struct xdp x = {s, memory, (uint32_t *)(tx + at.tx.producer), (uint32_t *)(tx + at.tx.consumer), (uint32_t *)(done + at.cr.consumer),
        (uint32_t *)(done + at.cr.producer), 0, (struct xdp_desc *)(tx + at.tx.desc),
        {.sxdp_family = AF_XDP, .sxdp_ifindex = if_nametoindex(device), .sxdp_flags = XDP_COPY}};
    xdp_bind(&x);
    return x;
}

/* Puts one frame into the ring where that has room, and has the kernel send what is there. */
static inline void xdp_put(struct xdp *x, const void *bytes, size_t length) {
    __atomic_store_n(x->freed, __atomic_load_n(x->finished, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
    if (length > 0 && x->next - __atomic_load_n(x->consumer, __ATOMIC_ACQUIRE) < XDP_FRAMES / 2) {
        uint64_t where = (uint64_t)(x->next % XDP_FRAMES) * XDP_BYTES;
        memcpy(x->memory + where, bytes, length);
        x->descriptors[x->next % XDP_FRAMES] = (struct xdp_desc){where, (uint32_t)length, 0};
        __atomic_store_n(x->producer, ++x->next, __ATOMIC_RELEASE);
    }
    sendto(x->fd, 0, 0, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
}

#endif
