package omni.vault;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the vault knows of a place with backups, also while its disk is not there. It is kept as a setting.
 *
 * @param target the folder's path
 * @param snapshots their names, the oldest first
 * @param looked the chunk that was looked at last, to see whether it is still whole; empty before the first
 * @param damaged chunks that were found not to be whole, {@value #DAMAGED_MAX} at most
 */
record BackupPlace(String target, List<String> snapshots, String looked, List<String> damaged) {
    static final int DAMAGED_MAX = 500;

    BackupPlace {
        snapshots = List.copyOf(snapshots);
        damaged = damaged.stream().limit(DAMAGED_MAX).toList();
    }

    /** Nothing but where it is. */
    static BackupPlace at(String target) {
        return new BackupPlace(target, List.of(), "", List.of());
    }

    /** As it is kept. */
    static BackupPlace read(String setting) throws VaultException {
        ObjectNode json = Json.object(setting.getBytes(StandardCharsets.UTF_8));
        return new BackupPlace(
                json.path("target").asString(""),
                texts(json.path("snapshots")),
                json.path("looked").asString(""),
                texts(json.path("damaged")));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asString("")));
        return texts;
    }

    String setting() {
        ObjectNode json = Json.object().put("target", target);
        put(json.putArray("snapshots"), snapshots);
        json.put("looked", looked);
        put(json.putArray("damaged"), damaged);
        return json.toString();
    }

    private static void put(ArrayNode array, List<String> texts) {
        texts.forEach(array::add);
    }

    /** With these snapshots. */
    BackupPlace with(List<String> now) {
        return new BackupPlace(target, now, looked, damaged);
    }

    /** After a snapshot that looked at chunks up to that one, and has these whole. */
    BackupPlace after(String last, Collection<String> whole) {
        return new BackupPlace(
                target,
                snapshots,
                last,
                damaged.stream().filter(each -> !whole.contains(each)).toList());
    }

    /** After a check that found these damaged, and those whole. */
    BackupPlace checked(Collection<String> found, Collection<String> whole) {
        Stream<String> left = damaged.stream().filter(each -> !whole.contains(each));
        return new BackupPlace(
                target,
                snapshots,
                looked,
                List.copyOf(new TreeSet<>(Stream.concat(found.stream(), left).toList())));
    }
}
