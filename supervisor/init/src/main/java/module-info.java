/** The supervision tree. */
module omni.init {
    requires omni.cli;
    requires transitive omni.role;
    requires info.picocli;
    requires static org.jspecify;
    requires jdk.unsupported;
    requires org.apache.commons.daemon;
    requires org.jline.terminal;

    exports omni.init to
            org.apache.commons.daemon;

    opens omni.init to
            info.picocli;

    provides omni.cli.Subcommand with
            omni.init.UnitsCommand,
            omni.init.Up;
}
