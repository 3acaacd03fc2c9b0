/** The role that cuts this box off: links, packet filter, sockets, and the proof of it. */
module omni.airgap {
    requires transitive omni.bus;
    requires transitive omni.role;
    requires omni.tpm;
    requires jdk.unsupported;
    requires com.google.crypto.tink;
    requires tools.jackson.databind;
    requires static org.jspecify;

    exports omni.airgap;

    opens omni.airgap to
            omni.role;

    provides omni.role.Role with
            omni.airgap.AirgapRole;
}
