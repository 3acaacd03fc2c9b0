package omni.bus;

import java.time.Duration;

/**
 * What a server or client takes at most.
 *
 * @param messageBytesMax bytes of one message, its NUL not counted
 * @param nestingMax depth of objects and arrays in one message
 * @param pendingCallsMax calls of one connection that wait behind the one being answered
 * @param connectionsMax open connections: of a server to it, of a client from its pool
 * @param idle how long a connection may lie without progress before it is closed
 */
public record BusLimits(int messageBytesMax, int nestingMax, int pendingCallsMax, int connectionsMax, Duration idle) {
    private static final int BYTES_A_TOKEN = 16;
    private static final int TOKENS_MIN = 1024;

    /** Refuses what is not positive. */
    public BusLimits {
        if (messageBytesMax < 1 || nestingMax < 1 || pendingCallsMax < 1 || connectionsMax < 1) {
            throw new IllegalArgumentException("Every bus limit is at least 1");
        }
        if (!idle.isPositive()) {
            throw new IllegalArgumentException("The idle limit is above zero");
        }
    }

    /**
     * Values, names and brackets that one message may hold: one for each 16 of its bytes, so that what a message becomes
     * in memory stays in proportion to it. (An empty object takes 3 bytes on the wire and 80 in memory.) Small messages
     * may hold 1024.
     */
    public int tokensMax() {
        return Math.max(TOKENS_MIN, messageBytesMax / BYTES_A_TOKEN);
    }

    /** 8 MiB, 64 deep, 32 waiting, 1024 connections, 5 minutes. */
    public static BusLimits defaults() {
        return new BusLimits(8 << 20, 64, 32, 1024, Duration.ofMinutes(5));
    }

    /** These with another size of message. */
    public BusLimits withMessageBytesMax(int bytes) {
        return new BusLimits(bytes, nestingMax, pendingCallsMax, connectionsMax, idle);
    }

    /** These with another depth. */
    public BusLimits withNestingMax(int depth) {
        return new BusLimits(messageBytesMax, depth, pendingCallsMax, connectionsMax, idle);
    }

    /** These with another number of waiting calls. */
    public BusLimits withPendingCallsMax(int calls) {
        return new BusLimits(messageBytesMax, nestingMax, calls, connectionsMax, idle);
    }

    /** These with another number of connections. */
    public BusLimits withConnectionsMax(int connections) {
        return new BusLimits(messageBytesMax, nestingMax, pendingCallsMax, connections, idle);
    }

    /** These with another idle time. */
    public BusLimits withIdle(Duration time) {
        return new BusLimits(messageBytesMax, nestingMax, pendingCallsMax, connectionsMax, time);
    }
}
