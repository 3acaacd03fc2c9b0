/** Varlink frames, server, client, interface descriptions and the code generator. */
module omni.bus {
    requires transitive tools.jackson.databind;
    requires static org.jspecify;
    requires jdk.net;

    exports omni.bus;
}
