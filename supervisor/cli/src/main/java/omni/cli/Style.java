package omni.cli;

/** Colours, or none. Source of the codes: ECMA-48, "select graphic rendition". */
enum Style {
    /** Text as it is. */
    PLAIN,
    /** Text between ECMA-48 codes. */
    ANSI;

    String bold(String text) {
        return paint("1", text);
    }

    String faint(String text) {
        return paint("2", text);
    }

    String green(String text) {
        return paint("32", text);
    }

    String yellow(String text) {
        return paint("33", text);
    }

    String red(String text) {
        return paint("31", text);
    }

    private String paint(String code, String text) {
        return switch (this) {
            case PLAIN -> text;
            case ANSI -> "\u001b[" + code + "m" + text + "\u001b[0m";
        };
    }
}
