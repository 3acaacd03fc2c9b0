/** What models write, told apart. */
module omni.dialogue {
    requires tools.jackson.core;
    requires static org.jspecify;

    exports omni.dialogue;
}
