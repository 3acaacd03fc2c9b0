/*
 * The kernel's own headers of which the raw layer is made. jextract cannot name the nameless structs of linux/socket.h and
 * linux/in.h: the four types that are needed of them stand here.
 */
#define _LINUX_SOCKET_H
#define _LINUX_IN_H
#define _LINUX_IN6_H
typedef unsigned short __kernel_sa_family_t;
struct __kernel_sockaddr_storage { __kernel_sa_family_t ss_family; char data[118]; void *align; };
struct in_addr { unsigned int s_addr; };
struct in6_addr { unsigned int in6_u[4]; };
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/if_link.h>
#include <linux/if.h>
#include <linux/net_namespace.h>
#include <linux/sock_diag.h>
#include <linux/inet_diag.h>
#include <linux/unix_diag.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
