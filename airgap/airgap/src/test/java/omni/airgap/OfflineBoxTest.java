package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import omni.airgap.AirgapProtocol.FailedReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way out with no role running: takes back what the gap set, and nothing else. */
class OfflineBoxTest {
    /** A user that this machine need not know. */
    private static final String ROLE = "47110";

    private static final String ANOTHER = "47111";

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
                    new LinuxHost(Scope.of(street.file())),
                    new GapStore(home.resolve("airgap"), run),
                    Clock.systemUTC(),
                    TestParser::obstacles,
                    point -> {})) {
                gap.start();
                new Factors(home.resolve("airgap"), text -> "nowhere", Owner.NOBODY, Clock.systemUTC())
                        .keep(key.publicKey(), Optional.empty(), Optional.empty());
                assertEquals(State.GAP, gap.engage("a test").state());
            }
            Tools.run("chown", "-R", ROLE, home.toString());
            assertThrows(
                    DeniedException.class,
                    () -> OfflineMain.lift(
                            home, run, street.file(), StepUpKey.make().text()));
            assertFalse(street.inBox("ip", "link", "show", "eth0").contains(",UP"));
            Tools.pause(1100); // the wait after a wrong try
            assertEquals("The gap is lifted.\n", offline(home, run, street.file(), key));
            assertTrue(street.inBox("ip", "link", "show", "eth0").contains(",UP"));
            String second = street.inBox("ip", "link", "show", "eth1");
            assertFalse(second.contains(",UP"), second);
            assertTrue(second.contains("alias mine"), second);
            assertFalse(new GapStore(home.resolve("airgap"), run).closed());
            EvidenceChain evidence = EvidenceChain.in(home.resolve("airgap/evidence"), Clock.systemUTC());
            assertTrue(
                    Files.readAllLines(evidence.file()).getLast().contains("offline"),
                    Files.readAllLines(evidence.file()).toString());
            assertEquals("", notTheRoles(home));

            Tools.run("rm", "-r", home.resolve("airgap/routes").toString());
            Files.delete(home.resolve("airgap/armed"));
            assertEquals("The gap of " + home + " is open.", OfflineMain.lift(home, run, street.file(), key.text()));
            assertTrue(Files.exists(home.resolve("airgap/armed")), "a gap that is open is armed");
            try (Stream<Path> boots = Files.list(home.resolve("airgap/routes"))) {
                assertEquals(1, boots.count(), "and keeps its routes");
            }
            assertEquals("", notTheRoles(home));
        }
    }

    /** As the command starts it, with its log: what it says is all that a person at the line reads. */
    private static String offline(Path home, Path run, String scope, StepUpKey key) throws Exception {
        Process process = Tools.java(OfflineMain.class, home.toString(), run.toString(), scope, "off")
                .redirectErrorStream(true)
                .start();
        try (var in = process.getOutputStream()) {
            in.write((key.text() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return said;
    }

    /** One that comes too early is not judged, and not written: nothing makes those wait. */
    @Test
    void aWrongKeyIsInTheEvidenceAndWhatRootMadeIsTheRoles() throws Exception {
        Path home = folder.resolve("box");
        Path airgap = home.resolve("airgap");
        Files.createDirectories(airgap);
        new Factors(airgap, text -> "nowhere", Owner.NOBODY, Clock.systemUTC())
                .keep(StepUpKey.make().publicKey(), Optional.empty(), Optional.empty());
        Tools.run("chown", "-R", ROLE, home.toString());
        assertEquals(FailedReason.DENIED, wrong(home).reason());
        assertEquals(FailedReason.LATER, wrong(home).reason());
        Path chain = airgap.resolve("evidence/chain");
        String text = Files.readString(chain);
        assertEquals(2, text.split("\"kind\":\"refused\"", -1).length, text);
        assertTrue(text.contains("\"cause\":\"at a local terminal, offline: The step-up key is wrong. "), text);
        assertEquals("", notTheRoles(home));
    }

    /** By a link whoever has the role's user would have root write into a folder elsewhere, and would be given what is there. */
    @Test
    void evidenceIsWrittenThroughNoLinkAndTheGapIsLiftedWithout() throws Exception {
        StepUpKey key = StepUpKey.make();
        Path home = homeWith(key);
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path evidence = Files.createSymbolicLink(home.resolve("airgap/evidence"), elsewhere);
        chown(ROLE, evidence);
        DeniedException denied = wrong(home);
        assertEquals(FailedReason.DENIED, denied.reason());
        assertTrue(denied.getMessage().contains("evidence is a symbolic link"), denied.getMessage());
        Tools.pause(1100); // the wait after a wrong try
        String said = OfflineMain.lift(home, folder, "", key.text());
        assertTrue(said.startsWith("The gap of " + home + " is open. No evidence was written: " + evidence), said);
        assertEquals(List.of(), namesIn(elsewhere));
        assertEquals(0, Files.getAttribute(elsewhere, "unix:uid"));
        assertEquals("", notTheRoles(home));

        EvidenceChain.in(evidence, Clock.systemUTC()).refused("the control");
        assertEquals(List.of("chain", "key"), namesIn(elsewhere), "unchecked, it is written there");
    }

    /** A file of root's under a second name in there is neither written nor given away. */
    @Test
    void aFileWithAnotherNameElsewhereStaysAsItIs() throws Exception {
        Path home = homeWith(StepUpKey.make());
        Path evidence = Files.createDirectory(home.resolve("airgap/evidence"));
        Path elsewhere = Files.writeString(folder.resolve("elsewhere"), "root's\n");
        Files.createLink(evidence.resolve("chain"), elsewhere);
        Files.createSymbolicLink(evidence.resolve("another"), elsewhere);
        chown(ROLE, evidence);
        DeniedException denied = wrong(home);
        assertTrue(denied.getMessage().contains(" No evidence was written: "), denied.getMessage());
        Files.delete(evidence.resolve("another"));
        Files.delete(home.resolve("airgap/attempts-offline"));
        denied = wrong(home);
        assertTrue(denied.getMessage().contains("has another name elsewhere"), denied.getMessage());
        assertEquals("root's\n", Files.readString(elsewhere));
        assertEquals(0, Files.getAttribute(elsewhere, "unix:uid"));
        assertEquals(evidence + "/chain\n", notTheRoles(home));

        EvidenceChain.in(evidence, Clock.systemUTC()).refused("the control");
        assertNotEquals("root's\n", Files.readString(elsewhere), "unchecked, it is changed");
    }

    /** What root had there before may have been moved there: it is used, and stays root's. */
    @Test
    void whatWasRootsBeforeIsNotGivenAway() throws Exception {
        Path home = homeWith(StepUpKey.make());
        Path moved = Files.writeString(home.resolve("airgap/moved"), "root's\n");
        assertEquals(FailedReason.DENIED, wrong(home).reason());
        assertEquals(moved + "\n", notTheRoles(home));
    }

    @Test
    void whatIsAnotherUsersIsNotWrittenTo() throws Exception {
        StepUpKey key = StepUpKey.make();
        Path home = homeWith(key);
        Path airgap = home.resolve("airgap");
        Path evidence = Files.createDirectory(airgap.resolve("evidence"));
        chown(ANOTHER, evidence);
        DeniedException denied = wrong(home);
        assertTrue(
                denied.getMessage().contains("then chown -h " + ROLE + " " + evidence + ", or remove it"),
                denied.getMessage());
        assertEquals(List.of(), namesIn(evidence));
        Files.delete(evidence);
        Files.delete(airgap.resolve("attempts-offline"));

        chown(ANOTHER, airgap);
        refused(home, airgap + " is " + ANOTHER + "'s, and not " + ROLE + "'s");
        assertEquals(List.of("step-up"), namesIn(airgap));
        assertEquals(47111, Files.getAttribute(airgap, "unix:uid"));
    }

    /** Each of these would have root change or remove a file elsewhere. */
    @Test
    void nothingIsWrittenThroughAnyOtherLink() throws Exception {
        Path home = homeWith(StepUpKey.make());
        Path airgap = home.resolve("airgap");
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/earlier"));
        Path file = Files.writeString(elsewhere.resolve("file"), "root's\n");
        for (String name : List.of("armed.new", "closing", "io_uring", "radios.new", "attempts-offline", "routes")) {
            Path link = Files.createSymbolicLink(airgap.resolve(name), name.equals("routes") ? elsewhere : file);
            refused(home, link + " is a symbolic link");
            Files.delete(link);
        }
        Path routes = Files.createDirectory(airgap.resolve("routes"));
        Path earlier = Files.createSymbolicLink(routes.resolve("earlier"), elsewhere);
        refused(home, earlier + " is a symbolic link");
        assertEquals("root's\n", Files.readString(file));
        assertEquals(List.of("routes", "step-up"), namesIn(airgap));

        Files.createSymbolicLink(airgap.resolve("closing"), file);
        new GapStore(airgap, folder).persist(new GapStore.Closing(Instant.EPOCH, "a test"));
        assertNotEquals("root's\n", Files.readString(file), "unchecked, it is changed");
        Path real = Files.move(airgap, home.resolve("real"));
        Files.createSymbolicLink(airgap, real);
        refused(home, airgap + " is a symbolic link");
    }

    /** Of the talks: root reads and writes nothing there, and a disk of its own may have it. */
    @Test
    void aLinkToWhereTheTalksAreIsNobodysHindrance() throws Exception {
        StepUpKey key = StepUpKey.make();
        Path home = homeWith(key);
        Files.createSymbolicLink(home.resolve("airgap/audit"), folder);
        assertEquals("The gap of " + home + " is open.", OfflineMain.lift(home, folder, "", key.text()));
    }

    @Test
    void moreThanIsLookedThroughIsRefusedWithWhere() throws Exception {
        Path home = homeWith(StepUpKey.make());
        Path boot = Files.createDirectories(home.resolve("airgap/routes/boot"));
        for (int i = 3; i < RoleFolder.ENTRIES_MAX; i++) { // with the two folders and the key
            Files.createFile(boot.resolve("s" + i));
        }
        Tools.run("chown", "-R", ROLE, home.toString());
        assertEquals(FailedReason.DENIED, wrong(home).reason());
        Files.createFile(boot.resolve("more"));
        Files.delete(home.resolve("airgap/attempts-offline"));
        Tools.run("rm", "-r", home.resolve("airgap/evidence").toString());
        refused(home, "More than " + RoleFolder.ENTRIES_MAX + " files are in " + home.resolve("airgap"));
        Tools.run("rm", "-r", boot.toString());
        refusedAfter(Files.createDirectories(boot.resolve("deeper")), home);
    }

    private void refusedAfter(Path made, Path home) throws Exception {
        refused(home, made + " is a folder where Omni has none");
        Files.delete(made);
        assertEquals(FailedReason.DENIED, wrong(home).reason());
    }

    /** With that key, and all of it the role's. */
    private Path homeWith(StepUpKey key) throws Exception {
        Path home = folder.resolve("box");
        Path airgap = Files.createDirectories(home.resolve("airgap"));
        new Factors(airgap, text -> "nowhere", Owner.NOBODY, Clock.systemUTC())
                .keep(key.publicKey(), Optional.empty(), Optional.empty());
        Tools.run("chown", "-R", ROLE, home.toString());
        return home;
    }

    private static void chown(String user, Path file) throws Exception {
        Tools.run("chown", "-h", user, file.toString());
    }

    private static String notTheRoles(Path home) throws Exception {
        return Tools.run("find", home.resolve("airgap").toString(), "!", "-user", ROLE);
    }

    private static List<String> namesIn(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private void refused(Path home, String why) throws Exception {
        AirgapException refused = assertThrows(
                AirgapException.class,
                () -> OfflineMain.lift(home, folder, "", StepUpKey.make().text()));
        assertFalse(refused instanceof DeniedException, refused.getMessage());
        assertTrue(refused.getMessage().startsWith(why), refused.getMessage());
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
