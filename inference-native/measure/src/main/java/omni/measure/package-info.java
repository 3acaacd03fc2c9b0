/**
 * Measures servers that speak OpenAI's HTTP API, one or two in turns, as a client sees them: how fast an answer is written and a
 * prompt read, when the first piece of text comes, what becomes of that with many clients, beside a busy program, with a prompt
 * that begins as the one before, and when models take turns.
 *
 * <p>Entry is {@link omni.measure.Bench}: a {@link omni.measure.Plan} and one or two {@link omni.measure.Target}s go in, {@link
 * omni.measure.Results} come out, which {@link omni.measure.Report} writes into a folder. A run is made by one thread; {@link
 * omni.measure.Bench#stop} may be called by any other, and what was measured until then remains.
 *
 * <p>What a server sends is a stranger's: lines, bodies, pieces and times are bounded, and its texts are escaped in reports. It
 * knows nothing of Omni's other modules; it connects to nobody but the targets that it is given, and follows no redirect.
 */
@NullMarked
package omni.measure;

import org.jspecify.annotations.NullMarked;
