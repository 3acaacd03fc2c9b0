package omni.airgap;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Checks one proof, a record at a time, and says what it shows. For one thread, and one run. */
final class ProofCheck {
    private static final int PROBLEMS_MAX = 100;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final List<String> problems = new ArrayList<>();
    private final byte[] key;
    private final Optional<String> box;
    private final Optional<Checkpoint> own;
    private final Optional<Checkpoint> witnessed;
    private final Optional<Checkpoint> kept;
    private final List<VerifierKey> witnesses;
    private final Merkle tree = new Merkle();
    private final GapStory story = new GapStory();
    private final CounterCheck counter;
    private String before = EvidenceChain.FIRST;

    /**
     * Nothing is read yet.
     *
     * @param box the key that must have signed, as {@link Proof#key} writes it
     * @param kept a checkpoint that was kept elsewhere
     * @param witnesses who must have cosigned
     */
    ProofCheck(ProofReader.Header header, Optional<String> box, Optional<String> kept, List<VerifierKey> witnesses) {
        this.key = header.key();
        this.box = box;
        this.witnesses = List.copyOf(witnesses);
        this.own = Checkpoint.read(header.checkpoint(), key);
        this.witnessed = header.witnessed().flatMap(note -> Checkpoint.read(note, key));
        this.kept = kept.flatMap(note -> Checkpoint.read(note, key));
        Optional<CounterWord> word = header.counter().flatMap(said -> CounterWord.read(said, key));
        this.counter = new CounterCheck(word);
        problem(
                box.isPresent() && !box.get().equals(Proof.key(key)),
                "This is another box's proof: its key is " + Proof.key(key) + ".");
        problem(
                header.counter().isPresent() && word.isEmpty(),
                "What is said of the TPM's counter is not signed by this box's key.");
        problem(own.isEmpty(), "The checkpoint is not signed by this box's key.");
        problem(
                header.witnessed().isPresent() && witnessed.isEmpty(),
                "The witnessed checkpoint is not signed by this box's key.");
        problem(kept.isPresent() && this.kept.isEmpty(), "The older checkpoint is not signed by this box's key.");
    }

    private void problem(boolean wrong, String problem) {
        if (wrong) {
            problems.add(problem);
        }
    }

    /** Checks the records, and then what was said of them. */
    Proof.Verdict run(ProofReader reader) {
        Prefix all = new Prefix(own, "The records are not those that the checkpoint was made of.");
        Prefix seen = new Prefix(
                witnessed, "The records do not go on from the witnessed checkpoint: some were cut off or changed.");
        Prefix old =
                new Prefix(kept, "The records do not go on from the older checkpoint: some were cut off or changed.");
        List<Prefix> prefixes = List.of(all, seen, old);
        walk(reader, prefixes);
        problem(own.isPresent() && own.get().size() != tree.size(), all.problem);
        prefixes.forEach(prefix -> problem(!prefix.found && !problems.contains(prefix.problem), prefix.problem));
        problems.addAll(counter.problems());
        List<Proof.Cosigned> cosigned = cosigned();
        int held = problems.isEmpty() ? held(cosigned) : 0;
        return new Proof.Verdict(
                List.copyOf(problems),
                Checkpoint.origin(key),
                Proof.key(key),
                tree.size(),
                held,
                problems.isEmpty() ? counter.held() : 0,
                problems.isEmpty() ? cosigned : List.of(),
                problems.isEmpty() ? shown(cosigned) : List.of(),
                notShown(held));
    }

    /** A checkpoint that the records must begin with. */
    private static final class Prefix {
        private final Optional<Checkpoint> checkpoint;
        private final String problem;
        private boolean found;

        Prefix(Optional<Checkpoint> checkpoint, String problem) {
            this.checkpoint = checkpoint;
            this.problem = problem;
            this.found = checkpoint.isEmpty(); // that there is none is told where it was read
        }

        void look(Merkle tree) {
            found |= checkpoint.filter(one -> one.matches(tree)).isPresent();
        }
    }

    private void walk(ProofReader reader, List<Prefix> prefixes) {
        try {
            prefixes.forEach(prefix -> prefix.look(tree));
            for (Optional<String> line = reader.next(); line.isPresent(); line = reader.next()) {
                if (problems.size() > PROBLEMS_MAX) {
                    problems.add("There may be more: checking has ended at record " + tree.size() + ".");
                    return;
                }
                byte[] bytes = line.get().getBytes(StandardCharsets.UTF_8);
                record(line.get());
                tree.add(bytes);
                before = EvidenceChain.hash(bytes);
                prefixes.forEach(prefix -> prefix.look(tree));
            }
        } catch (AirgapException e) {
            problems.add("The proof is cut off or no proof after record " + tree.size() + ".");
        }
    }

