package omni.runtime;

/** What a test could not look at here, in a line that {@code .ci/run} repeats at its end: no check is left out without a word. */
final class NotChecked {
    private NotChecked() {}

    static void say(String what) {
        System.out.println("NOT CHECKED: " + what);
    }
}
