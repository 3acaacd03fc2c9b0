package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import omni.bus.BusException;
import omni.init.RoleSpec.Restart;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.ReportParamsState;
import omni.role.SupervisorProtocol.RoleState;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tree over real processes: one virtual machine a role. */
final class ProcessTreeTest {
    private static final RoleSpec FIRST = Rig.resident("first", Restart.ONE_FOR_ONE);
    private static final RoleSpec SECOND = Rig.resident("second", Restart.ONE_FOR_ONE, "first");

    @Test
    void startsServesLogsAndStops() throws Exception {
        try (Rig rig = Rig.start("", FIRST, SECOND).ready()) {
            SupervisorProtocol.Tree tree = rig.supervisor()
                    .status(new SupervisorProtocol.StatusParams())
                    .tree();
            assertEquals(SupervisorProtocol.TreeState.READY, tree.state());
            assertEquals(
                    List.of("supervisor", "first", "second"),
                    tree.roles().stream().map(SupervisorProtocol.Role::name).toList());
            assertEquals(ProcessHandle.current().pid(), tree.roles().getFirst().pid());
            assertNotNull(tree.roles().get(1).startMillis());
            assertTrue(Files.exists(rig.runDir().resolve("first.sock")));
            // Two pipes: the control pipe, and standard output with standard error. No socket, nothing of the
            // supervisor.
            Await.until("the note has come", () -> rig.role("first").note() != null);
            assertEquals("{pipe=3}, true", rig.role("first").note());
            Await.until("the memory is known", () -> rig.role("second").pssBytes() != null);
            assertThrows(TreeRun.AlreadyRunning.class, () -> again(rig.home()));
            long first = rig.pid("first");
            long second = rig.pid("second");
            assertFalse(rig.stop().failed());
            Await.gone(first);
            Await.gone(second);
            assertFalse(Files.exists(rig.runDir().resolve("first.sock")));
            assertEquals(List.of("second stopped", "first stopped"), rig.told.subList(2, 4));
            logsAreJson(rig.home().resolve("logs").resolve("first.jsonl"));
        }
    }

    private static void again(Path home) {
        Place place = Rig.place(home);
        TreeRun.start(
                        place,
                        omni.role.Config.load(home.resolve("omni.toml"), omni.role.Section.all()),
                        Roster.of(List.of(FIRST)),
                        Rig.launcher(place),
                        (role, bad, line) -> {})
                .close();
    }

    private static void logsAreJson(Path log) throws Exception {
        List<String> messages = new java.util.ArrayList<>();
        for (String line : Files.readAllLines(log)) {
            JsonNode entry = JsonMapper.shared().readTree(line);
            assertEquals("first", entry.path("role").asString(""), line);
            assertNotNull(java.time.Instant.parse(entry.path("ts").asString("")));
            messages.add(entry.path("msg").asString(""));
        }
        assertTrue(messages.contains("printed by a library"), messages::toString);
        assertTrue(messages.contains("{\"printed\" by native code"), messages::toString);
        assertTrue(messages.contains("line\nwith \"everything\" \u0001 in it"), messages::toString);
        assertTrue(messages.contains("Ready") && messages.contains("Stopped"), messages::toString);
        assertTrue(messages.stream().anyMatch(message -> message.startsWith("xxxx")), messages::toString);
        assertTrue(messages.stream().allMatch(message -> message.length() <= 2000));
    }

    @Test
    void itsSocketTakesAFewSmallCallsOnly() throws Exception {
        try (Rig rig = Rig.start("", FIRST).ready()) {
            int nameMax = TreeRun.LIMITS.messageBytesMax()
                    - "{'method':'omni.Supervisor.Restart','parameters':{'role':''}}".length();
            assertThrows(
                    SupervisorProtocol.NoSuchRole.class,
                    () -> rig.supervisor().restart(new SupervisorProtocol.RestartParams("x".repeat(nameMax - 500))));
            assertThrows(
                    BusException.Disconnected.class,
                    () -> rig.supervisor().restart(new SupervisorProtocol.RestartParams("x".repeat(nameMax + 1))));
            // With the one of the role this is one more than there may be.
            List<SocketChannel> crowd = new ArrayList<>();
            for (int i = 0; i < TreeRun.LIMITS.connectionsMax(); i++) {
                crowd.add(SocketChannel.open(
                        UnixDomainSocketAddress.of(rig.runDir().resolve("supervisor.sock"))));
            }
            assertThrows(BusException.class, () -> rig.supervisor().status(new SupervisorProtocol.StatusParams()));
            for (SocketChannel one : crowd) {
                one.close();
            }
            Await.until("there is room again", () -> {
                try {
                    return rig.supervisor().status(new SupervisorProtocol.StatusParams()) != null;
                } catch (BusException _) {
                    return false;
                }
            });
        }
    }

