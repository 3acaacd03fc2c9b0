package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The whole product with a real vault, looked into from outside: what its owner does, and what goes wrong meanwhile. A test that has
 * passed and leaves the vault as it was, open or locked, says so, and the next one goes on with it.
 */
class VaultBoxTest {
    private static @Nullable Planted left;

    private Planted box;
    private boolean leaves;

    @BeforeEach
    void start() throws Exception {
        if (left == null) {
            box = new Planted(new Product());
            box.plant();
        } else {
            box = left;
            left = null;
            if (box.says("The vault is locked.")) {
                box.unlock();
            }
        }
        box.read();
        box.isFoundWhileOpen();
        box.isInNoFile();
    }

    private void leaves() {
        leaves = true;
    }

    @AfterEach
    void end() throws IOException {
        if (leaves) {
            left = box;
        } else {
            box.close();
        }
    }

    @AfterAll
    static void endTheLast() throws IOException {
        if (left != null) {
            left.close();
        }
    }

    @Test
    void afterALockTheRightPasswordOpensItAndAWrongOneMakesItWait() throws Exception {
        assertEquals(0, box.product.omni("vault", "lock").exit());
        locked();
        var wrong = box.product.omniWith("wrong " + box.password + "\n", "vault", "unlock");
        assertEquals(5, wrong.exit(), wrong.out());
        Await.until("the right one after a wait", () -> succeeds("unlock"));
        box.read();
        leaves();
    }

    /** The supervisor has no part in it: what holds plaintext ends by itself. */
    @Test
    void aLockWorksWithASupervisorThatHangs() throws Exception {
        String supervisor = Long.toString(Product.pid(box.product.status(), "supervisor"));
        AirgapBoxTest.run("kill", "-STOP", supervisor);
        try {
            assertEquals(0, box.product.omni("vault", "lock").exit());
            Await.until("nothing of it is in memory", box::isNowhere);
        } finally {
            AirgapBoxTest.run("kill", "-CONT", supervisor);
        }
        locked();
        leaves();
    }

