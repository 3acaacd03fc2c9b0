package omni.airgap;

/** Prints what a process is told that may not make its threads urgent, and nothing where it may. */
final class UrgencyMain {
    private UrgencyMain() {}

    public static void main(String[] args) {
        Urgency.limits().ifPresent(System.out::print);
    }
}
