package omni.engine;

/**
 * How often a model came into memory and left it, since the engine started.
 *
 * @param loadMillis of all loads together
 */
record ModelCounts(
        long loads, long loadsFailed, double loadMillis, long evictedIdle, long evictedForRoom, long unloaded) {
    static final ModelCounts NONE = new ModelCounts(0, 0, 0, 0, 0, 0);

    /** Why a model leaves memory while the engine goes on. */
    enum Leaves {
        IDLE,
        ROOM,
        ASKED
    }

    /** With one more load, which took so long. */
    ModelCounts loaded(double millis) {
        return new ModelCounts(loads + 1, loadsFailed, loadMillis + millis, evictedIdle, evictedForRoom, unloaded);
    }

    ModelCounts failed() {
        return new ModelCounts(loads, loadsFailed + 1, loadMillis, evictedIdle, evictedForRoom, unloaded);
    }

    ModelCounts left(Leaves why) {
        return switch (why) {
            case IDLE -> new ModelCounts(loads, loadsFailed, loadMillis, evictedIdle + 1, evictedForRoom, unloaded);
            case ROOM -> new ModelCounts(loads, loadsFailed, loadMillis, evictedIdle, evictedForRoom + 1, unloaded);
            case ASKED -> new ModelCounts(loads, loadsFailed, loadMillis, evictedIdle, evictedForRoom, unloaded + 1);
        };
    }
}
