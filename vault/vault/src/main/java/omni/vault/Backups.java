package omni.vault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import omni.vault.VaultException.Reason;

/**
 * The backups of an open vault: taking, checking and forgetting them, and what it knows of them while their disk is not there. In
 * one place, one at a time. For any thread.
 */
final class Backups {
    static final int TARGETS_MAX = 16;
    private static final String SETTING = "backup ";
    private static final int NAME_BYTES = 16;

    private final OpenVault vault;
    private final Settings settings;

    Backups(OpenVault vault) {
        this.vault = vault;
        this.settings = new Settings(vault.records());
    }

    /** A snapshot, and the folder that it is in. */
    record Copy(String target, String snapshot) {
        String text() {
            return target + " " + snapshot;
        }

        Instant taken() {
            return Snapshot.taken(snapshot);
        }
    }

    /**
     * Takes a snapshot, into a folder that is to be in git or may be either, and writes down that it was.
     *
     * @throws VaultException REFUSED where the vault has backups in that folder, and none of them is there: it is another disk
     */
    BackupWriter.Done take(Path folder, boolean git, BackupWriter.Progress progress) throws VaultException {
        requireDisk(folder);
        return takeOnNewDisk(folder, git, progress);
    }

    /** A copy that lies in what it is a copy of goes with it. */
    private void requireElsewhere(Path folder) throws VaultException {
        Path there = folder.toAbsolutePath().normalize();
        Path real = there;
        while (!Files.exists(real) && real.getParent() != null) {
            real = real.getParent();
        }
        try {
            Path own = vault.records().folder().toRealPath();
            if (real.toRealPath().resolve(real.relativize(there)).startsWith(own)) {
                throw new VaultException(
                        Reason.REFUSED,
                        "That is in the vault's own folder, and would be lost with it: name a folder on another disk.");
            }
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw BackupTarget.failed(folder, e);
        }
    }

    /** The same, also where another disk was in that place before. */
    BackupWriter.Done takeOnNewDisk(Path folder, boolean git, BackupWriter.Progress progress) throws VaultException {
        requireKeyFile();
        requireElsewhere(folder);
        try (BackupTarget target = BackupTarget.make(folder, git)) {
            String setting = setting(target);
            requireRoom(setting);
            BackupPlace known = place(setting, folder);
            var again = new BackupWriter.Again(known.looked(), known.damaged(), BackupWriter.AGAIN_BYTES);
            BackupWriter.Done done = BackupWriter.write(vault, target, again, progress);
            note(
                    target,
                    setting,
                    known.after(done.looked(), done.snapshot().chunkKeys().keySet()));
            vault.audit()
                    .add(
                            AuditEvent.BACKED_UP,
                            Map.of("snapshot", done.snapshot().name()));
            return done;
        } catch (IOException e) {
            throw BackupTarget.failed(folder, e);
        }
    }

    /**
     * As {@link #take}, where nobody looks: an empty folder may be where a disk is not mounted.
     *
     * @throws VaultException REFUSED where there are no backups yet, too
     */
    BackupWriter.Done goOn(Path folder, BackupWriter.Progress progress) throws VaultException {
        if (at(folder).isEmpty() && !BackupTarget.isIn(folder)) {
            throw new VaultException(
                    Reason.REFUSED,
                    "In " + folder
                            + " are no backups yet: take the first one with omni vault backup, when its disk is there.");
        }
        return take(folder, false, progress);
    }

    /** One that is damaged is an alarm, and nothing is written: it would go over the good one that the backups have. */
    private void requireKeyFile() throws VaultException {
        try {
            var _ = vault.keyFile().copy(vault.records().folder().resolve(KeyKeeper.FILE));
        } catch (VaultException e) {
            if (e.reason() == Reason.DAMAGED && !vault.audit().alarms().contains(e.getMessage())) {
                vault.audit().alarm(e.getMessage());
            }
            throw e;
        }
    }

    private void requireDisk(Path folder) throws VaultException {
        List<BackupPlace> known = at(folder);
        if (known.isEmpty()) {
            return;
        }
        boolean nothing = !BackupTarget.isIn(folder);
        if (!nothing && isKnown(in(folder))) {
            return;
        }
        String newest = known.stream()
                .flatMap(place -> place.snapshots().stream())
                .max(Comparator.naturalOrder())
                .orElse("");
        throw new VaultException(
                Reason.REFUSED,
                "The disk that has the backups up to " + newest + " is not in " + folder
                        + (nothing ? ", where no backups are" : ", but another one with backups")
                        + ": put it in, and mount it. To begin on what is there now, too: omni vault backup --new-disk.");
    }

    private boolean isKnown(List<Copy> there) throws VaultException {
        List<String> names = there.stream().map(Copy::snapshot).toList();
        return known().stream().anyMatch(copy -> names.contains(copy.snapshot()));
    }

