/** The engine role: models, and text from them. */
module omni.engine {
    requires omni.device;
    requires omni.gguf;
    requires omni.llama;
    requires transitive omni.bus;
    requires transitive omni.role;
    requires tools.jackson.databind;
    requires static org.jspecify;

    exports omni.engine;

    opens omni.engine to
            omni.role;

    provides omni.role.Role with
            omni.engine.EngineRole;
}