    @Test
    void whileItLocksNoClientIsRefusedAConnection() throws Exception {
        var over = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<List<Integer>> client = () -> {
                List<Integer> seen = new ArrayList<>();
                while (!over.get()) {
                    seen.add(statusOrBroken());
                }
                return seen;
            };
            var seen = threads.submit(client);
            assertEquals(0, box.product.omni("vault", "lock").exit());
            Await.until("locked", () -> statusOrBroken() == 423);
            over.set(true);
            assertTrue(seen.get().contains(423), seen.get()::toString);
            assertFalse(seen.get().contains(REFUSED), seen.get()::toString);
        }
    }

    /** New keys, a backup, the end of the vault by its owner alone, and all of it back from the backup. */
    @Test
    void whatWasBackedUpOutlivesNewKeysAndAWipe() throws Exception {
        done(box.password, "vault", "rotate");
        Path stick = Files.createDirectory(box.product.home.resolveSibling(box.product.home.getFileName() + "-stick"));
        try {
            String plain = stick.resolve("plain").toString();
            String git = stick.resolve("git").toString();
            done("", "vault", "backup", plain);
            done("", "vault", "backup", "--git", git);
            done("", "vault", "backup-verify", plain);
            done("", "vault", "backup-verify", git);
            assertEquals(403, status("POST", "/v1/vault/wipe"), "a key alone wipes nothing");
            assertEquals(
                    5,
                    box.product
                            .omniWith("no password\n", "vault", "wipe", "--yes")
                            .exit());
            Await.until("the wait is over", () -> succeeds("wipe", "--yes"));
            Await.until("there is none", () -> box.says("There is no vault"));
            Await.until("nothing of it is in memory", box::isNowhere);
            String told = done(box.password, "vault", "restore", git, "--json");
            assertTrue(told.startsWith("{\"progress\":{\"part\":\"records\""), told);
            box.read();
            box.isInNoFile();
        } finally {
            AirgapBoxTest.run("rm", "-r", stick.toString());
        }
    }

    @Test
    void aDamagedBackupIsRefusedAndPutBackButForTheDamageWhereThatIsAskedFor() throws Exception {
        Path stick = Files.createDirectory(box.product.home.resolveSibling(box.product.home.getFileName() + "-stick"));
        try {
            String place = stick.resolve("plain").toString();
            done("", "vault", "backup", place);
            try (var files = Files.walk(stick.resolve("plain/chunks"))) {
                Path chunk = files.filter(Files::isRegularFile).findFirst().orElseThrow();
                byte[] bytes = Files.readAllBytes(chunk);
                bytes[bytes.length / 2] ^= 1;
                Files.write(chunk, bytes);
            }
            done(box.password, "vault", "wipe", "--yes");
            Await.until("there is none", () -> box.says("There is no vault"));
            var refused = box.product.omniWith(box.password + "\n", "vault", "restore", place);
            assertEquals(1, refused.exit(), refused.out());
            assertTrue(refused.err().contains("--what-can-be-read"), refused.err());
            assertTrue(box.says("There is no vault"), "and no half of one");
            var salvaged = box.product.omniWith(
                    box.password + "\n", "vault", "restore", place, "--what-can-be-read", "--json");
            assertEquals(7, salvaged.exit(), salvaged.out() + salvaged.err());
            var lines = salvaged.out().lines().toList();
            assertTrue(lines.get(lines.size() - 2).startsWith("{\"lost\":[{\"kind\":"), salvaged.out());
            assertTrue(lines.getLast().contains("\"state\":\"open\""), salvaged.out());
            assertTrue(box.says("put back from a damaged backup"), "an alarm");
        } finally {
            AirgapBoxTest.run("rm", "-r", stick.toString());
        }
    }

    @Test
    void withOmniStoppedItIsVerifiedAsItLies() throws Exception {
        var runs = box.product.omniWith(box.password + "\n", "vault", "verify", "--offline");
        assertEquals(5, runs.exit(), "it runs");
        done("", "down");
        String whole = done(box.password, "vault", "verify", "--offline");
        assertTrue(whole.startsWith("All is whole: "), whole);
        Path records = box.product.home.resolve("vault/records.db");
        byte[] bytes = Files.readAllBytes(records);
        bytes[bytes.length / 2] ^= 1;
        Files.write(records, bytes);
        var found = box.product.omniWith(box.password + "\n", "vault", "verify", "--offline", "--json");
        assertEquals(1, found.exit(), found.out());
        assertTrue(found.out().contains("is damaged."), found.out());
        assertEquals(
                5,
                box.product
                        .omniWith("wrong " + box.password + "\n", "vault", "verify", "--offline")
                        .exit());
    }

    /** By the command, with the password: every planted text is in the file, which its owner alone may read. */
    @Test
    void anExportHasAllOfItForWhoHasThePassword() throws Exception {
        Path outside =
                Files.createDirectory(box.product.home.resolveSibling(box.product.home.getFileName() + "-export"));
        Path file = outside.resolve("everything.jsonl");
        try {
            assertEquals(403, status("POST", "/v1/vault/export"), "a key alone exports nothing");
            assertEquals(
                    5,
                    box.product
                            .omniWith("no password\n", "vault", "export", file.toString())
                            .exit());
            try (var files = Files.list(outside)) {
                assertEquals(List.of(), files.toList(), "nothing, and no part of it");
            }
            Await.until("the wait is over", () -> succeeds("export", file.toString()));
            var lines = Files.readAllLines(file);
            assertEquals(Planted.TEXTS, box.needles.in(file).size(), "every text, and no key");
            assertTrue(lines.getLast().startsWith("{\"type\":\"end\""), lines.getLast());
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));

            var again = box.product.omniWith(box.password + "\n", "vault", "export", file.toString());
            assertEquals(2, again.exit(), "it is there already");
            done(box.password, "vault", "export", "--force", file.toString());
            done(box.password, "vault", "export", outside.toString());
            try (var files = Files.list(outside)) {
                assertEquals(2, files.count(), "one is named by the time, and no part is left");
            }
            box.isInNoFile();
            leaves();
        } finally {
            AirgapBoxTest.run("rm", "-r", outside.toString());
        }
    }

    /** As by who takes the disk away and brings it back: a key of theirs in the file, to read by once the owner unlocks. */
    @Test
    void aKeyThatIsWrittenIntoTheFileWhileItIsLockedReachesNothingAndIsSeen() throws Exception {
        lockAndUnlock(() -> {});
        assertFalse(done("", "key").contains("while locked"), "the control: nobody edited the file");
        assertFalse(box.says("made or changed while it was locked"));

        String key = "omni-" + Planted.random();
        String id = hash(key).substring(0, 12);
        Path file = box.product.home.resolve("keys.json");
        lockAndUnlock(() -> {
            String entry = "{\"name\":\"mine\",\"hash\":\"" + hash(key) + "\",\"created\":\"2026-01-01T00:00:00Z\"},";
            Files.writeString(file, Files.readString(file).replace("\"keys\":[", "\"keys\":[" + entry));
        });
        var stranger = new Client(new Request(box.client.printed().url(), key, ""));
        String listed = done("", "key");
        assertTrue(listed.contains("mine  (made while locked)"), listed);
        assertEquals(1, listed.split("while locked", -1).length - 1, listed);
        assertTrue(done("", "key", "list", "--json").contains("\"standing\":\"madeWhileLocked\""));
        assertTrue(box.says("made or changed while it was locked, and do not reach what it keeps: 1"));
        assertEquals(403, stranger.send("GET", "/v1/conversations", "").statusCode());
        assertEquals(200, stranger.send("GET", "/v1/models", "").statusCode());
        box.read();

        assertEquals(5, box.product.omni("key", "accept", "mine").exit(), "a name is not taken");
        done("", "key", "accept", id);
        assertEquals(200, stranger.send("GET", "/v1/conversations", "").statusCode());
        assertFalse(done("", "key").contains("while locked"));
    }

    /** What is done while it is locked. */
    private interface Meanwhile {
        void run() throws IOException;
    }

    private void lockAndUnlock(Meanwhile work) throws Exception {
        done("", "vault", "lock");
        locked();
        work.run();
        box.unlock();
    }

    private static String hash(String key) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private String done(String typed, String... command) throws Exception {
        var done = box.product.omniWith(typed + "\n", command);
        assertEquals(0, done.exit(), done.out() + done.err());
        return done.out();
    }

    /** The daemon ends after it has had a password; whoever asks next waits for the new one. */
    @Test
    void whoAsksRightAfterAPasswordIsAnswered() throws Exception {
        for (int i = 0; i < 3; i++) {
            var permit = box.client.prove("/v1/vault/step-up", box.password);
            assertEquals(200, permit.statusCode(), permit.body());
            assertEquals(200, status("GET", "/v1/vault"));
        }
        leaves();
    }

    private static final int REFUSED = -1;
    private static final int BROKEN = -2;

    /** With a connection of its own each time. */
    private int statusOrBroken() {
        try {
            return status("GET", "/v1/conversations");
        } catch (ConnectException e) {
            return REFUSED;
        } catch (IOException e) {
            return BROKEN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return BROKEN;
        }
    }

    private void locked() throws Exception {
        Await.until("nothing of it is in memory", box::isNowhere);
        box.isInNoFile();
        Await.until("the API says that it is locked", () -> statusOrBroken() == 423);
        Await.until("the vault is back", () -> box.says("The vault is locked."));
    }

    /** A command of the vault, with the password. */
    private boolean succeeds(String... command) {
        try {
            var whole = Stream.concat(Stream.of("vault"), Stream.of(command)).toArray(String[]::new);
            return box.product.omniWith(box.password + "\n", whole).exit() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private int status(String method, String path) throws IOException, InterruptedException {
        return box.client.send(method, path, "").statusCode();
    }
}
