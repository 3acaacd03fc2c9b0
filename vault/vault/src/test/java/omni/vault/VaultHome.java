package omni.vault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.role.Attempts;
import omni.vault.SecretCall.Verb;

/** A vault's folder and what starts there: real keys, child processes and records, by a derivation that is cheap. */
final class VaultHome {
    final Path folder;

    /** How often a process would have ended. */
    final AtomicInteger ends = new AtomicInteger();

    private final Clock clock;
    private final Path run;

    VaultHome(Path folder, Clock clock) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.clock = clock;
        this.run = Files.createTempDirectory("ov");
    }

    /** As after a start of the process. */
    Vault started() {
        return new Vault(
                folder,
                new KeyKeeper(folder, run, Made.MACHINE),
                new Attempts(folder.resolve("attempts"), clock),
                clock,
                ends::incrementAndGet);
    }

    /** Whether a child of its is at work on a secret: its socket is there. */
    boolean isDeriving() {
        String[] there = run.toFile().list();
        return there != null && there.length > 0;
    }

    /** One that was just made, by {@link Made#PASSWORD}, and is open. */
    Vault made() throws VaultException {
        Vault vault = started();
        call(vault, Verb.CREATE, Made.PASSWORD, "");
        return vault;
    }

    /** Serves it those fields; one that is empty is none. Returns what it answers. */
    static String call(Vault vault, Verb verb, String... fields) throws VaultException {
        List<Optional<SecretMemory>> secrets = new ArrayList<>();
        try {
            for (String field : fields) {
                secrets.add(field.isEmpty() ? Optional.empty() : Optional.of(secret(field)));
            }
            Optional<SecretMemory> answer = vault.serve(verb, secrets, (part, done, total) -> {});
            String text = answer.map(words ->
                            StandardCharsets.UTF_8.decode(words.buffer()).toString())
                    .orElse("");
            answer.ifPresent(SecretMemory::close);
            return text;
        } finally {
            secrets.forEach(secret -> secret.ifPresent(SecretMemory::close));
        }
    }

    static SecretMemory secret(String text) throws VaultException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        SecretMemory memory = SecretMemory.of(bytes.length);
        memory.buffer().put(bytes);
        return memory;
    }

    /** The events of its audit log, in order. */
    static List<String> events(Vault vault) throws VaultException {
        List<String> events = new ArrayList<>();
        for (AuditRow row : new AuditTable(vault.open().records()).read(1, 1000)) {
            events.add(AuditLine.read(row.line()).event().text());
        }
        return events;
    }
}
