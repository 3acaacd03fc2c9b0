/*
 * Bytes that are written while a link is down. "hold write KIND" connects to 10.77.0.2 (fd77:0::2), prints "connected", waits
 * for a line, writes "SECRET" as often as it can for 300 ms, prints "written", and then keeps the socket and pushes out what
 * may be held in it. "hold receive" takes connections and datagrams on port 4001, and prints for each line on its standard
 * input how often "SECRET" has arrived.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int receive(void) {
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(4001)};
    int listener = socket(AF_INET6, SOCK_STREAM, 0), datagrams = socket(AF_INET6, SOCK_DGRAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&any, sizeof any) || listen(listener, 64) || bind(datagrams, (void *)&any, sizeof any)) { perror("bind"); return 1; }
    printf("ready\n");
    fflush(stdout);
    struct pollfd fds[64] = {{0, POLLIN, 0}, {listener, POLLIN, 0}, {datagrams, POLLIN, 0}};
    int count = 3;
    long seen = 0;
    for (;;) {
        poll(fds, (nfds_t)count, -1);
        if (fds[1].revents && count < 64) { fds[count++] = (struct pollfd){accept(listener, 0, 0), POLLIN, 0}; }
        for (int i = 2; i < count; i++) {
            char bytes[65536];
            ssize_t length = fds[i].revents ? recv(fds[i].fd, bytes, sizeof bytes, MSG_DONTWAIT) : -1;
            for (char *at = bytes; length > 0 && (at = memmem(at, (size_t)(bytes + length - at), "SECRET", 6)); at += 6) { seen++; }
            if (fds[i].revents && length <= 0 && errno != EAGAIN) { fds[i].fd = -1; }
        }
        if (fds[0].revents) {
            char line[16];
            if (read(0, line, sizeof line) <= 0) { return 0; }
            printf("%ld\n", seen);
            fflush(stdout);
        }
    }
}

static int write_held(const char *kind) {
    int six = !strcmp(kind, "tcp6"), stream = !strncmp(kind, "tcp", 3), one = 1, zero = 0;
    int connecting = !strcmp(kind, "tcp-connecting"), corked = !strcmp(kind, "udp-corked");
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(4001)};
    struct sockaddr_in6 b = {.sin6_family = AF_INET6, .sin6_port = htons(4001)};
    inet_pton(AF_INET, "10.77.0.2", &a.sin_addr);
    inet_pton(AF_INET6, "fd77:0::2", &b.sin6_addr);
    int s = socket(six ? AF_INET6 : AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (!connecting && (six ? connect(s, (void *)&b, sizeof b) : connect(s, (void *)&a, sizeof a))) { perror("connect"); return 1; }
    if (corked) {
        setsockopt(s, SOL_UDP, UDP_CORK, &one, sizeof one);
        send(s, "before ", 7, 0);
    }
    printf("connected\n");
    fflush(stdout);
    char line[16];
    if (read(0, line, sizeof line) <= 0) { return 0; }
    fcntl(s, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 100; i++) {
        if (connecting) { connect(s, (void *)&a, sizeof a); }
        send(s, "SECRET", 6, MSG_NOSIGNAL);
        usleep(3000);
    }
    printf("written\n");
    fflush(stdout);
    for (;;) { /* push, but write nothing new */
        usleep(50000);
        if (corked) { setsockopt(s, SOL_UDP, UDP_CORK, &zero, sizeof zero); }
        if (stream) { setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); }
    }
}

int main(int count, char **words) {
    if (count > 1 && !strcmp(words[1], "receive")) { return receive(); }
    if (count > 2 && !strcmp(words[1], "write")) { return write_held(words[2]); }
    fprintf(stderr, "usage: hold receive | hold write KIND\n");
    return 2;
}
