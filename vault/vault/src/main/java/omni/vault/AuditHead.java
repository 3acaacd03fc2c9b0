package omni.vault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;

/**
 * How far the audit log was known to go: number and hash of a line. The newest stands in {@code audit.head} as
 * {@code "7 hash"}, readable while the vault is sealed. It is written after the line is in the store, so that a crash leaves
 * it behind by one, and only a log that was put back leaves it ahead.
 */
record AuditHead(long number, String hash) {
    /** Of a log without a line. */
    static final AuditHead NONE = new AuditHead(0, AuditJson.FIRST);

    private static final int BYTES_MAX = 128;
    private static final Pattern TEXT = Pattern.compile("(0|[1-9][0-9]{0,17}) ([0-9a-f]{64})");

    static AuditHead of(AuditRow row) {
        return new AuditHead(row.number(), AuditJson.hash(row.line()));
    }

    String text() {
        return number + " " + hash;
    }

    static Optional<AuditHead> read(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new AuditHead(Long.parseLong(matcher.group(1)), matcher.group(2)))
                : Optional.empty();
    }

    private static Path file(Path folder) {
        return folder.resolve("audit.head");
    }

    /**
     * The newest, as that folder knows it; nothing where it knows none.
     *
     * @throws VaultException DAMAGED where the file is something else
     */
    static Optional<AuditHead> in(Path folder) throws VaultException {
        try {
            Optional<String> text = PrivateFile.read(file(folder), BYTES_MAX);
            if (text.isEmpty()) {
                return Optional.empty();
            }
            Optional<AuditHead> head = read(text.get().strip());
            if (head.isEmpty()) {
                throw new VaultException(Reason.DAMAGED, file(folder) + " is not what was written there.");
            }
            return head;
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(Reason.DAMAGED, file(folder) + " cannot be read.", e);
        }
    }

    void keepIn(Path folder) throws VaultException {
        try {
            PrivateFile.write(file(folder), (text() + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED,
                    "The end of the audit log cannot be kept in " + folder + ". Make room on the disk.",
                    e);
        }
    }
}
