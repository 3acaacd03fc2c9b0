package omni.cli;

/** What {@code omni} tells its caller by its exit code. The numbers are stable; {@code omni --help} lists them. */
public enum ExitCode {
    /** Done. */
    OK(0, "done"),
    /** Something failed; standard error says what. */
    ERROR(1, "it failed; standard error says why"),
    /** The command was written wrongly. */
    USAGE(2, "the command line is wrong"),
    /** No supervisor serves this user's socket. */
    NOT_RUNNING(3, "Omni is not running here"),
    /** Omni runs already, or something else holds its port. */
    TAKEN(4, "Omni runs already, or its port is taken"),
    /** A role understood the request and refused it. */
    REFUSED(5, "the request was understood and refused"),
    /** Omni runs, but what is needed is not ready at the moment. */
    AWAY(6, "Omni runs, but what this needs is not ready: try again"),
    /** Done, but for a part that could not be; the answer names it. */
    INCOMPLETE(7, "done, but for a part that the answer names"),
    /** Ended by Ctrl-C. */
    INTERRUPTED(130, "ended by Ctrl-C");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    /** The number that the process ends with, 0 to 255. */
    public int number() {
        return number;
    }

    /** What it means, in a few words, for the help text. */
    String meaning() {
        return meaning;
    }

    /** The word for it in JSON, such as "not_running". */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
