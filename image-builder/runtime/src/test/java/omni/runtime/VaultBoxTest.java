package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Locked means gone: the whole product with a real vault, looked into from outside. Texts are planted by a client, and looked
 * for in the memory of every process and in every file.
 */
class VaultBoxTest {
    private static final int CONVERSATIONS = 50;
    private static final int ITEMS = 20;

    /** What all planted texts begin with. It stands nowhere in the program. */
    private final String canary = "canary" + random();

    private final String password = "pass word " + random();
    private Product product;
    private MemoryScan scan;
    private Request printed;

    private static String random() {
        byte[] bytes = new byte[12];
        ThreadLocalRandom.current().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @BeforeEach
    void start() throws Exception {
        product = new Product();
        scan = new MemoryScan(product.home);
        printed = Request.of(product.up().curl());
        assertTrue(product.omni("vault").out().contains("There is no vault"));
        assertEquals(423, status("GET", "/v1/conversations", ""));
        var made = product.omniWith(password + "\n", "vault", "init");
        assertEquals(0, made.exit(), made.err());
        assertEquals(17, made.out().strip().split(" ", -1).length, "words of the recovery key");
    }

    @AfterEach
    void end() throws IOException {
        product.close();
    }

    @Test
    void aLockByTheCommandLeavesNothing() throws Exception {
        plant();
        assertEquals(0, product.omni("vault", "lock").exit());
        nothingIsLeft();
        wrongAndRight();
    }

    @Test
    void aLockByTheApiIsAnsweredAndLeavesNothing() throws Exception {
        plant();
        var locked = send("POST", "/v1/vault/lock", "");
        assertEquals(200, locked.statusCode(), locked.body());
        nothingIsLeft();
    }

    @Test
    void aKilledVaultIsALock() throws Exception {
        plant();
        AirgapBoxTest.run("kill", "-KILL", Long.toString(Product.pid(product.status(), "vault")));
        nothingIsLeft();
    }

    /** The supervisor has no part in it: what holds plaintext ends by itself. */
    @Test
    void aLockWorksWithASupervisorThatHangs() throws Exception {
        plant();
        String supervisor = Long.toString(Product.pid(product.status(), "supervisor"));
        AirgapBoxTest.run("kill", "-STOP", supervisor);
        try {
            assertEquals(0, product.omni("vault", "lock").exit());
            gone();
        } finally {
            AirgapBoxTest.run("kill", "-CONT", supervisor);
        }
        nothingIsLeft();
    }

    @Test
    void whileItLocksNoClientIsRefusedAConnection() throws Exception {
        plant();
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
            assertEquals(0, product.omni("vault", "lock").exit());
            Await.until("locked", () -> statusOrBroken() == 423);
            over.set(true);
            assertTrue(seen.get().contains(423), seen.get()::toString);
            assertFalse(seen.get().contains(REFUSED), seen.get()::toString);
        }
    }

    /** New keys, a backup, the end of the vault by its owner alone, and all of it back from the backup. */
    @Test
    void whatWasBackedUpOutlivesNewKeysAndAWipe() throws Exception {
        plant();
        done(password, "vault", "rotate");
        Path stick = Files.createDirectory(product.home.resolveSibling(product.home.getFileName() + "-stick"));
        try {
            String plain = stick.resolve("plain").toString();
            String git = stick.resolve("git").toString();
            done("", "vault", "backup", plain);
            done("", "vault", "backup", "--git", git);
            done("", "vault", "backup-verify", plain);
            done("", "vault", "backup-verify", git);
            assertEquals(403, status("POST", "/v1/vault/wipe", ""), "a key alone wipes nothing");
            assertEquals(
                    5,
                    product.omniWith("no password\n", "vault", "wipe", "--yes").exit());
            Await.until("the wait is over", () -> succeeds("wipe", "--yes"));
            Await.until("there is none", () -> vaultSays("There is no vault"));
            gone();
            String told = done(password, "vault", "restore", git, "--json");
            assertTrue(told.startsWith("{\"progress\":{\"part\":\"records\""), told);
            assertTrue(send("GET", "/v1/conversations?q=" + canary, "").body().contains(canary));
            assertEquals(List.of(), filesWith(canary));
        } finally {
            AirgapBoxTest.run("rm", "-r", stick.toString());
        }
    }

    /** By the command, with the password: every planted text is in the file, which its owner alone may read. */
    @Test
    void anExportHasAllOfItForWhoHasThePassword() throws Exception {
        plant();
        Path outside = Files.createDirectory(product.home.resolveSibling(product.home.getFileName() + "-export"));
        Path file = outside.resolve("everything.jsonl");
        try {
            assertEquals(403, status("POST", "/v1/vault/export", ""), "a key alone exports nothing");
            assertEquals(
                    5,
                    product.omniWith("no password\n", "vault", "export", file.toString())
                            .exit());
            try (var files = Files.list(outside)) {
                assertEquals(List.of(), files.toList(), "nothing, and no part of it");
            }
            Await.until("the wait is over", () -> succeeds("export", file.toString()));
            var lines = Files.readAllLines(file);
            assertEquals(
                    CONVERSATIONS * ITEMS + 1,
                    lines.stream().filter(line -> line.contains(canary)).count());
            assertTrue(lines.getLast().startsWith("{\"type\":\"end\""), lines.getLast());
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));

