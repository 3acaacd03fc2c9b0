package omni.airgap;

import java.util.List;

/** Runs programs of the system, each by its absolute path and without a shell. For any thread. */
@FunctionalInterface
interface Programs {
    /**
     * Runs it to its end.
     *
     * @param input what it reads from standard input
     * @throws AirgapException where it cannot be started, or goes past one of its bounds
     */
    Answer run(Program program, List<String> arguments, String input) throws AirgapException;

    /** The same with nothing to read, and an exit status of 0 or a failure. */
    default Answer ask(Program program, String... arguments) throws AirgapException {
        return tell(program, "", arguments);
    }

    /** The same with an exit status of 0 or a failure. */
    default Answer tell(Program program, String input, String... arguments) throws AirgapException {
        Answer answer = run(program, List.of(arguments), input);
        if (answer.exit() != 0) {
            throw new AirgapException(program.path() + " " + String.join(" ", arguments) + " failed with status "
                    + answer.exit() + ": " + shown(answer.complaint() + " " + answer.output()));
        }
        return answer;
    }

    /**
     * What a program said.
     *
     * @param exit its exit status
     * @param output its standard output
     * @param complaint its standard error
     */
    record Answer(int exit, String output, String complaint) {
        /** The lines of its output that hold something. */
        List<String> lines() {
            return output.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        }
    }

    /** Foreign text for a message: short, in one line, and without what moves a cursor. */
    static String shown(String text) {
        String line = text.replaceAll("[^\\p{Graph} ]+", " ").strip();
        return line.length() <= 200 ? line : line.substring(0, 200) + " …";
    }
}
