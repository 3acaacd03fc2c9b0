package omni.fetch;

import java.util.function.Consumer;

/**
 * Who waits for an answer from the network.
 *
 * @param cancellation tells that the answer is no longer wanted
 * @param note is told what is being waited for; the empty text: for nothing out of the ordinary
 */
record Asker(Cancellation cancellation, Consumer<String> note) {}
