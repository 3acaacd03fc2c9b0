/**
 * The role that cuts this box off. Start at {@link omni.airgap.AirgapRole}; the heart is {@code Gap}, which closes every
 * network namespace in scope, has it watched, and opens it again for a person at the box.
 *
 * <p>Closing is three things in each namespace, each read back from the kernel: every link down by one datagram ({@code
 * Links}, rtnetlink), everything dropped by two tables that belong to no process ({@code DropTable}, nfnetlink), and the
 * sockets that reach out destroyed ({@code SocketDiag}, sock_diag). What is closed is kept by the kernel and by two files
 * ({@code GapStore}), never by this process: killing it opens nothing. {@code Factors} judges who may lift.
 *
 * <p>Threads. {@code Gap.lock} is held for the length of an engage, a check or a lift; the first datagrams of an engage,
 * and the corrections of {@code Watch}, wait for no lock. A netlink socket takes one request at a time. Entering a
 * namespace is for a thread of its own, for it never comes back.
 *
 * <p>A {@code Census} is collected here and read by a child process without rights ({@code ResidentParser}, {@code CensusMain}).
 *
 * <p>On macOS the same three things are done to the one stack of the machine by programs of the system ({@code MacWard}),
 * untested on hardware; what follows is about Linux.
 *
 * <p>Limits: the rights to enter namespaces and to change them (CAP_SYS_ADMIN, CAP_NET_ADMIN). Formats: netlink(7),
 * rtnetlink(7), sock_diag(7), and the headers that {@code omni.airgap.raw} is made of.
 */
@NullMarked
package omni.airgap;

import org.jspecify.annotations.NullMarked;
