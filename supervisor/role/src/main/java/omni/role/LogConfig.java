package omni.role;

/** Table {@code [log]}: what the structured logs hold. */
record LogConfig(
        @Key(doc = "Least serious log line that is written.", def = "info")
        Level level) {
    static final Section<LogConfig> SECTION = Section.of("log", LogConfig.class);

    /** How serious a line is, in rising order. */
    enum Level {
        DEBUG,
        INFO,
        WARNING,
        ERROR
    }
}
