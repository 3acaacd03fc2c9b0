/** What a role is made of. */
module omni.role {
    requires transitive omni.bus;
    requires java.logging;
    requires static org.jspecify;
    requires tools.jackson.dataformat.toml;

    exports omni.role;

    uses omni.role.Role;
}
