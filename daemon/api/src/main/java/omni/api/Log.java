package omni.api;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/** The module's log. Texts are static; no prompt, answer, key, path or header of a client is ever handed in. */
final class Log {
    private static final System.Logger LOGGER = System.getLogger("omni.api");

    private Log() {}

    static void debug(String message, Exception cause) {
        LOGGER.log(DEBUG, message, cause);
    }

    static void debug(String message) {
        LOGGER.log(DEBUG, message);
    }

    static void info(String message) {
        LOGGER.log(INFO, message);
    }

    static void warning(String message) {
        LOGGER.log(WARNING, message);
    }

    static void error(String message, Exception cause) {
        LOGGER.log(ERROR, message, cause);
    }
}
