/** The supervision tree. */
module omni.init {
    requires omni.cli;
    requires transitive omni.role;
    requires info.picocli;
    requires static org.jspecify;
    requires org.jline.terminal;

    opens omni.init to
            info.picocli;

    provides omni.cli.Subcommand with
            omni.init.Up;
}
