/** The daemon role. */
module omni.api {
    requires io.helidon.common.buffers;
    requires io.helidon.common.concurrency.limits;
    requires io.helidon.common.context;
    requires io.helidon.common.socket;
    requires io.helidon.http;
    requires io.helidon.http.encoding;
    requires io.helidon.http.media;
    requires io.helidon.service.registry;
    requires io.helidon.webserver;
    requires io.prometheus.metrics.model;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires omni.airgap;
    requires transitive omni.engine;
    requires transitive omni.fetch;
    requires transitive omni.role;
    requires omni.dialogue;
    requires omni.schema;
    requires omni.template;
    requires omni.vault;
    requires org.bouncycastle.provider;
    requires java.logging;
    requires static org.jspecify;

    exports omni.api;

    opens omni.api to
            omni.role;

    provides omni.role.Role with
            omni.api.DaemonRole;
}
