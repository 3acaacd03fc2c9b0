package omni.vault;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.List;

/** What a snapshot has in it. For one thread. */
final class BackupReader {
    private final BackupTarget target;
    private final Snapshot snapshot;
    private final BackupCipher cipher;

    private BackupReader(BackupTarget target, Snapshot snapshot, BackupCipher cipher) {
        this.target = target;
        this.snapshot = snapshot;
        this.cipher = cipher;
    }

    /** Of the snapshot of that name. */
    static BackupReader of(BackupTarget target, String name, DataKeys keys) throws IOException {
        return new BackupReader(target, target.read(name, keys), target.cipher(name, keys));
    }

    Snapshot snapshot() {
        return snapshot;
    }

    /**
     * What is in one of its chunks.
     *
     * @throws VaultException MISSING or DAMAGED
     */
    byte[] chunk(String name) throws IOException {
        Bytes key = snapshot.chunkKeys().get(name);
        if (key == null) {
            throw new VaultException(
                    VaultException.Reason.DAMAGED, "The snapshot " + snapshot.name() + " lacks the key of a chunk.");
        }
        byte[] sealed;
        try {
            sealed = target.store().get(name);
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) { // a disk that fails there
            throw new VaultException(VaultException.Reason.DAMAGED, "The chunk " + name + " cannot be read.", e);
        }
        return cipher.openChunk(key.array(), name, sealed);
    }

    /** FAILED where the backups have gone meanwhile: what could not be read then is not damaged. */
    void requireThere() throws IOException {
        target.requireThere();
    }

    /** What is in these chunks, one behind the other. */
    Joined content(List<String> chunks) {
        return new Joined(chunks.iterator());
    }

    /** Chunks, one behind the other. */
    final class Joined extends InputStream {
        private final Iterator<String> chunks;
        private int opened;
        private InputStream now = new ByteArrayInputStream(new byte[0]);

        private Joined(Iterator<String> chunks) {
            this.chunks = chunks;
        }

        /** How many of the chunks it has come to, also where one could not be read. */
        int opened() {
            return opened;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int count = now.read(into, from, length);
            while (count < 0 && chunks.hasNext()) {
                opened++;
                now = new ByteArrayInputStream(chunk(chunks.next()));
                count = now.read(into, from, length);
            }
            return count;
        }
    }
}
