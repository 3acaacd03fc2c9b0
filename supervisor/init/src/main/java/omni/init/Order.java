package omni.init;

/** What the tree wants done, in this order. */
sealed interface Order {
    /** Start a process of that role under that instance. */
    record Launch(RoleSpec role, String instance) implements Order {}

    /** Ask the process to stop in order. */
    record Terminate(String instance) implements Order {}

    /** Kill the process and all it has started. */
    record Kill(String instance) implements Order {}

    /** Something worth a log line, and where somebody watches, a line on the terminal. */
    record Tell(String role, boolean bad, String line) implements Order {}

    /** Every process has ended. Nothing follows. */
    record Finish(Outcome outcome) implements Order {}

    /** How a tree ended: failed is the restart budget used up, and reason says by whom. */
    record Outcome(boolean failed, String reason) {}
}
