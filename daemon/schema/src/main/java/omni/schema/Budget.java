package omni.schema;

/**
 * What is left of {@link Limits#STEPS} for one schema: whatever can take long for it spends some, so that neither its time
 * nor its memory depends on what a stranger thinks of. For one thread.
 *
 * <p>A step is some 0.25 µs of one core at most; all of them about a second on a slow one.
 */
final class Budget {
    private final long steps;
    private long spent;

    Budget(long steps) {
        this.steps = steps;
    }

    /**
     * Spends so many steps.
     *
     * @throws SchemaException if there are not so many left
     */
    void spend(long count) {
        spent += count;
        if (spent > steps) {
            throw new SchemaException(
                    "#",
                    "",
                    "The schema is too complex: its grammar takes more than " + steps
                            + " steps. Use fewer choices, fewer combinations and shorter patterns.");
        }
    }

    /** Steps so far. */
    long spent() {
        return spent;
    }
}
