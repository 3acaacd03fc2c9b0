package omni.bus;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * Who may connect: the server's own user, root, and users named by the owner.
 *
 * <p>The kernel's word (SO_PEERCRED, unix(7)) is compared as uid: the JDK's principals of users are equal when their
 * uids are, whatever the names.
 */
final class Admission {
    private final Credentials credentials;
    private final Set<UserPrincipal> allowed;

    /** Asks who is on the other side. */
    @FunctionalInterface
    interface Credentials {
        UnixDomainPrincipal of(SocketChannel channel) throws IOException;
    }

    /** The kernel's credentials. */
    static UnixDomainPrincipal kernel(SocketChannel channel) throws IOException {
        return channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
    }

    /**
     * The rule for a server.
     *
     * @param own a file that the server's user made
     * @param names further users, each a name or a uid in decimal
     * @throws IOException if there is no such user
     */
    Admission(Credentials credentials, Path own, Set<String> names) throws IOException {
        this.credentials = credentials;
        UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
        var principals = new HashSet<UserPrincipal>();
        principals.add(Files.getOwner(own));
        principals.add(users.lookupPrincipalByName("0"));
        for (String name : names) {
            principals.add(users.lookupPrincipalByName(name));
        }
        allowed = Set.copyOf(principals);
    }

    /** Who connected, and whether it may. */
    record Verdict(Peer peer, boolean admitted) {}

    Verdict judge(SocketChannel channel) throws IOException {
        UnixDomainPrincipal principal = credentials.of(channel);
        var peer = new Peer(principal.user().getName(), principal.group().getName(), Optional.empty());
        return new Verdict(peer, allowed.contains(principal.user()));
    }
}
