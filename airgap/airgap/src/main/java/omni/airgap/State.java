package omni.airgap;

/**
 * Where the gap stands. Everything but {@link #OPEN} is treated as closed.
 *
 * <pre>
 *             engage              confirmed            lift, granted
 *    OPEN ────────────► ENGAGING ───────────► GAP ─────────────────► LIFTING ──► OPEN
 *                          ▲  │ failed         │ failed or violated     │ lifted
 *                          │  ▼                ▼                        │
 *                          │ BROKEN ◄──────────┘                        │
 *                          └─────── engage, from anywhere ◄─────────────┘ failed
 * </pre>
 */
enum State {
    /** Nothing is closed. */
    OPEN,
    /** The steps are under way. */
    ENGAGING,
    /** Every step is confirmed by reading the kernel back. */
    GAP,
    /** A granted lift is under way. */
    LIFTING,
    /** Closed as far as the kernel allows, but not confirmed: it is tried again and again. */
    BROKEN;

    boolean closed() {
        return this != OPEN;
    }

    /** What happens to the gap. */
    sealed interface Event {}

    /** Somebody wants it closed: a person, the switch, a boot, a process that died in between. */
    record Engage() implements Event {}

    /** All steps are confirmed. */
    record Confirmed() implements Event {}

    /** A step failed, or what was closed is open again. */
    record Failed() implements Event {}

    /** A person at the box wants it open and has shown both factors. */
    record Lift(Grant grant) implements Event {}

    /** What the gap set is taken back. */
    record Lifted(Grant grant) implements Event {}

    /**
     * What follows. Nothing but {@link Lift} and then {@link Lifted}, each with a grant that holds, leads to OPEN; what
     * makes no sense in a state changes nothing.
     */
    State after(Event event) {
        return switch (event) {
            case Engage _ -> ENGAGING;
            case Confirmed _ -> this == ENGAGING || this == BROKEN ? GAP : this;
            case Failed _ -> closed() ? BROKEN : this;
            case Lift lift -> this == GAP && lift.grant().holds() ? LIFTING : this;
            case Lifted lifted -> this == LIFTING && lifted.grant().holds() ? OPEN : this;
        };
    }
}
