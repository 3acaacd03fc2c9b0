package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import omni.api.DaemonProtocol.Message;
import omni.bus.BusClient;
import omni.bus.BusError;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatCommandTest {
    @TempDir
    Path folder;

    @Test
    void answersAPromptWithTheOptionsGiven() {
        try (var tree = new FakeTree(folder).start()) {
            var done =
                    tree.run("chat", "--model", "big", "--temperature", "0", "--max-tokens", "9", "--seed", "4", "Hi");
            assertEquals(0, done.exit(), done.err());
            assertEquals("12.\n", done.out());
            var asked = tree.daemon.asked.getFirst();
            assertEquals(List.of(new Message("user", "Hi")), asked.messages());
            assertEquals("big", asked.model());
            assertEquals(0.0, asked.temperature());
            assertEquals(9, asked.maxTokens());
            assertEquals(4, asked.seed());
        }
    }

    @Test
    void answersStandardInput() {
        try (var tree = new FakeTree(folder).start()) {
            assertEquals("12.\n", tree.runWith("What is\n7 plus 5?\n", "chat").out());
            var asked = tree.daemon.asked.getFirst();
            assertEquals("What is\n7 plus 5?", asked.messages().getFirst().content());
            assertNull(asked.temperature());
        }
    }

    @Test
    void streamsJsonLines() {
        try (var tree = new FakeTree(folder).start()) {
            var lines = tree.run("chat", "--json", "Hi")
                    .out()
                    .lines()
                    .map(Json::parse)
                    .toList();
            assertEquals(3, lines.size());
            assertEquals("1", lines.get(0).path("text").asString());
            assertEquals("2.", lines.get(1).path("text").asString());
            assertEquals("stop", lines.get(2).path("finish").asString());
            assertEquals(20, lines.get(2).path("promptTokens").asInt());
            assertEquals(3, lines.get(2).path("completionTokens").asInt());
        }
    }

    @Test
    void refusesNothingAndTooMuch() {
        try (var tree = new FakeTree(folder).start()) {
            assertEquals(ExitCode.USAGE.number(), tree.runWith(" \n", "chat").exit());
            var full = "a".repeat(ChatCommand.INPUT_BYTES_MAX);
            assertEquals(0, tree.runWith(full, "chat").exit());
            var done = tree.runWith(full + "a", "chat");
            assertEquals(ExitCode.USAGE.number(), done.exit());
            assertTrue(done.err().contains("1048576"), done.err());
        }
    }

    @Test
    void whatIsSaidOfAnAnswerThatBreaksOffHasALineOfItsOwn() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("chat", FakeDaemon.BROKEN_OFF);
            assertEquals(ExitCode.REFUSED.number(), done.exit(), done.err());
            assertEquals("1\n", done.out());
            assertTrue(done.err().contains("The engine is not there."), done.err());
        }
    }

    @Test
    void passesOnARefusal() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("chat", FakeDaemon.REFUSED);
            assertEquals(ExitCode.REFUSED.number(), done.exit());
            assertTrue(done.err().contains("9000 tokens"), done.err());
        }
    }

    @Test
    void tellsADaemonThatIsAwayFromAnOmniThatIsNotThere() {
        try (var tree = new FakeTree(folder).start()) {
            tree.stop("daemon");
            assertEquals(ExitCode.AWAY.number(), tree.run("chat", "Hi").exit());
            tree.stop("supervisor");
            assertEquals(ExitCode.NOT_RUNNING.number(), tree.run("chat", "Hi").exit());
        }
    }

    @Test
    void aConversationRemembersAnswersAndForgetsWhatFailed() {
        try (var tree = new FakeTree(folder).start();
                var talk = talk(tree)) {
            talk.ask("One?", _ -> {});
            Assertions.assertThrows(BusError.class, () -> talk.ask(FakeDaemon.REFUSED, _ -> {}));
            talk.ask("Two?", _ -> {});
            assertEquals(
                    List.of(new Message("user", "One?"), new Message("assistant", "12."), new Message("user", "Two?")),
                    tree.daemon.asked.getLast().messages());
            talk.forget();
            talk.ask("Three?", _ -> {});
            assertEquals(
                    List.of(new Message("user", "Three?")),
                    tree.daemon.asked.getLast().messages());
        }
    }

    @Test
    void whatIsKeptIsNotSentAgain() {
        try (var tree = new FakeTree(folder).start();
                var talk = talk(tree)) {
            talk.ask("One?", _ -> {});
            assertEquals(Optional.empty(), talk.kept(), "the vault is locked");
            tree.daemon.conversation = "conv_1";
            talk.ask("Two?", _ -> {});
            assertEquals(3, tree.daemon.asked.getLast().messages().size());
            assertEquals(Optional.of("conv_1"), talk.kept());
            talk.ask("Three?", _ -> {});
            var asked = tree.daemon.asked.getLast();
            assertEquals(List.of(new Message("user", "Three?")), asked.messages());
            assertEquals("conv_1", asked.conversation());
            talk.forget();
            talk.ask("Four?", _ -> {});
            assertNull(tree.daemon.asked.getLast().conversation());
        }
    }

    @Test
    void keepsUnlessToldNotToAndGoesOnWithWhatIsKept() {
        try (var tree = new FakeTree(folder).start()) {
            tree.daemon.conversation = "conv_1";
            var kept = tree.run("chat", "--json", "Hi");
            assertEquals(
                    "conv_1",
                    Json.parse(kept.out().lines().toList().getLast())
                            .path("conversation")
                            .asString());
            assertTrue(tree.daemon.asked.getLast().store());
            assertEquals(0, tree.run("chat", "--no-store", "Hi").exit());
            assertFalse(tree.daemon.asked.getLast().store());
            assertEquals(0, tree.run("chat", "--continue", "conv_2", "Hi").exit());
            assertEquals("conv_2", tree.daemon.asked.getLast().conversation());
            assertEquals(
                    ExitCode.USAGE.number(),
                    tree.run("chat", "--continue", "conv_2", "--no-store", "Hi").exit());
        }
    }

    @Test
    void cancellingEndsTheAnswerAndNotTheConversation() throws InterruptedException {
        try (var tree = new FakeTree(folder).start();
                var talk = talk(tree)) {
            talk.cancel();
            var ending = talk.ask(FakeDaemon.ENDLESS, _ -> talk.cancel());
            assertTrue(ending.cancelled());
            assertTrue(tree.daemon.left.await(20, java.util.concurrent.TimeUnit.SECONDS), "the daemon saw nothing");
            assertEquals("stop", talk.ask("And now?", _ -> {}).finish());
        }
    }

    private static Conversation talk(FakeTree tree) {
        var socket = Path.of(tree.environment.get("OMNI_RUN"), "daemon.sock");
        return new Conversation(BusClient.to(socket), new Conversation.Settings(null, null, null, null, true), null);
    }
}
