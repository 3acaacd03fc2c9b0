/*
 * Counts every frame of any kind that arrives on the links of this network namespace, by ethertype, with the time of the
 * last. Prints "ready"; then for each line on standard input what it has counted since the line before:
 *
 *   frames 12 ip 10 arp 2 ipv6 0 xdp 0 other 0 last 1790000000123456789 dropped 0
 *
 * "xdp" counts frames of the ethertype that the probes send by AF_XDP alone; "last" is the kernel's time of the last frame
 * in nanoseconds since 1970; "dropped" counts frames that came too fast to be looked at. Ends with standard input.
 */
#include "probe.h"
#include <linux/if_packet.h>
#include <poll.h>
#include <time.h>

#ifndef SO_RCVBUFFORCE
#define SO_RCVBUFFORCE 33
#endif

int main(void) {
    int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (s < 0) { perror("socket"); return 1; }
    int size = 256 << 20, one = 1;
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    if (nice(-20) == -1) { perror("nice"); } /* so as to keep up with a flood */
    say("ready");
    unsigned long frames = 0, ip = 0, arp = 0, ip6 = 0, xdp = 0, other = 0;
    unsigned long long last = 0;
    struct pollfd fds[2] = {{s, POLLIN, 0}, {0, POLLIN, 0}};
    for (;;) {
        if (poll(fds, 2, -1) < 0) { continue; }
        for (int i = 0; i < 1000; i++) { /* then look whether somebody asks */
            unsigned char frame[32], control[256];
            struct sockaddr_ll from;
            struct iovec vec = {frame, sizeof frame};
            struct msghdr message = {&from, sizeof from, &vec, 1, control, sizeof control, 0};
            if (recvmsg(s, &message, MSG_DONTWAIT) < 0) { break; }
            if (from.sll_pkttype == PACKET_OUTGOING || from.sll_hatype == 772 /* loopback */) { continue; }
            frames++;
            switch (ntohs(from.sll_protocol)) {
                case ETH_P_IP: ip++; break;
                case ETH_P_ARP: arp++; break;
                case ETH_P_IPV6: ip6++; break;
                case ETHERTYPE_XDP: xdp++; break;
                default: other++;
            }
            for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
                    struct timespec t;
                    memcpy(&t, CMSG_DATA(c), sizeof t);
                    last = (unsigned long long)t.tv_sec * 1000000000ull + t.tv_nsec;
                }
            }
        }
        if (fds[1].revents & (POLLIN | POLLHUP)) {
            char line[64];
            if (read(0, line, sizeof line) <= 0) { return 0; }
            struct tpacket_stats stats = {0, 0};
            socklen_t length = sizeof stats;
            getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &stats, &length);
            printf("frames %lu ip %lu arp %lu ipv6 %lu xdp %lu other %lu last %llu dropped %u\n", frames, ip, arp, ip6, xdp, other, last, stats.tp_drops);
            fflush(stdout);
            frames = ip = arp = ip6 = xdp = other = 0;
            last = 0;
        }
    }
}
