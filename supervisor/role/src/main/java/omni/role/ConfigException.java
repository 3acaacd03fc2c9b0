package omni.role;

import java.util.List;

/** {@code omni.toml} cannot be used as it stands; every problem found is named, one a line. */
public final class ConfigException extends RoleException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    ConfigException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems), null);
        this.problems = List.copyOf(problems);
    }

    /** What is wrong, in the order found: at least one sentence, each with the way out. */
    public List<String> problems() {
        return problems;
    }
}
