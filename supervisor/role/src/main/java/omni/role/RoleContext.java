package omni.role;

import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import omni.bus.BusClient;

/** What a role is given by the process it lives in. Every method may be called from any thread. */
public interface RoleContext {
    /** {@code OMNI_HOME}: the owner's state. */
    Path home();

    /** {@code OMNI_RUN}: where the sockets are. */
    Path runDir();

    /** {@code OMNI_APP}: the program's own files, read only. */
    Path app();

    /**
     * The record of that section.
     *
     * @throws IllegalArgumentException where no installed role has the section
     */
    <T extends Record> T config(Section<T> section);

    /** Shows one line of at most 200 characters in {@code omni status}; the empty text takes it away. */
    void note(String oneLine);

    /** The client for another role's socket; always the same one for a name. It connects when it is first used. */
    BusClient peer(String role);

    /**
     * The client for another role's socket that proves on each connection who this process is, and has the other prove that it is of
     * the same run; always the same one for a name. Without a credential it is {@link #peer}.
     */
    BusClient provenPeer(String role);

    /** Whether this process can prove who it is, and have others prove it; not where it was started by hand. */
    boolean hasCredential();

    /** Logs the reason and ends the process with exit code 70: for what the role cannot live without. */
    void fail(String reason, Throwable cause);

    /** Ends the process in order, with exit code 0: for a role on demand that nobody wants anything of. Returns at once. */
    void rest();

    /**
     * Ends the process at once with exit code 0, whatever it is at: for a role that holds what is to be gone now. Does not
     * return.
     */
    void vanish();

    /**
     * The socket that listens already for this process and those of this role that were and will be; nothing where none was
     * given. Not to be closed: clients who come while there is no process wait in it, and closing it closes the log, too.
     */
    default Optional<ServerSocketChannel> listener() {
        return Optional.empty();
    }

    /** The random name of this run of the tree, the same in all its processes. */
    String tree();
}
