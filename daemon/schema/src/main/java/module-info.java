/** JSON Schema to grammars. */
module omni.schema {
    requires transitive tools.jackson.databind;
    requires static org.jspecify;

    exports omni.schema;
}
