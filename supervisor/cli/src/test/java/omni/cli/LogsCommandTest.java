package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsCommandTest {
    @TempDir
    Path folder;

    private Path logs = Path.of("");

    @BeforeEach
    void logs() throws IOException {
        logs = Files.createDirectories(folder.resolve("home/logs"));
    }

    private void log(String file, String role, int second, String msg) throws IOException {
        var line =
                "{\"ts\":\"2026-11-21T04:05:%02d.000Z\",\"level\":\"info\",\"role\":\"%s\",\"logger\":\"x\",\"msg\":\"%s\"}\n"
                        .formatted(second, role, msg);
        Files.writeString(logs.resolve(file), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void mergesByTimeAndCountsBack() throws IOException {
        log("engine.jsonl", "engine", 1, "one");
        log("engine.jsonl", "engine", 3, "three");
        log("daemon.jsonl", "daemon", 2, "two");
        try (var tree = new FakeTree(folder)) {
            var out = tree.run("logs").out();
            assertTrue(out.indexOf("one") < out.indexOf("two") && out.indexOf("two") < out.indexOf("three"), out);
            var last = tree.run("logs", "-n", "1", "--json").out();
            assertEquals("three", Json.parse(last).path("msg").asString());
            assertEquals(1, tree.run("logs", "daemon").out().lines().count());
        }
    }

    @Test
    void showsCausesAndWhatIsNoJsonAndNoControlCharacters() throws IOException {
        Files.writeString(logs.resolve("engine.jsonl"), """
            {"ts":"2026-11-21T04:05:01Z","level":"error","role":"engine","msg":"it \\u001b[2J fell","err":["java.io.IOException","a.b(C.java:1)"]}
            a line of a program
            """);
        try (var tree = new FakeTree(folder)) {
            var out = tree.run("logs").out();
            assertTrue(
                    out.contains("engine     error   it \ufffd[2J fell\n    java.io.IOException\n    a.b(C.java:1)\n"),
                    out);
            assertTrue(out.endsWith("a line of a program\n"), out);
        }
    }

    @Test
    void readsOnIntoTheFileThatMadeWay() throws IOException {
        log("engine.jsonl.1", "engine", 1, "before");
        log("engine.jsonl", "engine", 2, "after");
        try (var tree = new FakeTree(folder)) {
            assertEquals(2, tree.run("logs").out().lines().count());
        }
    }

    @Test
    void saysWhereItLookedInVain() throws IOException {
        log("engine.jsonl", "engine", 1, "one");
        try (var tree = new FakeTree(folder)) {
            var done = tree.run("logs", "vault");
            assertEquals(ExitCode.ERROR.number(), done.exit());
            assertTrue(done.err().contains("no logs of vault"), done.err());
            assertEquals(ExitCode.USAGE.number(), tree.run("logs", "-n", "-1").exit());
            assertEquals(
                    0,
                    tree.run("logs", "-n", String.valueOf(LogsCommand.LINES_MAX))
                            .exit());
            var past = tree.run("logs", "-n", String.valueOf(LogsCommand.LINES_MAX + 1));
            assertEquals(ExitCode.USAGE.number(), past.exit());
        }
    }

    @Test
    void followsThroughARotationAndANewRole() throws Exception {
        log("engine.jsonl", "engine", 1, "one");
        var out = new StringWriter();
        try (var tree = new FakeTree(folder)) {
            var world = new World(
                    tree.environment,
                    new ByteArrayInputStream(new byte[0]),
                    new PrintWriter(out, true),
                    new PrintWriter(out, true));
            var follower =
                    Thread.ofPlatform().start(() -> Main.commandLine(world).execute("logs", "-f"));
            Await.until("the first line", () -> out.toString().contains("one"));
            log("engine.jsonl", "engine", 2, "two");
            Files.move(logs.resolve("engine.jsonl"), logs.resolve("engine.jsonl.1"));
            log("engine.jsonl", "engine", 3, "three");
            log("daemon.jsonl", "daemon", 4, "four");
            Await.until(
                    "all lines",
                    () -> out.toString().contains("three") && out.toString().contains("four"));
            assertTrue(out.toString().contains("two"), out.toString());
            assertEquals(4, out.toString().lines().count());
            follower.interrupt();
            follower.join();
        }
    }

    @Test
    void aLineIsHeldUntilItIsWhole() throws IOException {
        var file = logs.resolve("engine.jsonl");
        Files.writeString(file, "{\"a\":1}\n{\"b\"");
        try (var tail = new LogTail(file)) {
            assertEquals(List.of("{\"a\":1}"), tail.read(1000));
            Files.writeString(file, ":2}\n", StandardOpenOption.APPEND);
            assertEquals(List.of("{\"b\":2}"), tail.read(1000));
        }
    }

    @Test
    void beginsAtAWholeLineAndCutsEndlessOnes() throws IOException {
        var file = Files.writeString(logs.resolve("engine.jsonl"), "first\nsecond\n");
        try (var tail = new LogTail(file)) {
            assertEquals(List.of("second"), tail.read(9));
            Files.writeString(file, "x".repeat(LogTail.LINE_BYTES_MAX + 1) + "\n", StandardOpenOption.APPEND);
            assertEquals(LogTail.LINE_BYTES_MAX, tail.read(9).getFirst().length());
            assertFalse(tail.read(9).iterator().hasNext());
        }
    }
}
