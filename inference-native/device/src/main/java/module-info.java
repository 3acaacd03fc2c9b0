/** What hardware is here, and what it is good for. */
module omni.device {
    requires transitive tools.jackson.databind;
    requires static org.jspecify;

    exports omni.device;
}