    private void requireRoom(String setting) throws VaultException {
        Map<String, BackupPlace> all = places();
        if (all.size() >= TARGETS_MAX && !all.containsKey(setting)) {
            throw new VaultException(
                    Reason.REFUSED,
                    "Backups are in " + TARGETS_MAX
                            + " places already: forget those of one, with omni vault backup-forget, and where that disk is"
                            + " gone for good, --gone.");
        }
    }

    /** All that the vault has written and not forgotten, whether or not their disk is there; the oldest first in each place. */
    List<Copy> known() throws VaultException {
        List<Copy> copies = new ArrayList<>();
        for (BackupPlace place : places().values()) {
            place.snapshots().forEach(name -> copies.add(new Copy(place.target(), name)));
        }
        return copies;
    }

    /** Those of them that have in them what was made then: a deletion does not reach them. */
    List<Copy> since(Instant made) throws VaultException {
        return known().stream()
                .filter(copy -> copy.taken().plusSeconds(1).isAfter(made))
                .toList();
    }

    /** By their setting. */
    private Map<String, BackupPlace> places() throws VaultException {
        Map<String, BackupPlace> places = new TreeMap<>();
        for (Map.Entry<String, String> each : settings.all().entrySet()) {
            if (each.getKey().startsWith(SETTING)) {
                places.put(each.getKey(), BackupPlace.read(each.getValue()));
            }
        }
        return places;
    }

    /** What is known of backups in that folder, of each disk that was there. */
    private List<BackupPlace> at(Path folder) throws VaultException {
        return places().values().stream()
                .filter(place -> place.target().equals(folder.toString()))
                .toList();
    }

    /** What it is called that the vault knows of the disk that is there, by a snapshot that it has; else a new name. */
    private String setting(BackupTarget target) throws IOException {
        List<String> there = target.snapshots();
        return places().entrySet().stream()
                .filter(each -> each.getValue().target().equals(target.folder().toString()))
                .filter(each -> !Collections.disjoint(each.getValue().snapshots(), there))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseGet(() -> SETTING + HexFormat.of().formatHex(Ids.bytes(NAME_BYTES)));
    }

    private BackupPlace place(String setting, Path folder) throws VaultException {
        return places().getOrDefault(setting, BackupPlace.at(folder.toString()));
    }

    /** Writes down what there is in that place now. */
    void note(BackupTarget target) throws VaultException {
        try {
            String setting = setting(target);
            note(target, setting, place(setting, target.folder()));
        } catch (IOException e) {
            throw BackupTarget.failed(target.folder(), e);
        }
    }

    private void note(BackupTarget target, String setting, BackupPlace place) throws IOException {
        put(setting, place.with(target.snapshots()));
    }

    private void put(String setting, BackupPlace place) throws VaultException {
        if (!place.snapshots().isEmpty()) {
            settings.put(setting, place.setting());
        } else if (settings.get(setting).isPresent()) {
            settings.remove(setting);
        }
    }

    /** The backups in that place, which are this vault's. */
    private BackupTarget own(Path folder) throws IOException {
        Path keys = vault.records().folder().resolve(KeyKeeper.FILE);
        BackupTarget target = BackupTarget.open(folder);
        boolean own = false;
        try {
            target.requireOf(KeyFile.of(Files.readAllBytes(keys)), vault.keys());
            own = true;
            return target;
        } finally {
            if (!own) {
                target.close();
            }
        }
    }

    /** Those in that place, of whichever vault: their names are no secret to who has the folder. */
    static List<Copy> in(Path folder) throws VaultException {
        try (BackupTarget target = BackupTarget.open(folder)) {
            return target.snapshots().stream()
                    .map(name -> new Copy(folder.toString(), name))
                    .toList();
        } catch (IOException e) {
            throw BackupTarget.failed(folder, e);
        }
    }

    /**
     * Reads all of what is there, or of one snapshot, and compares it with what the vault knows of. Chunks that are found damaged
     * are written down: the next backup writes anew those that it needs.
     */
    BackupCheck.Report check(Path folder, Optional<String> snapshot, BackupCheck.Progress progress)
            throws VaultException {
        try (BackupTarget target = own(folder)) {
            BackupCheck.Report report = BackupCheck.check(target, snapshot, vault.keys(), progress);
            List<String> problems = new ArrayList<>(report.problems());
            String setting = setting(target);
            BackupPlace known = place(setting, folder);
            List<String> there = target.snapshots();
            known.snapshots().stream()
                    .filter(name -> !there.contains(name))
                    .forEach(name -> problems.add("The snapshot " + name + " was written there, and is gone."));
            if (known.snapshots().isEmpty() && !at(folder).isEmpty()) {
                problems.add("Of what was written there nothing is there any more: is it another disk?");
            }
            BackupPlace now = known.checked(report.damaged(), report.whole());
            if (!now.equals(known)) {
                note(target, setting, now);
            }
            return new BackupCheck.Report(
                    report.snapshots(),
                    report.whole(),
                    report.damaged(),
                    report.total(),
                    report.bytes(),
                    report.left(),
                    problems);
        } catch (IOException e) {
            throw BackupTarget.failed(folder, e);
        }
    }

