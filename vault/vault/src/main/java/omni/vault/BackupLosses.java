package omni.vault;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import omni.vault.SecretCall.Lost;
import omni.vault.VaultException.Reason;

/** What of a snapshot cannot be read: the first of it is refused, or all of it is left out and counted. For one thread. */
final class BackupLosses {
    private final boolean leftOut;
    private final List<Lost> all = new ArrayList<>();

    /**
     * None so far.
     *
     * @param leftOut whether what cannot be read is left out; otherwise it is refused
     */
    BackupLosses(boolean leftOut) {
        this.leftOut = leftOut;
    }

    /**
     * Returns where that is left out.
     *
     * @throws VaultException DAMAGED, naming it; or what was thrown, where that tells of no damage
     */
    void unreadable(String what, VaultException why) throws VaultException {
        if (why.reason() != Reason.DAMAGED && why.reason() != Reason.MISSING) {
            throw why;
        }
        if (!leftOut) {
            throw new VaultException(
                    Reason.DAMAGED,
                    "Of the snapshot " + what + " cannot be read: " + why.getMessage()
                            + " Another snapshot may be whole;"
                            + " omni vault restore --what-can-be-read leaves out what is damaged.",
                    why);
        }
    }

    /** Counts what is left out; without a name, so many of that kind of which nothing is known. */
    void add(String kind, String name, long count) {
        if (count > 0) {
            all.add(new Lost(kind, name, count));
        }
    }

    List<Lost> all() {
        return List.copyOf(all);
    }

    /** How many of each kind, in one line. */
    String summary() {
        Map<String, Long> counts = all.stream()
                .collect(Collectors.groupingBy(Lost::kind, TreeMap::new, Collectors.summingLong(Lost::count)));
        return counts.entrySet().stream()
                .map(kind -> kind.getValue() + " of " + kind.getKey())
                .collect(Collectors.joining(", "));
    }
}
