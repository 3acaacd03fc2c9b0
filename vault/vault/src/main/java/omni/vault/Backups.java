package omni.vault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
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

    /** Takes a snapshot, into a folder that is to be in git or may be either, and writes down that it was. */
    BackupWriter.Done take(Path folder, boolean git, BackupWriter.Progress progress) throws VaultException {
        requireRoom(folder);
        try (BackupTarget target = BackupTarget.make(folder, git)) {
            BackupPlace known = place(folder);
            var again = new BackupWriter.Again(known.looked(), known.damaged(), BackupWriter.AGAIN_BYTES);
            BackupWriter.Done done = BackupWriter.write(vault, target, again, progress);
            note(target, known.after(done.looked(), done.snapshot().chunkKeys().keySet()));
            vault.audit()
                    .add(
                            AuditEvent.BACKED_UP,
                            Map.of("snapshot", done.snapshot().name()));
            return done;
        }
    }

    private void requireRoom(Path folder) throws VaultException {
        Map<String, BackupPlace> all = places();
        if (all.size() >= TARGETS_MAX && !all.containsKey(setting(folder))) {
            throw new VaultException(
                    Reason.REFUSED,
                    "Backups are in " + TARGETS_MAX
                            + " places already: forget those of one, with omni vault backup-forget.");
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

    /** What is known of the backups in that folder. */
    private BackupPlace place(Path folder) throws VaultException {
        Optional<String> known = settings.get(setting(folder));
        return known.isPresent() ? BackupPlace.read(known.get()) : BackupPlace.at(folder.toString());
    }

    private static String setting(Path folder) {
        return SETTING + AuditJson.hash(folder.toString());
    }

    /** Writes down what there is in that place now. */
    void note(BackupTarget target) throws VaultException {
        note(target, place(target.folder()));
    }

    private void note(BackupTarget target, BackupPlace place) throws VaultException {
        try {
            List<String> names = target.snapshots();
            String setting = setting(target.folder());
            if (names.isEmpty()) {
                if (settings.get(setting).isPresent()) {
                    settings.remove(setting);
                }
                return;
            }
            settings.put(setting, place.with(names).setting());
        } catch (IOException e) {
            throw BackupTarget.failed(target.folder(), e);
        }
    }

    /** The backups in that place, which are this vault's. */
    private BackupTarget own(Path folder) throws IOException {
        Path keys = vault.records().folder().resolve(KeyKeeper.FILE);
        BackupTarget target = BackupTarget.open(folder);
        boolean own = false;
        try {
            target.requireOf(KeyFile.of(Files.readAllBytes(keys)));
            own = true;
            return target;
        } finally {
            if (!own) {
                target.close();
            }
        }
    }

    /** Those in that place. */
    List<Copy> in(Path folder) throws VaultException {
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
            List<String> there = target.snapshots();
            for (Copy copy : known()) {
                if (copy.target().equals(folder.toString()) && !there.contains(copy.snapshot())) {
                    problems.add("The snapshot " + copy.snapshot() + " was written there, and is gone.");
                }
            }
            BackupPlace known = place(folder);
            BackupPlace now = known.checked(report.damaged(), report.whole());
            if (!now.equals(known)) {
                note(target, now);
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
            for (String name : snapshots) {
                target.forget(name);
                vault.audit().add(AuditEvent.DELETED, Map.of("snapshot", name));
            }
            note(target);
            BackupWriter.sweep(target, vault.keys());
        } catch (IOException e) {
            throw BackupTarget.failed(folder, e);
        }
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
}