    /** Destroys these snapshots: their keys first, then the chunks that no other one has. */
    void forget(Path folder, List<String> snapshots) throws VaultException {
        try (BackupTarget target = own(folder)) {
            for (String name : snapshots) {
                target.choose(Optional.of(name));
            }
            String setting = setting(target);
            for (String name : snapshots) {
                target.forget(name);
                vault.audit().add(AuditEvent.DELETED, Map.of("snapshot", name));
            }
            note(target, setting, place(setting, folder));
            BackupWriter.sweep(target, vault.keys());
        } catch (IOException e) {
            throw BackupTarget.failed(folder, e);
        }
    }

    /**
     * Takes out of what the vault knows those that it has written in that place and that are not there, or that one alone, and returns
     * their names: their owner says that they are gone for good, as with a lost stick. Nobody can check that, and nothing is destroyed.
     *
     * @throws VaultException MISSING where none was written there; REFUSED where they are there, and so can be destroyed
     */
    List<String> gone(Path folder, Optional<String> snapshot) throws VaultException {
        List<String> asked = at(folder).stream()
                .flatMap(place -> place.snapshots().stream())
                .filter(name -> snapshot.isEmpty() || snapshot.get().equals(name))
                .distinct()
                .sorted()
                .toList();
        if (asked.isEmpty()) {
            throw new VaultException(
                    Reason.MISSING,
                    "The vault knows of no such backup in " + folder + ": omni vault backups lists them.");
        }
        List<String> there = BackupTarget.isIn(folder)
                ? in(folder).stream().map(Copy::snapshot).toList()
                : List.of();
        List<String> gone = without(asked, there);
        if (gone.isEmpty()) {
            throw new VaultException(
                    Reason.REFUSED, "That is still in " + folder + ": destroy it, with omni vault backup-forget.");
        }
        for (String name : gone) {
            vault.audit().add(AuditEvent.BACKUP_GONE, Map.of("snapshot", name));
        }
        for (Map.Entry<String, BackupPlace> each : places().entrySet()) {
            BackupPlace place = each.getValue();
            if (place.target().equals(folder.toString())) {
                put(each.getKey(), place.with(without(place.snapshots(), gone)));
            }
        }
        return gone;
    }

    private static List<String> without(List<String> names, List<String> others) {
        return names.stream().filter(name -> !others.contains(name)).toList();
    }

    /**
     * Destroys those that the policy does not keep, and returns their names.
     *
     * @param taken one that stays in any case: a clock that was wrong may make it look like an old one
     */
    List<String> prune(Path folder, BackupPolicy policy, Optional<String> taken) throws VaultException {
        List<String> over = policy.over(in(folder).stream().map(Copy::snapshot).toList()).stream()
                .filter(name -> !taken.equals(Optional.of(name)))
                .toList();
        if (!over.isEmpty()) {
            forget(folder, over);
        }
        return over;
    }

    /** Destroys the key of a conversation in every snapshot of that place, and returns the names of those that had it. */
    List<String> forgetConversation(Path folder, String conversation) throws VaultException {
        List<String> changed = new ArrayList<>();
        try (BackupTarget target = own(folder)) {
            for (String name : target.snapshots()) {
                BackupReader reader = BackupReader.of(target, name, vault.keys());
                List<Long> keys = keys(reader, conversation);
                if (keys.stream().anyMatch(reader.snapshot().rowKeys()::containsKey)) {
                    target.write(reader.snapshot().without(keys), target.cipher(name, vault.keys()));
                    changed.add(name);
                }
            }
        } catch (IOException e) {
            throw BackupTarget.failed(folder, e);
        }
        vault.audit().add(AuditEvent.DELETED, Map.of("snapshots", Integer.toString(changed.size())));
        return changed;
    }

    private static List<Long> keys(BackupReader reader, String conversation) throws IOException {
        List<Long> keys = new ArrayList<>();
        for (Snapshot.Table table : reader.snapshot().tables()) {
            if (!table.name().equals("conversations")) {
                continue;
            }
            int id = table.columns().indexOf("id");
            int key = table.columns().indexOf("key");
            var in = reader.content(table.chunks());
            for (var row = BackupRows.next(in, table.columns().size());
                    row.isPresent();
                    row = BackupRows.next(in, table.columns().size())) {
                if (conversation.equals(row.get().get(id)) && row.get().get(key) instanceof Long number) {
                    keys.add(number);
                }
            }
        }
        return keys;
    }

    /** Where the backups of that vault are, at a moment that has no time for more. */
    static Optional<List<String>> placesWithin(Duration time, OpenVault open) {
        return LastWord.within(
                time,
                () -> new Backups(open)
                        .known().stream().map(Copy::target).distinct().toList(),
                "The backups' places are not known");
    }
}
