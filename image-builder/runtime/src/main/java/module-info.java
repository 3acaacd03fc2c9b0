/** Build-time tools: put the runtime tree together, measure it. Not part of the tree. */
module omni.runtime {
    requires static org.jspecify;
}