    private void record(String line) {
        int number = tree.size();
        int space = line.indexOf(' ');
        byte[] json = line.substring(space + 1).getBytes(StandardCharsets.UTF_8);
        boolean signed = space > 0
                && SignedNote.bytes(line.substring(0, space))
                        .filter(signature -> DeviceKey.verify(key, json, signature))
                        .isPresent();
        if (!signed) {
            problems.add("Record " + number + " is not signed by this box's key.");
            return;
        }
        JsonNode record = parsed(json);
        if (record.path("n").asInt(-1) != number
                || !record.path("prev").asString("").equals(before)) {
            problems.add("Record " + number + " does not follow the one before it.");
        }
        story.add(record);
        counter.add(record, number);
    }

    /** A box may sign what is no record. */
    private static JsonNode parsed(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (JacksonException e) {
            return JSON.nullNode();
        }
    }

    private List<Proof.Cosigned> cosigned() {
        List<Proof.Cosigned> all = new ArrayList<>();
        for (VerifierKey witness : witnesses) {
            boolean any = false;
            for (Checkpoint checkpoint : checkpoints()) {
                switch (Cosignature.find(checkpoint.note(), witness)) {
                    case Cosignature.Found.Nothing _ -> {}
                    case Cosignature.Found.Forged _ -> {
                        any = true;
                        problems.add("The cosignature of " + witness.name() + " on the checkpoint of "
                                + checkpoint.size() + " records is not by its key: forged or altered.");
                    }
                    case Cosignature.Found.Holds holds -> {
                        any = true;
                        all.add(new Proof.Cosigned(witness.name(), holds.time(), checkpoint.size()));
                    }
                }
            }
            problem(!any, "There is no cosignature of " + witness.name() + " on any checkpoint here.");
        }
        return all.stream().distinct().toList();
    }

    private List<Checkpoint> checkpoints() {
        return List.of(own, witnessed, kept).stream().flatMap(Optional::stream).toList();
    }

    private int held(List<Proof.Cosigned> cosigned) {
        int seen = cosigned.stream().mapToInt(Proof.Cosigned::records).max().orElse(0);
        return Math.max(seen, kept.map(Checkpoint::size).orElse(0));
    }

    private List<String> shown(List<Proof.Cosigned> cosigned) {
        List<String> shown = new ArrayList<>(story.lines());
        box.ifPresent(_ -> shown.add("that it is of the box whose key was given"));
        shown.add(
                "that the holder of this box's key wrote these records, in this order, and none between them is missing");
        kept.ifPresent(checkpoint -> shown.add("that none of the first " + checkpoint.size()
                + " records was cut off or changed since the older checkpoint was kept elsewhere"));
        cosigned.forEach(one -> shown.add("that none of the first " + one.records()
                + " records was cut off or changed since " + one.witness() + " cosigned them, at " + one.time()
                + " by its own clock"));
        shown.addAll(counter.shown());
        return shown;
    }

    private List<String> notShown(int held) {
        List<String> not = new ArrayList<>();
        String elsewhere = counter.held() == 0
                ? "that no records are missing at the end: that needs"
                : "without this box's own word, that no records are missing at the end: that needs";
        not.add(
                held == 0
                        ? elsewhere + " a checkpoint that was kept or cosigned elsewhere (--checkpoint, --witness)"
                        : "that no records are missing at the end, after the first " + held
                                + ": no checkpoint that was kept or cosigned elsewhere holds those");
        not.addAll(counter.notShown());
        unknown().forEach(name -> not.add("whether " + name + " has cosigned: its key was not given (--witness)"));
        if (box.isEmpty() && kept.isEmpty() && witnesses.isEmpty()) {
            not.add(
                    "whose box this is: anybody can make a key and records of perfect gaps, and nothing here binds them to your"
                            + " box. Compare the key with the one that omni airgap status shows at your box, or give that as --box; this"
                            + " one is " + Proof.key(key));
        }
        not.add("what happened before the first record, or that the box's clock was right");
        not.add("anything against who has root on the box or has stolen its key: they can write what they like");
        not.add("radios, firmware, sound and other ways out that the kernel does not see");
        return not;
    }

    private List<String> unknown() {
        return checkpoints().stream()
                .flatMap(checkpoint -> checkpoint.note().signatures().stream())
                .filter(Cosignature::looksLikeOne)
                .filter(one -> witnesses.stream().noneMatch(one::isBy))
                .map(SignedNote.Signature::name)
                .distinct()
                .toList();
    }
}
