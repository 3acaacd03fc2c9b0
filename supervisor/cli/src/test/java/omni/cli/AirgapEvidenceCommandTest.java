package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code omni airgap verify} and {@code cosign}, where no Omni runs. */
class AirgapEvidenceCommandTest {
    private static final Path PROOF = Path.of("../../airgap/airgap/src/test/resources/evidence/proof.json");

    @TempDir
    Path folder;

    private FakeTree.Done run(String... command) {
        return new FakeTree(folder).run(command);
    }

    private FakeTree.Done cosign(Path proof) {
        return run(
                "airgap",
                "cosign",
                proof.toString(),
                "--key",
                folder.resolve("witness.key").toString());
    }

    private static String witness(FakeTree.Done cosigned) {
        return cosigned.err().strip().replaceAll(".*--witness ", "");
    }

    @Test
    void saysWhatAProofShowsAndWhatItDoesNot() {
        var done = run("airgap", "verify", PROOF.toString());
        assertEquals(0, done.exit(), done.out() + done.err());
        assertTrue(done.out().startsWith("This proof holds: 6 records of omni.airgap/34750f98bd59fcfc."), done.out());
        assertTrue(done.out().contains("broken (not confirmed) since"), done.out());
        assertTrue(done.out().contains("that no records are missing at the end: that needs"), done.out());
    }

    @Test
    void aProofOfAnotherBoxIsRefused() {
        String key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
        var alone = run("airgap", "verify", PROOF.toString());
        assertTrue(alone.out().contains("whose box this is: anybody can make a key"), alone.out());
        assertTrue(alone.out().contains(key), alone.out());
        var own = run("airgap", "verify", PROOF.toString(), "--box", key);
        assertEquals(0, own.exit(), own.out());
        assertFalse(own.out().contains("whose box this is"), own.out());
        var other = run("airgap", "verify", PROOF.toString(), "--json", "--box", "A".repeat(43) + "=");
        assertEquals(ExitCode.REFUSED.number(), other.exit());
        assertFalse(Json.parse(other.out()).path("valid").asBoolean(true), other.out());
        assertTrue(other.out().contains("This is another box's proof: its key is " + key), other.out());
        assertTrue(run("airgap", "verify", PROOF.toString(), "--box", "omni.airgap/34750f98bd59fcfc")
                .out()
                .contains("is no key of a box"));
    }

    /** What it shows is what whoever verifies compares. */
    @Test
    void theStatusShowsTheKey() {
        try (var tree = new FakeTree(folder).start()) {
            String key = String.valueOf(tree.airgap.gap.key());
            assertTrue(tree.run("airgap", "status").out().contains("its proofs are signed by the key " + key));
            assertEquals(
                    key,
                    Json.parse(tree.run("airgap", "status", "--json").out())
                            .path("key")
                            .asString(""));
        }
    }

    @Test
    void anAuditThatCannotLookEverywhereDoesNotExplainEverything() {
        try (var tree = new FakeTree(folder).start()) {
            var whole = tree.run("airgap", "audit");
            assertEquals(0, whole.exit(), whole.out() + whole.err());
            tree.airgap.outOfReach = List.of("net:[7]: not permitted", "net:[8]");
            var part = tree.run("airgap", "audit");
            assertEquals(ExitCode.ERROR.number(), part.exit());
            assertTrue(part.out().contains("out of reach: net:[7]: not permitted\n"), part.out());
            assertTrue(part.out().endsWith("Not everything is explained: 2 namespaces out of reach.\n"), part.out());
            assertEquals(
                    ExitCode.ERROR.number(),
                    tree.run("airgap", "audit", "--json").exit());
        }
    }

    @Test
    void aCosignedCheckpointHoldsTheRecordsThatItCounts() throws IOException {
        var cosigned = cosign(PROOF);
        assertEquals(0, cosigned.exit(), cosigned.err());
        assertTrue(cosigned.err().startsWith("Cosigned 6 records. "), cosigned.err());
        assertTrue(cosign(PROOF).err().startsWith("Cosigned 6 records, 6 of them seen before. "));
        var note = Files.writeString(folder.resolve("note"), cosigned.out());
        var done = run(
                "airgap",
                "verify",
                PROOF.toString(),
                "--json",
                "--checkpoint",
                note.toString(),
                "--witness",
                witness(cosigned));
        assertEquals(0, done.exit(), done.out() + done.err());
        var verdict = Json.parse(done.out());
        assertEquals(6, verdict.path("held").asInt());
        assertEquals(6, verdict.at("/cosigned/0/records").asInt());
        assertEquals(
                witness(cosigned).replaceAll("\\+.*", ""),
                verdict.at("/cosigned/0/witness").asString());

        var without = run("airgap", "verify", PROOF.toString(), "--witness", witness(cosigned));
        assertEquals(ExitCode.REFUSED.number(), without.exit());
        assertTrue(without.out().contains("There is no cosignature of"), without.out());
    }

    @Test
    void whatDoesNotHoldIsNotCosigned() throws IOException {
        var lie = Files.writeString(
                folder.resolve("lie.json"), Files.readString(PROOF).replace("closed", "opened"));
        var done = cosign(lie);
        assertEquals(ExitCode.REFUSED.number(), done.exit());
        assertEquals("", done.out());
        assertTrue(done.err().contains("Not cosigned: Record 1 is not signed"), done.err());
        assertEquals(
                ExitCode.REFUSED.number(),
                run("airgap", "verify", lie.toString()).exit());
    }

    @Test
    void whatIsNoFileOfThatKindIsSaid() throws IOException {
        assertEquals(
                ExitCode.USAGE.number(),
                run("airgap", "verify", folder.resolve("none").toString()).exit());
        assertEquals(ExitCode.ERROR.number(), cosign(folder.resolve("none")).exit());
        assertFalse(Files.exists(folder.resolve("witness.key")));
        var huge = Files.write(folder.resolve("huge"), new byte[NoteFile.BYTES_MAX + 1]);
        var done = run("airgap", "verify", PROOF.toString(), "--checkpoint", huge.toString());
        assertEquals(ExitCode.USAGE.number(), done.exit());
        assertTrue(done.err().contains("larger than any checkpoint"), done.err());
        var binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff});
        assertTrue(
                run("airgap", "prove", "--witnessed", binary.toString()).err().contains("is no text"));
    }
}
