package omni.bus;

/**
 * Who is on the other side of a connection, as the kernel told on accept.
 *
 * @param user the user's name, or the uid in decimal if it has none
 * @param group the group's name, or the gid in decimal if it has none
 */
public record Peer(String user, String group) {}