            var again = product.omniWith(password + "\n", "vault", "export", file.toString());
            assertEquals(2, again.exit(), "it is there already");
            done(password, "vault", "export", "--force", file.toString());
            done(password, "vault", "export", outside.toString());
            try (var files = Files.list(outside)) {
                assertEquals(2, files.count(), "one is named by the time, and no part is left");
            }
            assertEquals(List.of(), filesWith(canary), "nothing of it is in Omni's own folder");
        } finally {
            AirgapBoxTest.run("rm", "-r", outside.toString());
        }
    }

    private String done(String typed, String... command) throws Exception {
        var done = product.omniWith(typed + "\n", command);
        assertEquals(0, done.exit(), done.out() + done.err());
        return done.out();
    }

    /** The daemon ends after it has had a password; whoever asks next waits for the new one. */
    @Test
    void whoAsksRightAfterAPasswordIsAnswered() throws Exception {
        var proof = HttpRequest.newBuilder(URI.create(printed.url()).resolve("/v1/vault/step-up"))
                .timeout(Duration.ofMinutes(1))
                .header("Authorization", "Bearer " + printed.key())
                .header("Content-Type", "application/octet-stream")
                .POST(HttpRequest.BodyPublishers.ofString(password))
                .build();
        for (int i = 0; i < 3; i++) {
            try (var http = HttpClient.newHttpClient()) {
                var permit = http.send(proof, HttpResponse.BodyHandlers.ofString());
                assertEquals(200, permit.statusCode(), permit.body());
            }
            assertEquals(200, status("GET", "/v1/vault", ""));
        }
    }

    private static final int REFUSED = -1;
    private static final int BROKEN = -2;

    /** With a connection of its own each time. */
    private int statusOrBroken() {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request("GET", "/v1/conversations", ""), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (ConnectException e) {
            return REFUSED;
        } catch (IOException e) {
            return BROKEN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return BROKEN;
        }
    }

    /** Conversations and a memory with the canary; while it is open, the scan finds them, and no secret. */
    private void plant() throws Exception {
        for (int i = 0; i < CONVERSATIONS; i++) {
            var items = new StringBuilder();
            for (int j = 0; j < ITEMS; j++) {
                items.append(j == 0 ? "" : ",")
                        .append("{\"type\":\"message\",\"role\":\"user\",\"content\":\"" + canary + " " + i + " " + j
                                + "\"}");
            }
            assertEquals(200, status("POST", "/v1/conversations", "{\"items\":[" + items + "]}"));
        }
        assertEquals(200, status("POST", "/v1/memory", "{\"name\":\"" + canary + "\",\"text\":\"" + canary + "\"}"));
        assertTrue(send("GET", "/v1/conversations?q=" + canary, "").body().contains(canary));
        assertFalse(scan.find(canary).isEmpty(), "the control: while it is open, the scan finds what is planted");
        assertEquals(Map.of(), scan.find(password), "the password is nowhere, though the vault is open");
        assertEquals(List.of(), filesWith(canary));
        assertEquals(List.of(), filesWith(password));
    }

    private void gone() {
        Await.until("nothing of it is in memory", () -> scan.find(canary).isEmpty());
        assertEquals(Map.of(), scan.find(password));
    }

    private void nothingIsLeft() throws Exception {
        gone();
        assertEquals(List.of(), filesWith(canary));
        Await.until("the API says that it is locked", () -> statusOrBroken() == 423);
        Await.until("the vault is back", () -> vaultSays("The vault is locked."));
    }

    private boolean vaultSays(String text) {
        try {
            return product.omni("vault").out().contains(text);
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void wrongAndRight() throws Exception {
        var wrong = product.omniWith("wrong " + password + "\n", "vault", "unlock");
        assertEquals(5, wrong.exit(), wrong.out());
        Await.until("the right one after a wait", () -> succeeds("unlock"));
        assertTrue(send("GET", "/v1/conversations?q=" + canary, "").body().contains(canary));
    }

    /** A command of the vault, with the password. */
    private boolean succeeds(String... command) {
        try {
            var whole = Stream.concat(Stream.of("vault"), Stream.of(command)).toArray(String[]::new);
            return product.omniWith(password + "\n", whole).exit() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private List<Path> filesWith(String text) throws IOException {
        List<Path> found = new ArrayList<>();
        try (var walk = Files.walk(product.home)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
                    found.add(file);
                }
            }
        }
        return found;
    }

    private HttpRequest request(String method, String path, String body) {
        var request = HttpRequest.newBuilder(URI.create(printed.url()).resolve(path))
                .timeout(Duration.ofMinutes(1))
                .header("Authorization", "Bearer " + printed.key());
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        return request.method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request(method, path, body), HttpResponse.BodyHandlers.ofString());
        }
    }

    private int status(String method, String path, String body) throws Exception {
        return send(method, path, body).statusCode();
    }
}
