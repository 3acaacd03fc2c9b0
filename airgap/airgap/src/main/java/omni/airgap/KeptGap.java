package omni.airgap;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * What the role's files say of a gap, for a command that cannot ask the role, or must not wait for its answer. Whoever may not
 * look at them learns nothing: neither is then said. Immutable.
 *
 * @param closed whether one is closed for certain
 * @param since when it was closed, where that was kept
 * @param cause why, in a few words; empty where that was not kept
 * @param open whether for certain none is closed on the disk, in a home where there is a kill switch's folder
 * @param keyless whether for certain no step-up key is kept, without which root alone lifts
 */
public record KeptGap(boolean closed, Optional<Instant> since, String cause, boolean open, boolean keyless) {
    /**
     * Reads them; that takes no lock and waits for nobody.
     *
     * @param home Omni's home
     * @param run the folder of the sockets
     */
    public static KeptGap of(Path home, Path run) {
        Path folder = home.resolve("airgap");
        GapStore store = new GapStore(folder, run);
        boolean closed = store.durable() || store.marked();
        Optional<GapStore.Closing> closing = closed ? store.closing() : Optional.empty();
        return new KeptGap(
                closed,
                closing.map(GapStore.Closing::at),
                closing.map(GapStore.Closing::cause).orElse(""),
                Files.isDirectory(folder) && store.openForCertain(),
                Files.notExists(folder.resolve(Factors.KEY_FILE)));
    }
}
