/** The supervision tree. */
module omni.init {
    requires omni.cli;
    requires transitive omni.role;
    requires info.picocli;
    requires static org.jspecify;
}
