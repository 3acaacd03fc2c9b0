package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import omni.airgap.AirgapProtocol.FailedReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way out with no role running: takes back what the gap set, and nothing else. */
class OfflineBoxTest {
    /** A user that this machine need not know. */
    private static final String ROLE = "47110";

    @TempDir
    Path folder;

    @Test
    void liftsWithTheKeyAndWithNothingElse() throws Exception {
        StepUpKey key = StepUpKey.make();
        Path home = folder.resolve("box");
        Path run = Files.createDirectories(folder.resolve("run"));
        try (Street street = new Street(1)) {
            street.link(1);
            street.inBox("ip", "link", "set", "eth1", "alias", "mine");
            try (Gap gap = new Gap(
                    Scope.of(street.file()),
                    new GapStore(home.resolve("airgap"), run),
                    Clock.systemUTC(),
                    Obstacles::find,
                    point -> {})) {
                gap.start();
                new Factors(home.resolve("airgap"), text -> "nowhere", Owner.NOBODY, Clock.systemUTC())
                        .keep(key.publicKey(), Optional.empty(), Optional.empty());
                assertEquals(State.GAP, gap.engage("a test").state());
            }
            assertThrows(
                    DeniedException.class,
                    () -> OfflineMain.lift(
                            home, run, street.file(), StepUpKey.make().text()));
            assertFalse(street.inBox("ip", "link", "show", "eth0").contains(",UP"));
            Tools.pause(1100); // the wait after a wrong try
            assertEquals("The gap is lifted.", OfflineMain.lift(home, run, street.file(), key.text()));
            assertTrue(street.inBox("ip", "link", "show", "eth0").contains(",UP"));
            String second = street.inBox("ip", "link", "show", "eth1");
            assertFalse(second.contains(",UP"), second);
            assertTrue(second.contains("alias mine"), second);
            assertFalse(new GapStore(home.resolve("airgap"), run).closed());
            EvidenceChain evidence = EvidenceChain.in(home.resolve("airgap/evidence"), Clock.systemUTC());
            assertTrue(
                    Files.readAllLines(evidence.file()).getLast().contains("offline"),
                    Files.readAllLines(evidence.file()).toString());
        }
    }

    /** One that comes too early is not judged, and not written: nothing makes those wait. */
    @Test
    void aWrongKeyIsInTheEvidenceAndWhatRootMadeIsTheRoles() throws Exception {
        Path home = folder.resolve("box");
        Path airgap = home.resolve("airgap");
        Files.createDirectories(airgap);
        new Factors(airgap, text -> "nowhere", Owner.NOBODY, Clock.systemUTC())
                .keep(StepUpKey.make().publicKey(), Optional.empty(), Optional.empty());
        Tools.run("chown", "-R", ROLE, airgap.toString());
        assertEquals(FailedReason.DENIED, wrong(home).reason());
        assertEquals(FailedReason.LATER, wrong(home).reason());
        Path chain = airgap.resolve("evidence/chain");
        String text = Files.readString(chain);
        assertEquals(2, text.split("\"kind\":\"refused\"", -1).length, text);
        assertTrue(text.contains("\"cause\":\"at a local terminal, offline: The step-up key is wrong. "), text);
        assertEquals("", Tools.run("find", airgap.toString(), "!", "-user", ROLE));

        Files.createLink(folder.resolve("elsewhere"), chain);
        Tools.run("chown", "root", chain.toString());
        assertEquals(FailedReason.LATER, wrong(home).reason());
        assertEquals(0, Files.getAttribute(chain, "unix:uid"), "a file that is another's, too, was given away");
    }

    /** A folder in which no evidence can be kept makes a wrong key no better. */
    @Test
    void aWrongKeyIsRefusedWithoutEvidenceToo() throws Exception {
        Path home = folder.resolve("box");
        Files.createDirectories(home.resolve("airgap"));
        Files.createFile(home.resolve("airgap/evidence"));
        new Factors(home.resolve("airgap"), text -> "nowhere", Owner.NOBODY, Clock.systemUTC())
                .keep(StepUpKey.make().publicKey(), Optional.empty(), Optional.empty());
        DeniedException denied = wrong(home);
        assertEquals(FailedReason.DENIED, denied.reason());
        assertTrue(denied.getMessage().contains(" No evidence was written: "), denied.getMessage());
    }

    private DeniedException wrong(Path home) {
        return assertThrows(
                DeniedException.class,
                () -> OfflineMain.lift(home, folder, "", StepUpKey.make().text()));
    }
}
