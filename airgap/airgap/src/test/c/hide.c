/*
 * Sockets that are hard to find: "hide KIND" makes one, prints "ready", and keeps it until standard input ends. Exits with 3
 * where this kernel does not know the kind.
 */
#define _GNU_SOURCE
#include "probe.h"
#include <linux/netlink.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>

/* Bytes that wait in a socket without another side. */
static void cork(int domain, const struct sockaddr *to, socklen_t bytes) {
    int s = fresh(domain, SOCK_DGRAM, 0), one = 1;
    setsockopt(s, SOL_UDP, UDP_CORK, &one, sizeof one);
    if (sendto(s, "SECRET", 6, 0, to, bytes) < 0) { unknown("sendto"); }
}

/* A socket of ICMP that has its number, without which nobody sends. */
static void number(int s, const struct sockaddr *any, socklen_t bytes) {
    if (bind(s, any, bytes)) { unknown("bind"); }
}

static pthread_barrier_t moved;

/* A socket in a table of descriptors that is this thread's alone, and the thread in another namespace. */
static void *hold(void *unused) {
    if (unshare(CLONE_FILES)) { unknown("unshare"); }
    fresh(AF_INET, SOCK_DGRAM, 0);
    if (unshare(CLONE_NEWNET)) { unknown("unshare"); }
    pthread_barrier_wait(&moved);
    char byte;
    while (read(0, &byte, 1) > 0) { }
    exit(0);
}

static void thread(void) {
    pthread_t other;
    pthread_barrier_init(&moved, NULL, 2);
    if (pthread_create(&other, NULL, hold, NULL)) { unknown("pthread_create"); }
    pthread_barrier_wait(&moved);
    if (unshare(CLONE_NEWNET)) { unknown("unshare"); }
}

int main(int count, char **words) {
    const char *kind = count > 1 ? words[1] : "";
    struct sockaddr_in any = {.sin_family = AF_INET}, to = v4("10.77.0.2", 4001);
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6}, to6 = v6("fd77:0::2", 4001);
    if (!strcmp(kind, "vsock")) { fresh(AF_VSOCK, SOCK_STREAM, 0); }
    else if (!strcmp(kind, "xdp")) { fresh(AF_XDP, SOCK_RAW, 0); }
    else if (!strcmp(kind, "tcp")) { fresh(AF_INET, SOCK_STREAM, 0); }
    else if (!strcmp(kind, "tcp6")) { fresh(AF_INET6, SOCK_STREAM, 0); }
    else if (!strcmp(kind, "udp")) { fresh(AF_INET, SOCK_DGRAM, 0); }
    else if (!strcmp(kind, "mptcp")) { fresh(AF_INET, SOCK_STREAM, IPPROTO_MPTCP); }
    else if (!strcmp(kind, "mptcp6")) { fresh(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP); }
    else if (!strcmp(kind, "udp-corked")) { cork(AF_INET, (void *)&to, sizeof to); }
    else if (!strcmp(kind, "udp6-corked")) { cork(AF_INET6, (void *)&to6, sizeof to6); }
    else if (!strcmp(kind, "ping")) { number(ping_socket(AF_INET), (void *)&any, sizeof any); }
    else if (!strcmp(kind, "ping6")) { number(ping_socket(AF_INET6), (void *)&any6, sizeof any6); }
    else if (!strcmp(kind, "raw")) { fresh(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
    else if (!strcmp(kind, "raw6")) { fresh(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6); }
    else if (!strcmp(kind, "packet")) { fresh(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }
    else if (!strcmp(kind, "netlink")) { fresh(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
    else if (!strcmp(kind, "io_uring")) {
        struct ring r = ring_open();
        ring_socket(&r, AF_INET, SOCK_DGRAM);
    } else if (!strcmp(kind, "parked")) { park(fresh(AF_INET, SOCK_DGRAM, 0)); }
    else if (!strcmp(kind, "outside")) { /* held by a process that is in another namespace */
        fresh(AF_INET, SOCK_DGRAM, 0);
        if (unshare(CLONE_NEWNET)) { perror("unshare"); return 3; }
    } else if (!strcmp(kind, "thread")) { thread(); /* the same, by a thread with descriptors of its own */
    } else if (!strcmp(kind, "orphan")) { /* and that one has outlived the process's first thread */
        thread();
        say("ready");
        pthread_exit(NULL);
    } else if (!strcmp(kind, "waiting")) { /* a connection that nobody has accepted */
        int s = fresh(AF_INET, SOCK_STREAM, 0);
        socklen_t length = sizeof any;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(s, (void *)&any, sizeof any) || listen(s, 5) || getsockname(s, (void *)&any, &length)) { return 1; }
        if (connect(fresh(AF_INET, SOCK_STREAM, 0), (void *)&any, sizeof any)) { return 1; }
    } else { fprintf(stderr, "usage: hide KIND\n"); return 2; }
    say("ready");
    char byte;
    while (read(0, &byte, 1) > 0) { }
    return 0;
}
