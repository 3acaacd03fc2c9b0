package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;
import omni.role.PrivateFile;
import tools.jackson.databind.node.ObjectNode;

/**
 * Evidence whose key is lost, or that is full: it stays as it is, in a folder beside the one that is written ({@code evidence.1},
 * {@code evidence.2} …), and the first record under the new key says how far it went. For one thread.
 */
final class FormerEvidence {
    static final int FOLDERS_MAX = 1000;

    private FormerEvidence() {}

    /** Where the next goes. */
    private static Path at(Path folder, int number) {
        return folder.resolveSibling(folder.getFileName() + "." + number);
    }

    /** Sets the evidence in that folder aside, and returns where it is now. */
    static Path setAside(Path folder) throws AirgapException {
        int number = newest(folder) + 1;
        if (number > FOLDERS_MAX) {
            throw new AirgapException("More than " + FOLDERS_MAX + " folders of former evidence are beside " + folder
                    + ": move them away.");
        }
        Path aside = at(folder, number);
        try {
            Files.move(folder, aside, StandardCopyOption.ATOMIC_MOVE);
            PrivateFile.settle(
                    Objects.requireNonNull(folder.toAbsolutePath().getParent(), "it is in the role's folder"));
            return aside;
        } catch (IOException e) {
            throw new AirgapException("The evidence in " + folder + " cannot be set aside.", e);
        }
    }

    /** The number of the last one; 0 where there is none. */
    private static int newest(Path folder) {
        int last = 0;
        for (int number = 1; number <= FOLDERS_MAX; number++) {
            last = Files.isDirectory(at(folder, number)) ? number : last;
        }
        return last;
    }

    /** What the first record of that folder says of the evidence before it; nothing where there was none. */
    static Optional<ObjectNode> body(Path folder, Optional<String> why) {
        int number = newest(folder);
        if (number == 0) {
            return Optional.empty();
        }
        Path aside = at(folder, number);
        ObjectNode body = EvidenceChain.body().put("cause", why.orElse("the evidence before this was set aside"));
        ObjectNode former = body.putObject("former").put("folder", String.valueOf(aside.getFileName()));
        try {
            Optional<byte[]> key =
                    EvidenceKey.read(aside.resolve(EvidenceKey.FILE)).flatMap(EvidenceKey::publicKey);
            key.ifPresent(known -> former.put("publicKey", Proof.key(known)));
            Optional<CounterMark> mark = count(aside.resolve(EvidenceChain.FILE), former, key);
            mark.ifPresent(last -> CounterMark.put(body, last.tpm(), last.index(), last.count()));
        } catch (NoSuchFileException e) {
            former.put("records", 0);
        } catch (IOException e) {
            former.put("notRead", String.valueOf(e.getMessage()));
        }
        return Optional.of(body);
    }

    /** Tells how far it went, and how far a TPM had counted it. */
    private static Optional<CounterMark> count(Path chain, ObjectNode former, Optional<byte[]> key) throws IOException {
        Optional<CounterMark> mark = Optional.empty();
        int records = 0;
        String last = EvidenceChain.FIRST;
        try (InputStream in = Files.newInputStream(chain)) {
            LineReader lines = new LineReader(in, EvidenceChain.LINE_BYTES_MAX);
            for (Optional<byte[]> line = lines.next(); line.isPresent(); line = lines.next()) {
                if (key.isPresent()) {
                    Optional<CounterMark> found = CounterMark.of(line.get(), records, last, key.get());
                    mark = found.isPresent() ? found : mark;
                }
                records++;
                last = EvidenceChain.hash(line.get());
            }
        }
        former.put("records", records).put("last", last);
        return mark;
    }
}
