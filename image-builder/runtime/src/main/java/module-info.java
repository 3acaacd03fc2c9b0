/** Build-time tools: put the runtime tree together, measure it. Not part of the tree. */
module omni.runtime {
    requires omni.api;
    requires omni.bus;
    requires omni.device;
    requires omni.role;
    requires static org.jspecify;
}
