package omni.vault;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import omni.vault.VaultException.Reason;

/** The lines of an audit log one after the other, from its store or from an exported file. For one thread at a time. */
interface AuditLines {
    /** The next one. */
    Optional<AuditRow> next() throws VaultException;

    /** All that are in the store from that number up, a few hundred in memory. */
    static AuditLines of(AuditStore store, long from) {
        return new Pages(store, from);
    }

    /** Those of them up to that number. */
    default AuditLines until(long last) {
        return () -> next().filter(row -> row.number() <= last);
    }

    /** All in a file as {@link #export} writes it. A line that cannot be read stands where it stands. */
    static AuditLines of(InputStream file) {
        return new Export(file);
    }

    /** Writes all lines, each with a line feed. */
    static void export(AuditStore store, OutputStream to) throws VaultException {
        AuditLines lines = of(store, 1);
        try {
            for (Optional<AuditRow> row = lines.next(); row.isPresent(); row = lines.next()) {
                to.write((row.get().line() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            to.flush();
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The audit log could not be exported.", e);
        }
    }

    /** From a store. */
    final class Pages implements AuditLines {
        private static final int PAGE = 256;

        private final AuditStore store;
        private final Queue<AuditRow> page = new ArrayDeque<>();
        private long next;

        private Pages(AuditStore store, long from) {
            this.store = store;
            this.next = from;
        }

        @Override
        public Optional<AuditRow> next() throws VaultException {
            if (page.isEmpty()) {
                page.addAll(store.read(next, PAGE));
            }
            Optional<AuditRow> row = Optional.ofNullable(page.poll());
            row.ifPresent(read -> next = read.number() + 1);
            return row;
        }
    }

    /** From a file. */
    final class Export implements AuditLines {
        private final InputStream in;
        private long number;

        private Export(InputStream in) {
            this.in = new BufferedInputStream(in);
        }

        @Override
        public Optional<AuditRow> next() throws VaultException {
            Optional<String> line;
            try {
                line = line();
            } catch (IOException e) {
                throw new VaultException(Reason.FAILED, "The exported audit log cannot be read.", e);
            }
            if (line.isEmpty()) {
                return Optional.empty();
            }
            number = numberOf(line.get());
            return Optional.of(new AuditRow(number, line.get()));
        }

        private long numberOf(String line) {
            try {
                return AuditLine.read(line).number();
            } catch (VaultException e) {
                return number + 1; // the check tells what is wrong with it
            }
        }

        /** Up to the line feed; of a line that is too long, its beginning, which is too long as well. */
        private Optional<String> line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            int next = in.read();
            if (next < 0) {
                return Optional.empty();
            }
            for (; next >= 0 && next != '\n'; next = in.read()) {
                if (line.size() <= AuditJson.LINE_BYTES_MAX) {
                    line.write(next);
                }
            }
            return Optional.of(line.toString(StandardCharsets.UTF_8));
        }
    }
}
