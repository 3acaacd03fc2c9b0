package omni.bus;

import java.util.Optional;

/**
 * Who is on the other side of a connection, as the kernel told on accept, and as it has proved since.
 *
 * @param user the user's name, or the uid in decimal if it has none
 * @param group the group's name, or the gid in decimal if it has none
 * @param role the role of this run of Omni that it has proved to be, on this connection; see {@link Credential}
 */
public record Peer(String user, String group, Optional<String> role) {}
