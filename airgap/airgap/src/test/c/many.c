/*
 * Many TCP connections: "many serve" takes them on port 4002 and keeps them; "many connect COUNT" opens them to 10.77.0.2,
 * prints "ready", and for each line on its standard input how many are still alive.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
    struct rlimit limit = {65000, 65000};
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(4002)};
    if (count > 1 && !strcmp(words[1], "serve")) {
        int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
        setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(s, (void *)&a, sizeof a) || listen(s, 4096)) { perror("serve"); return 1; }
        printf("ready\n");
        fflush(stdout);
        for (;;) { if (accept(s, 0, 0) < 0) { usleep(1000); } }
    }
    if (count < 3 || strcmp(words[1], "connect")) { fprintf(stderr, "usage: many serve | many connect COUNT\n"); return 2; }
    int number = atoi(words[2]), *sockets = calloc((size_t)number, sizeof(int));
    inet_pton(AF_INET, "10.77.0.2", &a.sin_addr);
    for (int i = 0; i < number; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(sockets[i], (void *)&a, sizeof a)) { perror("connect"); return 1; }
    }
    printf("ready\n");
    fflush(stdout);
    char line[16];
    while (read(0, line, sizeof line) > 0) {
        int alive = 0;
        for (int i = 0; i < number; i++) {
            struct tcp_info info;
            socklen_t length = sizeof info;
            alive += !getsockopt(sockets[i], IPPROTO_TCP, TCP_INFO, &info, &length) && info.tcpi_state == TCP_ESTABLISHED;
        }
        printf("%d\n", alive);
        fflush(stdout);
    }
    return 0;
}