    @Test
    void aKilledRoleComesBackAndTheOthersAreUntouched() throws Exception {
        try (Rig rig = Rig.start("", FIRST, SECOND).ready()) {
            long first = rig.pid("first");
            long second = rig.pid("second");
            String instance = "of another tree";
            assertThrows(
                    SupervisorProtocol.NotThisTree.class,
                    () -> rig.supervisor()
                            .report(new SupervisorProtocol.ReportParams(
                                    "first", instance, first, ReportParamsState.READY, null, null)));
            Rig.signal("KILL", first);
            Await.until("first is seen dead", () -> rig.role("first").restarts() == 1);
            rig.ready();
            assertNotEquals(first, rig.pid("first"));
            assertEquals(second, rig.pid("second"));
            assertTrue(rig.told.contains("first was killed by SIGKILL; starts again"), rig.told::toString);
            rig.supervisor().restart(new SupervisorProtocol.RestartParams("second"));
            rig.ready();
            assertNotEquals(second, rig.pid("second"));
            assertThrows(
                    SupervisorProtocol.NoSuchRole.class,
                    () -> rig.supervisor().restart(new SupervisorProtocol.RestartParams("third")));
        }
    }

    @Test
    void aFrozenRoleIsKilledAndComesBack() throws Exception {
        try (Rig rig = Rig.start("liveness = \"2s\"", SECOND_ALONE).ready()) {
            long frozen = rig.pid("second");
            Rig.signal("STOP", frozen);
            Await.until("second is back", () -> rig.role("second").restarts() == 1);
            rig.ready();
            Await.gone(frozen);
            assertTrue(rig.told.contains("second was silent for 2 s; killed"), rig.told::toString);
        }
    }

    private static final RoleSpec SECOND_ALONE = Rig.resident("second", Restart.ONE_FOR_ONE);

    @Test
    void aRoleThatCannotStartUsesUpTheBudgetAndTheTreeStopsInOrder() throws Exception {
        RoleSpec broken = Rig.resident("broken", Restart.ONE_FOR_ONE, "second");
        try (Rig rig = Rig.start("restarts_max = 1\nbackoff_first = \"10ms\"", SECOND_ALONE, broken)) {
            Order.Outcome outcome = rig.run().await();
            assertTrue(outcome.failed());
            assertTrue(
                    outcome.reason()
                            .startsWith("broken ended with code 70: The role cannot start: the test's disk is on fire."
                                    + " The restart budget is used up (restarts_max = 1"),
                    outcome.reason());
            assertEquals("second stopped", rig.told.getLast());
        }
    }

    @Test
    void whatDoesNotStopIsKilledWithAllItHasStarted() throws Exception {
        RoleSpec stubborn = Rig.resident("stubborn", Restart.ONE_FOR_ONE);
        try (Rig rig = Rig.start("stop_grace = \"1s\"", stubborn).ready()) {
            Await.until("the note has come", () -> rig.role("stubborn").note() != null);
            long grandchild = Long.parseLong(
                    java.util.Objects.requireNonNull(rig.role("stubborn").note()));
            assertTrue(ProcessHandle.of(grandchild).isPresent());
            rig.stop();
            Await.gone(grandchild);
        }
    }

    @Test
    void aRoleOnDemandStartsWhenAskedFor() throws Exception {
        try (Rig rig = Rig.start("restarts_max = 0", SECOND_ALONE, Rig.onDemand("guest"), Rig.onDemand("broken"))
                .ready()) {
            assertEquals(RoleState.IDLE, rig.role("guest").state());
            rig.supervisor().start(new SupervisorProtocol.StartParams("guest"));
            assertEquals(RoleState.READY, rig.role("guest").state());
            var failed = assertThrows(
                    SupervisorProtocol.StartFailed.class,
                    () -> rig.supervisor().start(new SupervisorProtocol.StartParams("broken")));
            assertTrue(failed.reason().contains("disk is on fire"), failed.reason());
            assertEquals(
                    SupervisorProtocol.TreeState.READY, rig.run().snapshot().state());
            rig.supervisor().stop(new SupervisorProtocol.StopParams());
            assertEquals("asked to stop over the bus", rig.run().await().reason());
        }
    }

    @Test
    void aNativeCrashLeavesNoFileAndSaysWhatItWas() throws Exception {
        try (Rig rig = Rig.start("", SECOND_ALONE).ready()) {
            long pid = rig.pid("second");
            Rig.signal("SEGV", pid);
            Await.until("second is back", () -> rig.role("second").restarts() == 1);
            rig.ready();
            assertTrue(rig.told.get(1).contains("SIGSEGV"), rig.told::toString);
            assertEquals(List.of("logs", "omni.toml", "run"), names(rig.home()));
            assertFalse(Files.exists(Path.of(System.getProperty("java.io.tmpdir"), "hs_err_pid" + pid + ".log")));
        }
        Path home = Rig.home("");
        try {
            // The control: without the flags of JvmFlags, the same crash leaves a report where the process works.
            var builder = new ProcessBuilder(Rig.java().line(List.of(), "omni.role", "omni.role.Main", "second"))
                    .directory(home.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("OMNI_HOME", home.toString());
            builder.environment().put("OMNI_RUN", home.resolve("run").toString());
            Process unprotected = builder.start();
            Await.until("it serves", () -> Files.exists(home.resolve("run").resolve("second.sock")));
            Rig.signal("SEGV", unprotected.pid());
            unprotected.waitFor();
            assertTrue(
                    names(home).contains("hs_err_pid" + unprotected.pid() + ".log"),
                    () -> names(home).toString());
        } finally {
            Rig.delete(home);
        }
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
