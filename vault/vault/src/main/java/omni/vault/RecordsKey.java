package omni.vault;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import omni.vault.VaultException.Reason;

/** Finds the key that a database was written with, and tells a wrong key from a damaged file. */
final class RecordsKey {
    private static final byte[] PLAIN = "SQLite format 3\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    /** So many pages are asked whether they hold under a key, when the first does not. */
    private static final int PAGES_ASKED = 64;

    private RecordsKey() {}

    /**
     * The version of the key for records that opens the file; the newest that does.
     *
     * @throws VaultException DENIED where no page holds under any, DAMAGED where it is no database of the vault
     */
    static int version(Path file, Path journal, DataKeys keys) throws VaultException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] salt = salt(in);
            for (int version = keys.newest(Purpose.RECORDS); version >= keys.oldest(Purpose.RECORDS); version--) {
                if (opens(in, journal, CipherPages.of(keys.key(Purpose.RECORDS, version), salt))) {
                    return version;
                }
            }
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The records cannot be read.", e);
        }
        throw new VaultException(
                Reason.DENIED,
                "The records do not open with this vault's key: they are another vault's, or their first bytes are damaged."
                        + " Put back a copy of records.db and keys.json that belong together.");
    }

    /** The pages of the file under that key, for a check. */
    static CipherPages pages(Path file, MemorySegment key) throws VaultException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            return CipherPages.of(key, salt(in));
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The records cannot be read.", e);
        }
    }

    private static byte[] salt(RandomAccessFile in) throws IOException {
        if (in.length() < CipherPages.PAGE_BYTES) {
            throw new VaultException(Reason.DAMAGED, "The records are cut off: records.db has not even one page.");
        }
        byte[] salt = new byte[CipherPages.SALT_BYTES];
        in.readFully(salt);
        if (Arrays.equals(salt, PLAIN)) {
            throw new VaultException(
                    Reason.DAMAGED, "records.db is a database that is not encrypted: not the vault's.");
        }
        return salt;
    }

    private static boolean opens(RandomAccessFile in, Path journal, CipherPages pages) throws IOException {
        byte[] page = new byte[CipherPages.PAGE_BYTES];
        long count = Math.min(in.length() / CipherPages.PAGE_BYTES, PAGES_ASKED);
        in.seek(0);
        for (long number = 1; number <= count; number++) {
            in.readFully(page);
            if (pages.whole(page, number)) {
                return true;
            }
        }
        // A power cut may have left all of a small file half written: then the journal has its pages.
        AtomicBoolean found = new AtomicBoolean();
        Journal.read(
                journal,
                frame -> found.set(found.get() || pages.whole(frame.bytes().array(), frame.page())),
                problem -> {});
        return found.get();
    }
}
