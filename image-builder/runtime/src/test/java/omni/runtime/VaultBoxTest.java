package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole product with a real vault, looked into from outside: what its owner does, and what goes wrong meanwhile. */
class VaultBoxTest {
    private Planted box;

    @BeforeEach
    void start() throws Exception {
        box = new Planted(new Product());
        box.plant();
        box.read();
        box.isFoundWhileOpen();
        box.isInNoFile();
    }

    @AfterEach
    void end() throws IOException {
        box.close();
    }

    @Test
    void afterALockTheRightPasswordOpensItAndAWrongOneMakesItWait() throws Exception {
        assertEquals(0, box.product.omni("vault", "lock").exit());
        locked();
        var wrong = box.product.omniWith("wrong " + box.password + "\n", "vault", "unlock");
        assertEquals(5, wrong.exit(), wrong.out());
        Await.until("the right one after a wait", () -> succeeds("unlock"));
        box.read();
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
            done("", "vault", "backup", stick.toString());
            done("", "vault", "backup-verify", stick.toString());
            assertEquals(403, status("POST", "/v1/vault/wipe"), "a key alone wipes nothing");
            assertEquals(
                    5,
                    box.product
                            .omniWith("no password\n", "vault", "wipe", "--yes")
                            .exit());
            Await.until("the wait is over", () -> succeeds("wipe", "--yes"));
            Await.until("there is none", () -> box.says("There is no vault"));
            Await.until("nothing of it is in memory", box::isNowhere);
            done(box.password, "vault", "restore", stick.toString());
            box.read();
            box.isInNoFile();
        } finally {
            AirgapBoxTest.run("rm", "-r", stick.toString());
        }
    }

    private void done(String typed, String... command) throws Exception {
        var done = box.product.omniWith(typed + "\n", command);
        assertEquals(0, done.exit(), done.out() + done.err());
    }

    /** The daemon ends after it has had a password; whoever asks next waits for the new one. */
    @Test
    void whoAsksRightAfterAPasswordIsAnswered() throws Exception {
        for (int i = 0; i < 3; i++) {
            var permit = box.client.prove("/v1/vault/step-up", box.password);
            assertEquals(200, permit.statusCode(), permit.body());
            assertEquals(200, status("GET", "/v1/vault"));
        }
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
