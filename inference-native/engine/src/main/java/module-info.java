/** The engine role. */
module omni.engine {
    requires omni.llama;
    requires transitive omni.role;
    requires static org.jspecify;

    exports omni.engine;
}
