package omni.engine;

import java.util.regex.Pattern;

/** What a model may be called: 1 to 64 letters, digits, dots, dashes, underscores or colons, and not "default". */
final class ModelName {
    static final int LENGTH_MAX = 64;
    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0," + (LENGTH_MAX - 1) + "}");
    private static final Pattern IMPROPER = Pattern.compile("[^A-Za-z0-9._:-]+");

    private ModelName() {}

    static boolean isValid(String name) {
        return VALID.matcher(name).matches() && !name.equals("default");
    }

    /** Returns the name, or says what a name may be. */
    static String checked(String name) {
        if (!isValid(name)) {
            throw new EngineException.Invalid(
                    "name",
                    "A name has 1 to 64 letters, digits, dots, dashes, underscores or colons,"
                            + " begins with a letter or digit, and is not \"default\".");
        }
        return name;
    }

    /** Makes a name of a file's name: without ".gguf", other characters as dashes, cut to length. */
    static String ofFile(String fileName) {
        String stem = fileName.endsWith(".gguf") ? fileName.substring(0, fileName.length() - 5) : fileName;
        String name = IMPROPER.matcher(stem).replaceAll("-").replaceAll("^[^A-Za-z0-9]+", "");
        name = name.length() > LENGTH_MAX ? name.substring(0, LENGTH_MAX) : name;
        return isValid(name) ? name : "model";
    }
}
