/** Chat templates. */
module omni.template {
    requires transitive tools.jackson.databind;
    requires static org.jspecify;

    exports omni.template;
}
