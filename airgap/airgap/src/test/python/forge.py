"""Plays the kernel to every netlink socket of its network namespace, as fast as it can: a link message without a body, the end of a
list, an error, to each socket's number and to the groups for links and nftables. Prints "ready" when it begins."""
import socket, struct

RTM_NEWLINK, NLMSG_ERROR, NLMSG_DONE, NFT_DELTABLE = 16, 2, 3, (10 << 8) | 2
FAMILIES = (socket.NETLINK_ROUTE, 4, 12)  # links, sock_diag, netfilter


def message(kind, body=b""):
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


MESSAGES = [message(RTM_NEWLINK), message(NLMSG_DONE, b"\0" * 4), message(NLMSG_ERROR, b"\0" * 20), message(NLMSG_ERROR),
            message(NFT_DELTABLE), b"short"]


def main():
    sockets = {family: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family) for family in FAMILIES}
    for s in sockets.values():
        s.bind((0, 0))
        s.setblocking(False)
    own = {s.getsockname()[0] for s in sockets.values()}
    print("ready", flush=True)
    while True:
        with open("/proc/net/netlink") as table:
            rows = [line.split() for line in table][1:]
        for row in rows:
            family, number = int(row[1]), int(row[2])
            if family in sockets and number not in own:
                for data in MESSAGES:
                    for groups in (0, 1, 1 << 6, 1 << 27):
                        try:
                            sockets[family].sendto(data, (0 if groups else number, groups))
                        except OSError:
                            pass  # refused, as it should be, or full


main()
