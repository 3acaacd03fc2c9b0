package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import omni.api.DaemonProtocol.KeyRights;
import omni.api.DaemonProtocol.KeyStanding;
import omni.api.DaemonProtocol.Priority;
import omni.api.DaemonProtocol.RouteGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KeyCommandTest {
    @TempDir
    Path folder;

    @Test
    void makesAKeyShowsItOnceAndSendsItsHashOnly() {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("key", "new", "laptop");
            assertEquals(0, done.exit(), done.err());
            var key = done.out().strip();
            assertTrue(key.matches("omni-[A-Za-z0-9_-]{43}"), key);
            var added = tree.daemon.added.getFirst();
            assertEquals(FreshKey.hash(key), added.hash());
            assertEquals("laptop", added.name());
            assertFalse(added.session());
            assertTrue(done.err().contains("cannot be shown again"), done.err());
            assertFalse(done.err().contains(key));
            assertNotEquals(key, tree.run("key", "new", "laptop").out().strip());
        }
    }

    @Test
    void aKeyHasAClass() {
        try (var tree = new FakeTree(folder).start()) {
            assertEquals(0, tree.run("key", "new", "laptop").exit());
            assertEquals(
                    0,
                    tree.run("key", "new", "indexer", "--priority", "background")
                            .exit());
            assertEquals(
                    List.of(Priority.NORMAL, Priority.BACKGROUND),
                    tree.daemon.added.stream().map(added -> added.priority()).toList());
            var list = tree.run("key", "list").out();
            assertTrue(list.contains("indexer  (background)"), list);
            assertFalse(list.contains("normal"), list);
            assertEquals(
                    ExitCode.USAGE.number(),
                    tree.run("key", "new", "x", "--priority", "urgent").exit());
        }
    }

    @Test
    void aKeyHasTheRightsThatItIsGiven() {
        try (var tree = new FakeTree(folder).start()) {
            assertEquals(0, tree.run("key", "new", "laptop").exit());
            assertNull(tree.daemon.added.getFirst().rights(), "the control: one that may everything");
            var made = tree.run(
                    "key",
                    "new",
                    "guest",
                    "--models",
                    "qwen3,b:7b",
                    "--routes=chat,models",
                    "--rate",
                    "20",
                    "--tokens-per-day",
                    "100000",
                    "--expires",
                    "2027-01-31");
            assertEquals(0, made.exit(), made.err());
            var rights = new KeyRights(
                    List.of("qwen3", "b:7b"),
                    List.of(RouteGroup.CHAT, RouteGroup.MODELS),
                    20L,
                    100_000L,
                    "2027-01-31T00:00:00Z");
            assertEquals(rights, tree.daemon.added.getLast().rights());
            assertEquals(0, tree.run("key", "new", "short", "--expires", "90d").exit());
            var expires =
                    Objects.requireNonNull(tree.daemon.added.getLast().rights()).expires();
            var days = Duration.between(Instant.now(), Instant.parse(String.valueOf(expires)))
                    .plusMinutes(1)
                    .toDays();
            assertEquals(90, days);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--routes,everything",
        "--routes,''",
        "--rate,many",
        "--rate,99999999999999999999",
        "--tokens-per-day,1.5",
        "--expires,soon",
        "--expires,2027-02-30",
        "--expires,100000d"
    })
    void aRightThatIsNoneIsRefused(String option, String value) {
        try (var tree = new FakeTree(folder).start()) {
            var done = tree.run("key", "new", "guest", option, value);
            assertEquals(ExitCode.USAGE.number(), done.exit(), done.err());
            assertTrue(tree.daemon.added.isEmpty());
        }
    }

    @Test
    void theListSaysWhatAKeyMayAndWhenItWasUsed() {
        try (var tree = new FakeTree(folder).start()) {
            tree.run("key", "new", "laptop");
            var list = tree.run("key", "list").out();
            assertTrue(list.contains("never used"), list);
            assertFalse(list.contains("routes") || list.contains("expire"), list);

            tree.run("key", "revoke", "laptop");
            tree.run("key", "new", "guest", "--models=a,b", "--routes=chat", "--rate=1", "--expires=2027-01-31");
            var id = tree.daemon.added.getFirst().hash().substring(0, 12);
            tree.daemon.expired.add(id);
            tree.daemon.used.put(id, "2026-11-30T10:00:00Z");
            assertEquals("""
                    %s  2026-11-21T04:00:00Z      guest  (expired)
                                  used 2026-11-30T10:00:00Z, 1234 tokens today
                                  models a, b
                                  routes chat
                                  1 request per minute
                                  expires 2027-01-31T00:00:00Z""".formatted(id), tree.run("key", "list").out().strip());
            var json = Json.parse(tree.run("key", "list", "--json").out()).at("/keys/0");
            assertEquals("chat", json.at("/rights/routes/0").asString());
            assertEquals("2026-11-30T10:00:00Z", json.at("/lastUsed").asString());
            assertEquals(1234, json.at("/tokensToday").asInt());
            assertTrue(json.at("/expired").asBoolean());
        }
    }

    @ParameterizedTest
    @EnumSource(RouteGroup.class)
    void theHelpNamesEachGroupOfRoutes(RouteGroup group) {
        try (var tree = new FakeTree(folder).start()) {
            var help = tree.run("key", "new", "--help").out().replaceAll("\\s+", " ");
            assertTrue(help.matches(".*may use:[^;]*\\b" + group.wire() + "\\b.*"), help);
        }
    }

    @Test
    void anotherKeyTakesAKeysPlaceAndIsShownOnce() {
        try (var tree = new FakeTree(folder).start()) {
            tree.run("key", "new", "guest", "--routes=chat");
            var rights = tree.daemon.added.getFirst().rights();
            var done = tree.run("key", "rotate", "guest");
            assertEquals(0, done.exit(), done.err());
            var key = done.out().strip();
            assertTrue(key.matches("omni-[A-Za-z0-9_-]{43}"), key);
            assertEquals(FreshKey.hash(key), tree.daemon.added.getFirst().hash());
            assertEquals(rights, tree.daemon.added.getFirst().rights());
            assertTrue(done.err().contains("The key guest is revoked."), done.err());
            assertFalse(done.err().contains(key) || done.err().contains("old keys.json"), done.err());
            assertEquals(
                    ExitCode.REFUSED.number(),
                    tree.run("key", "rotate", "nobody").exit());
            assertEquals(ExitCode.USAGE.number(), tree.run("key", "rotate").exit());

            tree.daemon.vaultUntold = true;
            var untold = tree.run("key", "rotate", "guest");
            assertEquals(ExitCode.INCOMPLETE.number(), untold.exit());
            assertTrue(untold.err().contains("an old keys.json would bring the key back"), untold.err());
            var json = Json.parse(tree.run("key", "rotate", "guest", "--json").out());
            assertTrue(json.path("vaultUntold").asBoolean());
            assertEquals(
                    FreshKey.hash(json.path("key").asString()),
                    tree.daemon.added.getFirst().hash());
        }
    }

    @Test
    void theHashIsThatOfTheText() {
        // printf omni-test | sha256sum
        assertEquals("8304ca8a2a32e8f69e5327a1c01c370fc9ef231647a9c47e89a47490fe5e9fbb", FreshKey.hash("omni-test"));
        var key = FreshKey.make();
        assertFalse(key.toString().contains(key.text()));
    }

    @Test
    void listsAndRevokes() {
        try (var tree = new FakeTree(folder).start()) {
            assertTrue(tree.run("key", "list").out().contains("There is no key"));
            var key = Json.parse(tree.run("key", "new", "--json", "laptop").out());
            var list = tree.run("key").out();
            assertTrue(list.contains(key.path("id").asString() + "  2026-11-21T04:00:00Z"), list);
            assertFalse(list.contains(key.path("key").asString()));
            assertEquals(
                    "laptop",
                    Json.parse(tree.run("key", "list", "--json").out())
                            .at("/keys/0/name")
                            .asString());
            assertEquals(0, tree.run("key", "revoke", "laptop").exit());
            var again = tree.run("key", "revoke", "laptop");
            assertEquals(ExitCode.REFUSED.number(), again.exit());
            assertTrue(again.err().contains("no key \"laptop\""), again.err());
        }
    }

    @Test
    void aRevocationThatTheVaultWasNotToldOfSaysWhatToDo() {
        try (var tree = new FakeTree(folder).start()) {
            for (var name : new String[] {"laptop", "phone", "tablet"}) {
                tree.run("key", "new", name);
            }
            var control = tree.run("key", "revoke", "laptop");
            assertEquals(0, control.exit(), control.err());
            assertEquals("The key laptop is revoked.", control.out().strip());
            tree.daemon.vaultUntold = true;
            var untold = tree.run("key", "revoke", "phone");
            assertEquals(ExitCode.INCOMPLETE.number(), untold.exit());
            assertTrue(untold.out().startsWith("The key phone is revoked.\n"), untold.out());
            assertTrue(untold.out().contains("an old keys.json would bring the key back"), untold.out());
            assertTrue(untold.out().contains("omni vault lock, then omni vault unlock"), untold.out());
            assertEquals(
                    "{\"revoked\":\"tablet\",\"vaultUntold\":true}",
                    tree.run("key", "revoke", "tablet", "--json").out().strip());
        }
    }

    @Test
    void aKeyThatTheVaultDoesNotKnowIsMarkedUntilItIsAcceptedByItsId() {
        try (var tree = new FakeTree(folder).start()) {
            var id = Json.parse(tree.run("key", "new", "--json", "laptop").out())
                    .path("id")
                    .asString();
            assertFalse(tree.run("key").out().contains("while locked"), "the control");
            tree.daemon.strangers.put(id, KeyStanding.CHANGED_WHILE_LOCKED);
            assertTrue(tree.run("key").out().contains("laptop  (changed while locked)"));
            tree.daemon.strangers.put(id, KeyStanding.MADE_WHILE_LOCKED);
            assertTrue(tree.run("key").out().contains("laptop  (made while locked)"));
            assertEquals("madeWhileLocked", standing(tree));

            for (var wrong : new String[] {"laptop", "000000000000"}) {
                var refused = tree.run("key", "accept", wrong);
                assertEquals(ExitCode.REFUSED.number(), refused.exit());
                assertTrue(refused.err().contains("no key \"" + wrong + "\""), refused.err());
            }
            assertEquals(ExitCode.USAGE.number(), tree.run("key", "accept").exit());
            for (var i = 0; i < 2; i++) {
                var accepted = tree.run("key", "accept", id);
                assertEquals(0, accepted.exit(), accepted.err());
                assertTrue(accepted.out().contains("The key " + id + " (laptop) is accepted."), accepted.out());
            }
            assertEquals("known", standing(tree));
        }
    }

    private static String standing(FakeTree tree) {
        return Json.parse(tree.run("key", "list", "--json").out())
                .at("/keys/0/standing")
                .asString();
    }

    @Test
    void aNameThatTwoKeysHaveIsRefusedWithTheirIds() {
        try (var tree = new FakeTree(folder).start()) {
            var id = Json.parse(tree.run("key", "new", "--json", "a").out())
                    .path("id")
                    .asString();
            tree.run("key", "new", "a");
            var done = tree.run("key", "revoke", "a");
            assertEquals(ExitCode.REFUSED.number(), done.exit());
            assertTrue(done.err().contains(id), done.err());
        }
    }
}
