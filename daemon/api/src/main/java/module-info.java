/** The daemon role. */
module omni.api {
    requires io.helidon.webserver;
    requires io.helidon.webserver.sse;
    requires omni.engine;
    requires transitive omni.role;
    requires omni.template;
    requires static org.jspecify;

    exports omni.api;
}
