/**
 * The runtime tree: what a box, or {@code supervisor/bin/omni} in a checkout, starts.
 *
 * <p>{@link omni.runtime.Assemble} is run by the build's {@code package} phase and writes {@code target/omni}:
 *
 * <pre>
 * bin/omni            the start script
 * lib/*.jar           every module that runs, once, with its libraries
 * native/             llama.cpp and ggml for this platform
 * seed/               the embedded model and its card
 * share/completions/  for bash, zsh and fish
 * omni.jsa, cli.jsa   archives of the classes that the roles and the command load (CDS)
 * SHA256SUMS          of every file above, for omni doctor
 * LICENSE, stamp
 * </pre>
 *
 * <p>The same sources give the same bytes: names are sorted, times fixed. The tools are single-threaded programs that end
 * with exit code 1 and one sentence where something is missing. Nothing here is part of the tree.
 */
@NullMarked
package omni.runtime;

import org.jspecify.annotations.NullMarked;
