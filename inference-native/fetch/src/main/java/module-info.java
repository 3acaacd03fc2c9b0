/** The role that brings models to this machine and sends backups away: the one process that may connect outward until there is a door. */
module omni.fetch {
    requires java.net.http;
    requires jdk.management;
    requires transitive omni.bus;
    requires transitive omni.role;
    requires omni.vault;
    requires org.eclipse.jgit;
    requires tools.jackson.databind;
    requires static org.jspecify;

    exports omni.fetch;

    opens omni.fetch to
            omni.role;

    provides omni.role.Role with
            omni.fetch.FetchRole;
}
