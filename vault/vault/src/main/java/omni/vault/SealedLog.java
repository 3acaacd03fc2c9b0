package omni.vault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;
import tools.jackson.databind.node.ObjectNode;

/**
 * What happens while the vault is sealed, and nobody can sign it: {@code sealed.log}, until the next unlock folds it into the
 * audit log. Its first line is where that log ended; each further one names the one before by its hash, and so does the end:
 *
 * <pre>
 *   {"number":7,"hash":"…"}
 *   {"first":"…","last":"…","count":3,"event":"wrong-secret","details":{…},"previous":"…"}
 *   {"end":"…"}
 * </pre>
 *
 * <p>Equal events in a row are one line with a count. Behind {@value #LINES_MAX} lines there is one more for each kind of event,
 * without details: a flood fills no disk and hides no kind. The file is written anew and renamed each time. Whoever may write
 * there can cut it or make it up; that is no secret, and not prevented. Safe from any thread.
 */
final class SealedLog {
    static final int LINES_MAX = 64;

    private static final int FILE_BYTES_MAX = 1 << 20;

    private final Path folder;
    private final Clock clock;

    SealedLog(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /** What is in it: where the audit log ended when it began, and its lines. */
    record Content(AuditHead anchor, List<SealedLine> lines) {}

    private static Path file(Path folder) {
        return folder.resolve("sealed.log");
    }

    /**
     * The one in that folder; nothing where nothing happened.
     *
     * @throws VaultException DAMAGED where it is not as this program writes it
     */
    static Optional<Content> in(Path folder) throws VaultException {
        try {
            Optional<String> text = PrivateFile.read(file(folder), FILE_BYTES_MAX);
            return text.isEmpty() ? Optional.empty() : Optional.of(read(text.get()));
        } catch (VaultException e) {
            throw new VaultException(Reason.DAMAGED, file(folder) + " is damaged: " + e.getMessage() + ".", e);
        } catch (IOException e) {
            throw new VaultException(Reason.DAMAGED, file(folder) + " cannot be read.", e);
        }
    }

    private static Content read(String text) throws VaultException {
        List<String> lines = text.lines().toList();
        int end = lines.size() - 1;
        if (end < 1 || !text.endsWith("\n") || !lines.get(end).equals(endText(lines.get(end - 1)))) {
            throw new VaultException(Reason.DAMAGED, "its end is missing");
        }
        AuditHead anchor = anchor(lines.getFirst());
        List<SealedLine> read = new ArrayList<>();
        for (int i = 1; i < end; i++) {
            SealedLine line = SealedLine.read(lines.get(i));
            if (!line.previous().equals(AuditJson.hash(lines.get(i - 1)))) {
                throw new VaultException(Reason.DAMAGED, "a line does not go on from the one before it");
            }
            read.add(line);
        }
        return new Content(anchor, List.copyOf(read));
    }

    private static AuditHead anchor(String line) throws VaultException {
        ObjectNode object = AuditJson.read(line);
        Optional<AuditHead> head = AuditHead.read(
                object.path("number").asString("") + " " + object.path("hash").asString(""));
        if (head.isEmpty() || !anchorText(head.get()).equals(line)) {
            throw new VaultException(Reason.DAMAGED, "it does not begin where the audit log ended");
        }
        return head.get();
    }

    private static String anchorText(AuditHead head) {
        return AuditJson.text(AuditJson.object().put("number", head.number()).put("hash", head.hash()));
    }

    /** Without it, nothing would vouch for the last line. */
    private static String endText(String line) {
        return AuditJson.text(AuditJson.object().put("end", AuditJson.hash(line)));
    }

    /**
     * Adds an event, and returns when the disk has it. What cannot be read is set aside, and that is an event, too.
     *
     * @throws VaultException INVALID where the details are; FAILED where the disk does not take it
     */
    synchronized void add(AuditEvent event, Map<String, String> details) throws VaultException {
        AuditJson.check(details);
        if (event.own()) {
            throw new VaultException(Reason.INVALID, "That event is the audit log's own.");
        }
        Content content = readable();
        List<SealedLine> lines = new ArrayList<>(content.lines());
        count(lines, event, details);
        write(content.anchor(), lines);
    }

    private void count(List<SealedLine> lines, AuditEvent event, Map<String, String> details) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        if (!lines.isEmpty() && lines.getLast().tells(event, details)) {
            lines.add(lines.removeLast().again(now));
            return;
        }
        Map<String, String> told = lines.size() < LINES_MAX ? details : Map.of();
        for (int i = LINES_MAX; i < lines.size(); i++) {
            if (lines.get(i).event() == event) {
                lines.set(i, lines.get(i).again(now));
                return;
            }
        }
        lines.add(new SealedLine(now, now, 1, event, told, ""));
    }

    private void write(AuditHead anchor, List<SealedLine> lines) throws VaultException {
        StringBuilder text = new StringBuilder();
        String before = anchorText(anchor);
        text.append(before).append('\n');
        for (SealedLine line : lines) {
            before = line.behind(before).text();
            text.append(before).append('\n');
        }
        text.append(endText(before)).append('\n');
        try {
            PrivateFile.write(file(folder), text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED, "What happened cannot be written down in " + folder + ". Make room on the disk.", e);
        }
    }

    /** What is in it; where it is damaged, that it was, and the rest is set aside. */
    synchronized Content readable() throws VaultException {
        try {
            Optional<Content> content = in(folder);
            return content.isPresent() ? content.get() : new Content(head(), List.of());
        } catch (VaultException e) {
            setAside();
            List<SealedLine> lines = new ArrayList<>();
            count(lines, AuditEvent.DAMAGE_FOUND, Map.of("what", "sealed.log", "kept-as", "sealed.log.bad"));
            AuditHead head = head();
            write(head, lines);
            return in(folder).orElseGet(() -> new Content(head, List.of()));
        }
    }

    private AuditHead head() {
        try {
            return AuditHead.in(folder).orElse(AuditHead.NONE);
        } catch (VaultException e) {
            return AuditHead.NONE; // the audit log says at the next unlock that it is damaged
        }
    }

    private void setAside() throws VaultException {
        try {
            Files.move(
                    file(folder),
                    folder.resolve("sealed.log.bad"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, file(folder) + " is damaged and cannot be set aside.", e);
        }
    }

    /** Begins anew: all that was in it is in the audit log. */
    synchronized void empty() throws VaultException {
        try {
            Files.delete(file(folder));
            PrivateFile.settle(folder);
        } catch (NoSuchFileException e) {
            return; // nothing happened
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, file(folder) + " cannot be emptied.", e);
        }
    }
}
