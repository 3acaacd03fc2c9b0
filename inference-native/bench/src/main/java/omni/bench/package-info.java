/**
 * JMH benchmarks: one class for each thing measured, each beside a baseline that runs in the same JVM fork.
 *
 * <p>No part of the runtime. The entry is JMH's own main class; the README has the command. Every state object belongs
 * to the thread or the trial that JMH gives it to. Figures of one machine are not comparable with those of another, nor
 * with those of the same machine under load.
 */
@NullMarked
package omni.bench;

import org.jspecify.annotations.NullMarked;
