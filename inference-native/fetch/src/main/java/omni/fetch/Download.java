package omni.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.fetch.FetchProtocol.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Fetches one file in parts, several at a time, each over a connection of its own. A part that fails is asked for again
 * from where it stopped; a server that knows no ranges is read from the beginning in one piece.
 *
 * <p>{@link #run} is called once. Its threads are virtual, one a connection; each owns one part at a time. The first
 * failure that cannot be mended ends the others.
 */
final class Download {
    private static final int BLOCK_BYTES = 128 << 10;
    /** So much of a part makes earlier failures forgotten. */
    private static final long PROGRESS_BYTES = 1 << 20;

    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final Plan.Item item;
    private final Remote remote;
    private final Journal journal;
    private final int connections;
    private final Patience patience;
    private final Http http;
    private final Meter meter;
    private final Cancellation cancellation;
    private final Cancellation own = new Cancellation();
    private final AtomicReference<Optional<String>> version;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    /** The server sends the whole file whatever is asked for. */
    private static final class NoRanges extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    Download(
            Http http,
            Plan.Item item,
            Authorizer authorizer,
            Journal journal,
            int connections,
            Meter meter,
            Cancellation cancellation) {
        this.http = http;
        this.item = item;
        this.remote = new Remote(http, item.uri(), authorizer);
        this.journal = journal;
        this.connections = connections;
        this.patience = http.patience();
        this.meter = meter;
        this.cancellation = cancellation;
        // A word of our own about the version is none that the server knows.
        this.version = new AtomicReference<>(item.validator().filter(text -> !text.startsWith("commit:")));
    }

    /** Returns when every byte is written and lasts. */
    void run() {
        try (Cancellation.Hold _ = cancellation.onCancel(own::cancel)) {
            try {
                parts();
            } catch (NoRanges _) {
                inOnePiece();
            }
        }
        cancellation.check();
    }

    private void parts() {
        AtomicInteger next = new AtomicInteger();
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(connections, journal.parts()); i++) {
            workers.add(Thread.ofVirtual().name("part-" + i).start(() -> work(next)));
        }
        for (Thread worker : workers) {
            boolean interrupted = false;
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException _) {
                    own.cancel();
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    private void work(AtomicInteger next) {
        try {
            for (int part = next.getAndIncrement(); part < journal.parts(); part = next.getAndIncrement()) {
                part(part);
            }
        } catch (RuntimeException e) {
            if (failure.compareAndSet(null, e)) {
                own.cancel();
            }
        }
    }

    private void part(int part) {
        int failures = 0;
        while (!journal.isWhole(part)) {
            long before = journal.done(part);
            Again failed;
            try {
                range(part);
                failed = new Again("the connection ended early");
            } catch (Again e) {
                failed = e;
            } catch (IOException e) {
                own.check();
                failed = Patience.again(e);
            }
            if (!journal.isWhole(part)) {
                failures = journal.done(part) - before >= PROGRESS_BYTES ? 1 : failures + 1;
                patience.pause(failures, failed, own, meter::note);
            }
        }
    }

    private void range(int part) throws IOException, Again {
        long from = journal.start(part) + journal.done(part);
        long to = journal.start(part) + journal.length(part) - 1;
        Optional<String> ifRange = version.get();
        try (Answer answer = remote.open(from, to, ifRange, own)) {
            plain(answer);
            switch (answer.status()) {
                case 206 -> {
                    checkVersion(answer, ifRange);
                    checkRange(answer, from, to);
                }
                case 200 -> {
                    checkVersion(answer, ifRange);
                    checkLength(answer);
                    if (from != 0 || journal.parts() > 1) {
                        throw new NoRanges();
                    }
                }
                case 416 -> throw content("has fewer bytes than the source announced");
                default -> throw answer.refusal("file", http.clock());
            }
            if (ifRange.isEmpty()) {
                version.compareAndSet(Optional.empty(), answer.validator());
            }
            copy(answer.body(), part, to + 1 - from);
        }
    }

    private static void plain(Answer answer) {
        String coding = answer.header("Content-Encoding").orElse("identity");
        if (answer.status() < 300 && !coding.equals("identity")) {
            throw new FetchException(
                    Reason.REFUSED, Address.host(answer.uri()) + " sends the file in a coding that was not asked for.");
        }
    }

    /**
     * Another version than before is no continuation. Where the SHA-256 is known it may yet be the same bytes under another
     * name, as the servers of one network give it: then the name is dropped.
     */
    private void checkVersion(Answer answer, Optional<String> expected) throws Again {
        Optional<String> now = answer.validator();
        if (expected.isEmpty() || now.isEmpty() || now.equals(expected)) {
            return;
        }
        if (item.sha256().isEmpty()) {
            throw new FetchException(
                    Reason.CONTENT, "The file has changed at its source while it was fetched: pull it again.");
        }
        if (answer.status() == 200) {
            version.set(Optional.empty());
            throw new Again("the server names another version");
        }
    }

    private void checkRange(Answer answer, long from, long to) throws Again {
        Matcher range = RANGE.matcher(answer.header("Content-Range").orElse(""));
        if (!range.matches()) {
            throw content("comes without the place of its bytes");
        }
        long first = number(range.group(1));
        long last = number(range.group(2));
        if (first != from || last > to || last < first) {
            throw content("comes with other bytes than were asked for");
        }
        if (!String.valueOf(range.group(3)).equals("*") && number(range.group(3)) != item.bytes()) {
            throw length(number(range.group(3)));
        }
    }

    private void checkLength(Answer answer) throws Again {
        OptionalLong length = answer.length();
        if (length.isPresent() && length.getAsLong() != item.bytes()) {
            throw length(length.getAsLong());
        }
    }

    private static long number(@Nullable String digits) {
        return Long.parseLong(String.valueOf(digits));
    }

    private Again length(long told) {
        return content("has " + told + " bytes, and the source announced " + item.bytes());
    }

    private Again content(String what) {
        return new Again(Reason.CONTENT, item.name() + " " + what, Duration.ZERO);
    }

    /** Writes at most {@code most} bytes of a body; a body that ends before leaves the part unfinished. */
    private void copy(InputStream body, int part, long most) throws IOException {
        // What a kill loses is less than an interval and a block for each connection: together at most a part.
        long interval = Math.max(1, journal.length(0) / (2L * connections));
        byte[] block = new byte[(int) Math.min(BLOCK_BYTES, interval)];
        long left = most;
        long lasting = 0;
        try {
            while (left > 0) {
                int got = body.read(block, 0, (int) Math.min(block.length, left));
                if (got < 0) {
                    return;
                }
                own.check();
                write(part, ByteBuffer.wrap(block, 0, got));
                left -= got;
                lasting += got;
                meter.add(got);
                if (lasting >= interval) {
                    checkpoint(part);
                    lasting = 0;
                }
            }
        } finally {
            if (lasting > 0) {
                checkpoint(part);
            }
        }
    }

    private void write(int part, ByteBuffer block) {
        try {
            journal.append(part, block);
        } catch (IOException e) {
            throw disk(e);
        }
    }

    private void checkpoint(int part) {
        try {
            journal.checkpoint(part);
        } catch (IOException e) {
            throw disk(e);
        }
    }

    static FetchException disk(IOException e) {
        var failed = new FetchException(
                Reason.SPACE, "The disk does not take the file (" + e.getMessage() + "): what has come is kept.");
        failed.initCause(e);
        return failed;
    }

    /** Reads the file from its beginning; every attempt begins there. */
    private void inOnePiece() {
        Cancellation all = cancellation;
        int failures = 0;
        while (true) {
            restart();
            Again failed;
            try (Answer answer = remote.open(0, item.bytes() - 1, Optional.empty(), all)) {
                plain(answer);
                if (answer.status() != 200 && answer.status() != 206) {
                    throw answer.refusal("file", http.clock());
                }
                checkVersion(answer, version.get());
                if (answer.status() == 200) {
                    checkLength(answer);
                } else {
                    checkRange(answer, 0, item.bytes() - 1);
                }
                if (whole(answer.body(), all)) {
                    return;
                }
                failed = new Again("the connection ended early");
            } catch (Again e) {
                failed = e;
            } catch (IOException e) {
                all.check();
                failed = Patience.again(e);
            }
            failures++;
            patience.pause(failures, failed, all, meter::note);
        }
    }

    private void restart() {
        meter.correct(-journal.done());
        try {
            journal.reset();
        } catch (IOException e) {
            throw disk(e);
        }
    }

    private boolean whole(InputStream body, Cancellation all) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        for (int part = 0; part < journal.parts(); part++) {
            while (!journal.isWhole(part)) {
                long left = journal.length(part) - journal.done(part);
                int got = body.read(block, 0, (int) Math.min(block.length, left));
                if (got < 0) {
                    return false;
                }
                all.check();
                write(part, ByteBuffer.wrap(block, 0, got));
                meter.add(got);
            }
            checkpoint(part);
        }
        return true;
    }
}
