package omni.engine;

/** What tests of the decode loop share: its thread, and an answer that is read to its end. */
final class Loops {
    private Loops() {}

    /** Runs it on a thread of its own until it is closed. */
    static Thread start(DecodeLoop loop) {
        return Thread.ofPlatform().start(() -> {
            try {
                loop.run();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The whole text of an answer. */
    static String read(Generation request) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        end(request, text);
        return text.toString();
    }

    /** Adds an answer's text, and returns its last chunk. */
    static Outbox.Chunk end(Generation request, StringBuilder text) throws InterruptedException {
        while (true) {
            Outbox.Chunk chunk = request.outbox.take();
            text.append(chunk.text());
            if (chunk.finish() != null) {
                return chunk;
            }
        }
    }
}
