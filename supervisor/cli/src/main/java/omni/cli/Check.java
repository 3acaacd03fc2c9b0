package omni.cli;

/**
 * What {@code omni doctor} found out about one thing.
 *
 * @param name the thing
 * @param ok whether it is as it should be
 * @param detail what was found
 * @param fix the command or change that mends it; empty where it is ok
 */
record Check(String name, boolean ok, String detail, String fix) {
    static Check ok(String name, String detail) {
        return new Check(name, true, detail, "");
    }

    static Check missing(String name, String detail, String fix) {
        return new Check(name, false, detail, fix);
    }
}
