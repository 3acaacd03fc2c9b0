package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import omni.vault.KnownKeys;

/**
 * A product with an open vault and a thousand texts in it that stand nowhere else, each of them looked for from outside with the
 * password and all keys: in the memory of every process, and in files.
 */
final class Planted implements AutoCloseable {
    private static final int CONVERSATIONS = 50;
    private static final int ITEMS = 20;
    /** A memory has two, and one is in a question to the model. */
    static final int TEXTS = CONVERSATIONS * ITEMS + 3;

    /** Of the texts, when all have just been written or read: what a collector has been over since is gone by right. */
    private static final int FOUND_MIN = 100;

    private static final String TEXT = "text ";

    final Product product;
    final Client client;
    final String password = "pass word " + random();
    /** What no process has but while it judges it, the data keys, and the texts. */
    final Needles needles = new Needles();

    private final Product.Up up;
    private final MemoryScan scan;
    private final List<String> texts = new ArrayList<>();
    private final List<String> conversations = new ArrayList<>();
    private String asked = "";
    private final Set<String> dataKeys = new TreeSet<>();

    /** Makes the vault. */
    Planted(Product product) throws IOException, InterruptedException {
        this.product = product;
        scan = new MemoryScan(product.home);
        boolean made = false;
        try {
            up = product.up();
            client = new Client(Request.of(up.curl()));
            makeVault();
            made = true;
        } finally {
            if (!made) {
                product.close();
            }
        }
    }

    private void makeVault() throws IOException, InterruptedException {
        assertTrue(product.omni("vault").out().contains("There is no vault"));
        assertEquals(423, client.send("GET", "/v1/conversations", "").statusCode());
        var made = product.omniWith(password + "\n", "vault", "init");
        assertEquals(0, made.exit(), made.err());
        String words = made.out().strip();
        assertEquals(17, words.split(" ", -1).length, "words of the recovery key");
        needles.text("password", password).text("recovery words", words);
        KnownKeys keys = KnownKeys.of(product.home.resolve("vault"), password);
        keys.hidden().forEach(needles::key);
        keys.data().forEach(needles::key);
        dataKeys.addAll(keys.data().keySet());
    }

    /** As hexadecimal digits, 96 bits of them. */
    static String random() {
        byte[] bytes = new byte[12];
        ThreadLocalRandom.current().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Writes the texts, and looks. */
    void plant() throws IOException, InterruptedException {
        for (int i = 0; i < CONVERSATIONS; i++) {
            List<String> items = new ArrayList<>();
            for (int j = 0; j < ITEMS; j++) {
                items.add("{\"type\":\"message\",\"role\":\"user\",\"content\":\"" + next() + "\"}");
            }
            var made = client.send("POST", "/v1/conversations", "{\"items\":[" + String.join(",", items) + "]}");
            assertEquals(200, made.statusCode(), made.body());
            conversations.add(Product.json(made.body()).path("id").asString(""));
        }
        var memory = client.send("POST", "/v1/memory", "{\"name\":\"" + next() + "\",\"text\":\"" + next() + "\"}");
        assertEquals(200, memory.statusCode(), memory.body());
        asked = next();
        ask();
    }

    private String next() {
        String text = "c" + random();
        needles.text(TEXT + texts.size(), text);
        texts.add(text);
        return text;
    }

    /** Asks for all of it, as its owner would, and has the model read some. */
    void read() throws IOException, InterruptedException {
        for (String conversation : conversations) {
            var items = client.send("GET", "/v1/conversations/" + conversation + "/items?limit=" + ITEMS, "");
            assertEquals(200, items.statusCode(), items.body());
        }
        assertTrue(
                client.send("GET", "/v1/conversations?q=" + texts.getFirst(), "")
                        .body()
                        .contains(texts.getFirst()),
                "it is found");
        ask();
    }

    /** It comes back by itself after a lock. */
    private void ask() throws IOException, InterruptedException {
        Await.until("the engine answers", () -> {
            try {
                return client.send("POST", "/v1/responses", "{\"input\":\"" + asked + "\",\"max_output_tokens\":16}")
                                .statusCode()
                        == 200;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        });
    }

    /**
     * The control: while it is open, the texts are with those who work with them, the data keys with the vault alone, and what opens
     * it nowhere.
     *
     * @return the processes that have anything of it
     */
    Set<Long> isFoundWhileOpen() throws IOException {
        Map<String, Map<String, Integer>> found = scan.find(needles);
        Map<String, Set<String>> byRole = new TreeMap<>();
        found.forEach((process, what) ->
                byRole.merge(process.substring(process.indexOf(' ') + 1), what.keySet(), Planted::union));
        assertEquals(Set.of("daemon", "engine", "vault"), byRole.keySet(), () -> said(found));
        Set<String> daemon = byRole.getOrDefault("daemon", Set.of());
        Set<String> vault = byRole.getOrDefault("vault", Set.of());
        System.out.println("Planted: while it is open: " + said(found));
        assertTrue(daemon.stream().allMatch(name -> name.startsWith(TEXT)), () -> said(found));
        assertEquals(Set.of(TEXT + (TEXTS - 1)), byRole.get("engine"), () -> said(found));
        Set<String> others =
                vault.stream().filter(name -> !name.startsWith(TEXT)).collect(Collectors.toSet());
        assertEquals(dataKeys, others, () -> said(found));
        assertTrue(union(daemon, vault).size() - others.size() >= FOUND_MIN, () -> said(found));
        return found.keySet().stream()
                .map(process -> Long.valueOf(process.substring(0, process.indexOf(' '))))
                .collect(Collectors.toSet());
    }

    private static Set<String> union(Set<String> one, Set<String> other) {
        return Stream.concat(one.stream(), other.stream()).collect(Collectors.toCollection(TreeSet::new));
    }

    /** With the texts counted: a thousand names say nothing. */
    private static String said(Map<String, Map<String, Integer>> found) {
        Map<String, String> text = new TreeMap<>();
        found.forEach((process, what) -> text.put(
                process,
                what.keySet().stream().filter(name -> name.startsWith(TEXT)).count() + " texts, "
                        + what.entrySet().stream()
                                .filter(one -> !one.getKey().startsWith(TEXT))
                                .toList()));
        return text.toString();
    }

    /** All of the product. */
    Set<Long> processes() {
        return scan.processes();
    }

    /** By the command, once the vault is back after a lock. */
    void unlock() throws IOException, InterruptedException {
        Await.until("the vault is back", () -> says("The vault is locked."));
        var unlocked = product.omniWith(password + "\n", "vault", "unlock");
        assertEquals(0, unlocked.exit(), unlocked.err());
    }

    /** The same by the API. */
    void unlockByApi() throws IOException, InterruptedException {
        Await.until("the vault is back", () -> says("The vault is locked."));
        var unlocked = client.prove("/v1/vault/unlock", password);
        assertEquals(200, unlocked.statusCode(), unlocked.body());
    }

    /** Whether {@code omni vault} says that. */
    boolean says(String text) {
        try {
            return product.omni("vault").out().contains(text);
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether nothing of it is in any process. */
    boolean isNowhere() {
        return scan.find(needles).isEmpty();
    }

    /** The same, and what is found is said. */
    void isGone() {
        assertEquals("{}", said(scan.find(needles)));
    }

    /** Nothing of it is in the files of the home, nor in what the start and the roles have said. */
    void isInNoFile() throws IOException, InterruptedException {
        assertEquals(Map.of(), needles.in(List.of(product.home), Instant.EPOCH));
        assertEquals(Map.of(), needles.in(up.printed().toString()));
    }

    @Override
    public void close() throws IOException {
        product.close();
    }
}
