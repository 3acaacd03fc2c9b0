package omni.vault;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import omni.tpm.TpmDevice;

/**
 * Tells whether the whole vault was put back to an earlier state: a counter in the TPM goes up at each unlock, and nothing brings it
 * back; the signed line of the unlock says how far.
 *
 * <p>The line is on the disk first, and says what the counter is about to be. So a crash between the two leaves the TPM one behind the
 * log, which is no alarm, and which nobody can bring about who puts back files: a TPM that is ahead by one already is one. A counter
 * that begins says so, and is told in a line of its own once it is known, because nobody knows before what it begins with.
 */
final class TpmCounter {
    private static final Set<AuditEvent> LINES =
            Set.of(AuditEvent.CREATED, AuditEvent.UNLOCKED, AuditEvent.RESTORED, AuditEvent.COUNTED);
    private static final String TPM = "tpm";
    private static final String COUNT = "count";
    private static final String FIRST = "first";
    private static final int NAME_BYTES = 16;

    private final TpmDevice device;
    private volatile boolean counts;

    TpmCounter(TpmDevice device) {
        this.device = device;
        counts = device.path().isPresent();
    }

    /** Whether a vault that is put back would be seen: as far as is known before the first unlock. */
    boolean counts() {
        return counts;
    }

    /**
     * What the log says, or what the TPM does.
     *
     * @param tpm which TPM
     * @param count nothing where it has not begun
     */
    private record Mark(String tpm, OptionalLong count) {
        static Optional<Mark> of(Map<String, String> details) {
            String count = details.getOrDefault(COUNT, FIRST);
            return Optional.ofNullable(details.get(TPM))
                    .map(tpm -> new Mark(
                            tpm, count.equals(FIRST) ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(count))));
        }

        static Mark of(VaultTpm tpm, String vault) throws VaultException {
            byte[] name = Arrays.copyOf(Wrap.derive(tpm.key(), "name", ""), NAME_BYTES);
            return new Mark(HexFormat.of().formatHex(name), tpm.count(TpmSlot.counter(vault)));
        }

        Map<String, String> next() {
            String next = count.isPresent() ? Long.toString(count.getAsLong() + 1) : FIRST;
            return Map.of(TPM, tpm, COUNT, next);
        }
    }

    /**
     * Writes the line of an unlock, and counts it; what does not fit is an alarm in the log.
     *
     * @throws VaultException where the line could not be written
     */
    void opened(String vault, AuditLog audit, AuditEvent event) throws VaultException {
        Optional<VaultTpm> tpm = open();
        try {
            Optional<Mark> seen = tpm.isPresent() ? look(tpm.get(), vault) : Optional.empty();
            Optional<String> alarm = judged(Mark.of(audit.newest(LINES)), seen);
            if (alarm.isPresent()) {
                audit.alarm(alarm.get());
            }
            audit.add(event, seen.map(Mark::next).orElse(Map.of()));
            counts = tpm.isPresent() && seen.isPresent() && count(tpm.get(), vault, seen.get(), audit);
        } finally {
            tpm.ifPresent(TpmCounter::close);
        }
    }

    /** What does not fit between the TPM and a log that is only looked at: nothing is counted. */
    Optional<String> looked(String vault, AuditLog audit) throws VaultException {
        Optional<VaultTpm> tpm = open();
        try {
            Optional<Mark> seen = tpm.isPresent() ? look(tpm.get(), vault) : Optional.empty();
            return judged(Mark.of(audit.newest(LINES)), seen);
        } finally {
            tpm.ifPresent(TpmCounter::close);
        }
    }

    private static Optional<String> judged(Optional<Mark> written, Optional<Mark> seen) {
        if (written.isEmpty()) {
            return seen.filter(mark -> mark.count().isPresent())
                    .map(_ ->
                            "The TPM has counted unlocks that the log does not know of: the whole vault was put back to an"
                                    + " earlier state, or opened without the TPM.");
        }
        if (seen.isEmpty() || !seen.get().tpm().equals(written.get().tpm())) {
            return Optional.of(
                    "The TPM that counts the unlocks is not there: whether the whole vault was put back to an"
                            + " earlier state is not known.");
        }
        OptionalLong last = written.get().count();
        OptionalLong now = seen.get().count();
        if (last.isEmpty()) {
            return Optional.empty(); // the counter had only begun
        }
        if (now.isEmpty()) {
            return Optional.of(
                    "The counter is gone from the TPM: whether the whole vault was put back to an earlier state is"
                            + " not known.");
        }
        long ahead = now.getAsLong() - last.getAsLong();
        if (ahead > 0) {
            return Optional.of("The whole vault was put back to an earlier state: the TPM has counted " + ahead
                    + " more than the log.");
        }
        return ahead < -1
                ? Optional.of("The TPM's counter is behind the log: the TPM was put back to an earlier state.")
                : Optional.empty();
    }

    private static boolean count(VaultTpm tpm, String vault, Mark seen, AuditLog audit) throws VaultException {
        long count;
        try {
            count = tpm.increment(TpmSlot.counter(vault));
        } catch (VaultException e) {
            audit.alarm("The TPM did not count this unlock. " + e.getMessage());
            return false;
        }
        if (seen.count().isEmpty()) {
            audit.add(AuditEvent.COUNTED, Map.of(TPM, seen.tpm(), COUNT, Long.toString(count)));
        }
        return true;
    }

    private static Optional<Mark> look(VaultTpm tpm, String vault) {
        try {
            return Optional.of(Mark.of(tpm, vault));
        } catch (VaultException e) {
            warn(e);
            return Optional.empty();
        }
    }

    private Optional<VaultTpm> open() {
        try {
            return device.path().isPresent() ? Optional.of(VaultTpm.open(device)) : Optional.empty();
        } catch (VaultException e) {
            warn(e);
            return Optional.empty();
        }
    }

    private static void close(VaultTpm tpm) {
        try {
            tpm.close();
        } catch (VaultException e) {
            warn(e);
        }
    }

    private static void warn(VaultException e) {
        System.getLogger("omni.vault").log(Level.WARNING, "The TPM cannot be used to count", e);
    }
}
