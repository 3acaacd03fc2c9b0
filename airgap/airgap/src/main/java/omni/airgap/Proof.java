package omni.airgap;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * All evidence of a box in one text, which anybody can check on another machine: a JSON object with the public key, a
 * checkpoint and the records. Immutable.
 */
public final class Proof {
    private static final String FORMAT = "omni-airgap-proof/1";
    private static final int CHARACTERS_MAX = 300 << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Proof() {}

    /**
     * What checking found.
     *
     * @param problems what is wrong, a line each; empty where nothing is
     * @param box whose evidence it is: the name of its key
     * @param records how many
     * @param shown what it proves, in words
     * @param notShown what it does not prove, in words
     */
    public record Verdict(List<String> problems, String box, int records, List<String> shown, List<String> notShown) {}

    /** Puts a proof together. */
    public static String bundle(String publicKey, String checkpoint, List<String> records) {
        var root = JSON.createObjectNode();
        root.put("format", FORMAT).put("publicKey", publicKey).put("checkpoint", checkpoint);
        var list = root.putArray("records");
        records.forEach(list::add);
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }

    /**
     * Checks a proof: each signature, each link of the chain, the checkpoint; and that it goes on from an older
     * checkpoint of the same box, where one is given.
     *
     * @param text the proof
     * @param older a checkpoint that was kept elsewhere
     */
    public static Verdict verify(String text, Optional<String> older) {
        List<String> problems = new ArrayList<>();
        JsonNode root;
        try {
            root = text.length() > CHARACTERS_MAX ? JSON.nullNode() : JSON.readTree(text);
        } catch (JacksonException e) {
            root = JSON.nullNode();
        }
        Optional<byte[]> key =
                Checkpoint.bytes(root.path("publicKey").asString("")).filter(bytes -> bytes.length == 32);
        if (!root.path("format").asString("").equals(FORMAT) || key.isEmpty()) {
            return new Verdict(List.of("This is no proof of an air gap."), "", 0, List.of(), List.of());
        }
        List<String> records = new ArrayList<>();
        root.path("records").forEach(line -> records.add(line.asString("")));
        chain(records, key.get(), problems);
        Optional<Checkpoint> checkpoint =
                Checkpoint.read(root.path("checkpoint").asString(""), key.get());
        if (checkpoint.isEmpty()) {
            problems.add("The checkpoint is not signed by this box's key.");
        } else if (checkpoint.get().size() != records.size()
                || !checkpoint.get().covers(records)) {
            problems.add("The records are not those that the checkpoint was made of.");
        }
        older.ifPresent(note -> goesOn(note, key.get(), records, problems));
        return new Verdict(
                List.copyOf(problems),
                Checkpoint.origin(key.get()),
                records.size(),
                problems.isEmpty() ? shown(records) : List.of(),
                notShown(older.isPresent()));
    }

    private static void chain(List<String> records, byte[] key, List<String> problems) {
        String before = EvidenceChain.FIRST;
        for (int i = 0; i < records.size(); i++) {
            String line = records.get(i);
            int space = line.indexOf(' ');
            byte[] json = line.substring(space + 1).getBytes(StandardCharsets.UTF_8);
            boolean signed = space > 0
                    && Checkpoint.bytes(line.substring(0, space))
                            .filter(signature -> DeviceKey.verify(key, json, signature))
                            .isPresent();
            JsonNode record = signed ? JSON.readTree(json) : JSON.nullNode();
            if (!signed) {
                problems.add("Record " + i + " is not signed by this box's key.");
            } else if (record.path("n").asInt(-1) != i
                    || !record.path("prev").asString("").equals(before)) {
                problems.add("Record " + i + " does not follow the one before it.");
            }
            before = EvidenceChain.hash(line.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void goesOn(String note, byte[] key, List<String> records, List<String> problems) {
        Optional<Checkpoint> old = Checkpoint.read(note, key);
        if (old.isEmpty()) {
            problems.add("The older checkpoint is not signed by this box's key.");
        } else if (!old.get().covers(records)) {
            problems.add("The records do not go on from the older checkpoint: some were cut off or changed.");
        }
    }

    private static List<String> shown(List<String> records) {
        List<String> shown = new ArrayList<>();
        String closedAt = "";
        for (String line : records) {
            JsonNode record = JSON.readTree(line.substring(line.indexOf(' ') + 1));
            String time = record.path("time").asString("");
            switch (record.path("kind").asString("")) {
                case "closed" -> closedAt = closedAt.isEmpty() ? time : closedAt;
                case "open" -> {
                    if (!closedAt.isEmpty()) {
                        shown.add("a gap from " + closedAt + " to " + time + ", by this box's clock, lifted by "
                                + record.path("body").path("cause").asString(""));
                    }
                    closedAt = "";
                }
                default -> {}
            }
        }
        if (!closedAt.isEmpty()) {
            shown.add("a gap since " + closedAt + ", by this box's clock, not lifted when the proof was made");
        }
        shown.add(
                "that the holder of this box's key wrote these records, in this order, and none between them is missing");
        return shown;
    }

    private static List<String> notShown(boolean older) {
        List<String> not = new ArrayList<>();
        if (!older) {
            not.add(
                    "that no records are missing at the end: that needs a checkpoint that was kept or cosigned elsewhere"
                            + " (--checkpoint)");
        }
        not.add("what happened before the older checkpoint's records were made, or that the box's clock was right");
        not.add("anything against who has root on the box or has stolen its key: they can write what they like");
        not.add("radios, firmware, sound and other ways out that the kernel does not see");
        return not;
    }

    /** The public key's text as a proof has it. */
    static String key(byte[] publicKey) {
        return Base64.getEncoder().encodeToString(publicKey);
    }
}
