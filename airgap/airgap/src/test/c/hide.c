/*
 * Sockets that are hard to find: "hide KIND" makes one, prints "ready", and keeps it until standard input ends. Exits with 3
 * where this kernel does not know the kind.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef AF_XDP
#define AF_XDP 44
#endif

static int make(int domain, int type, int protocol) {
    int s = socket(domain, type, protocol);
    if (s < 0) { perror("socket"); exit(3); }
    return s;
}

static void pass(int through, int what) {
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

/* A socket in a slot of the ring: it is no descriptor of the process. */
static void direct(void) {
    struct io_uring_params p = {0};
    int fd = (int)syscall(__NR_io_uring_setup, 4, &p), slots[4] = {-1, -1, -1, -1};
    if (fd < 0 || syscall(__NR_io_uring_register, fd, IORING_REGISTER_FILES, slots, 4)) { perror("io_uring"); exit(3); }
    uint8_t *sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
    uint8_t *cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_CQ_RING);
    struct io_uring_sqe *sqes = mmap(0, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
    sqes[0] = (struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = AF_INET, .off = SOCK_DGRAM, .file_index = 1};
    ((uint32_t *)(sq + p.sq_off.array))[0] = 0;
    __atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
    syscall(__NR_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
    struct io_uring_cqe *done = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
    if (done->res < 0) { errno = -done->res; perror("IORING_OP_SOCKET"); exit(3); }
}

int main(int count, char **words) {
    const char *kind = count > 1 ? words[1] : "";
    struct sockaddr_in any = {.sin_family = AF_INET};
    if (!strcmp(kind, "vsock")) { make(AF_VSOCK, SOCK_STREAM, 0); }
    else if (!strcmp(kind, "xdp")) { make(AF_XDP, SOCK_RAW, 0); }
    else if (!strcmp(kind, "tcp")) { make(AF_INET, SOCK_STREAM, 0); }
    else if (!strcmp(kind, "tcp6")) { make(AF_INET6, SOCK_STREAM, 0); }
    else if (!strcmp(kind, "udp")) { make(AF_INET, SOCK_DGRAM, 0); }
    else if (!strcmp(kind, "mptcp")) { make(AF_INET, SOCK_STREAM, IPPROTO_MPTCP); }
    else if (!strcmp(kind, "udp-corked")) { /* bytes that wait in a socket without another side */
        int s = make(AF_INET, SOCK_DGRAM, 0), one = 1;
        any.sin_port = htons(4001);
        any.sin_addr.s_addr = inet_addr("10.77.0.2");
        setsockopt(s, SOL_UDP, UDP_CORK, &one, sizeof one);
        if (sendto(s, "SECRET", 6, 0, (void *)&any, sizeof any) < 0) { perror("sendto"); return 3; }
    }
    else if (!strcmp(kind, "raw")) { make(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
    else if (!strcmp(kind, "raw6")) { make(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6); }
    else if (!strcmp(kind, "packet")) { make(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }
    else if (!strcmp(kind, "netlink")) { make(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
    else if (!strcmp(kind, "io_uring")) { direct(); }
    else if (!strcmp(kind, "parked")) { /* in flight to a socket of our own, and nowhere else */
        int pair[2], s = make(AF_INET, SOCK_DGRAM, 0);
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) { return 1; }
        pass(pair[0], s);
        close(s);
    } else if (!strcmp(kind, "outside")) { /* held by a process that is in another namespace */
        make(AF_INET, SOCK_DGRAM, 0);
        if (unshare(CLONE_NEWNET)) { perror("unshare"); return 3; }
    } else if (!strcmp(kind, "waiting")) { /* a connection that nobody has accepted */
        int s = make(AF_INET, SOCK_STREAM, 0);
        socklen_t length = sizeof any;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(s, (void *)&any, sizeof any) || listen(s, 5) || getsockname(s, (void *)&any, &length)) { return 1; }
        if (connect(make(AF_INET, SOCK_STREAM, 0), (void *)&any, sizeof any)) { return 1; }
    } else { fprintf(stderr, "usage: hide KIND\n"); return 2; }
    printf("ready\n");
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) { }
    return 0;
}
