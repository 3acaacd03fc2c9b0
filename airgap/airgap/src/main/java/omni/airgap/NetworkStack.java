package omni.airgap;

import java.io.Closeable;
import java.util.List;
import java.util.Map;

/**
 * What the gap closes as one: a network namespace on Linux ({@link Ward}), all of the machine on macOS ({@link MacWard}).
 * {@link #down} is for any thread and waits for no lock of the gap; the rest is called by one thread at a time.
 */
interface NetworkStack extends Closeable {
    /** What it is known by among those of this machine: an inode on Linux; 0 for the machine as a whole. */
    long number();

    /** Takes every link down that is known of: the first thing that an engage does. */
    void down() throws AirgapException;

    /** Takes down what is still up, drops everything, and ends what reaches out; each is read back. */
    void shut(Report report, Gap.Faults faults);

    /** Ends what reaches out; the problems are what is left. */
    List<String> destroySockets() throws AirgapException;

    /** What of the gap does not hold now, a line each. */
    List<String> problems() throws AirgapException;

    /** Whether the gap has left its mark here. */
    boolean marked() throws AirgapException;

    /** Brings up the links that the gap took down; everything is still dropped. */
    void restoreLinks() throws AirgapException;

    /** A name for files about it, which no other stack gets until the machine starts again. */
    default String mark() {
        return Long.toString(number());
    }

    /** What its links would lose now by going down, for {@link #restoreRoutes}; empty where they lose nothing. */
    default byte[] routes() throws AirgapException {
        return new byte[0];
    }

    /**
     * Gives the links back what they lost, after {@link #restoreLinks}.
     *
     * @return what could not be given back, a line each
     */
    default List<String> restoreRoutes(byte[] kept) throws AirgapException {
        return List.of();
    }

    /** Takes the filter away: the last of the three layers. */
    void removeTables() throws AirgapException;

    /**
     * What a link has sent.
     *
     * @param name what it is called now: a name can be given away, and two that are no UTF-8 may read the same
     * @param frames since it was made
     */
    record Sent(String name, long frames) {}

    /** What each link but the loopback has sent, by what it keeps while it is there: its number on Linux, its name on macOS. */
    Map<String, Sent> sentFrames() throws AirgapException;

    @Override
    void close();
}
