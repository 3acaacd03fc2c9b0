/** The command "omni". */
module omni.cli {
    requires info.picocli;
    requires omni.airgap;
    requires omni.api;
    requires omni.device;
    requires omni.engine;
    requires omni.fetch;
    requires omni.measure;
    requires omni.vault;
    requires transitive omni.role;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires static org.jspecify;

    exports omni.cli;

    opens omni.cli to
            info.picocli;

    uses omni.cli.Subcommand;
}
