package omni.fetch;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.Reason;
import omni.fetch.FetchProtocol.Unfinished;

/**
 * All pulls of this box: begins them, lists what is unfinished, forgets. A pull has an id made of what was asked for, so
 * that asking for the same again goes on with it. Thread-safe; the monitor guards the set of those that run.
 */
final class Pulls {
    private static final System.Logger LOG = System.getLogger(Pulls.class.getName());
    static final int RUNNING_MAX = 4;
    static final int KEPT_MAX = 64;
    /** Of the memory a model may fill, so much is for weights; the rest is for its context and everybody else. */
    private static final double MEMORY_SHARE = 0.75;

    private final Path folder;
    private final Http http;
    private final Sources sources;
    private final FetchConfig config;
    private final Box box;
    private final Set<String> running = new HashSet<>();

    /** What this machine has: asked when needed. */
    record Box(LongSupplier memoryBytes, LongSupplier diskFreeBytes) {
        /** This machine: the memory that a container leaves us, the disk of that folder. */
        static Box of(Path folder) {
            return new Box(
                    () -> ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                            ? system.getTotalMemorySize()
                            : Long.MAX_VALUE,
                    () -> {
                        try {
                            return Files.getFileStore(folder).getUsableSpace();
                        } catch (IOException e) {
                            throw new UncheckedIOException("The free space cannot be read", e);
                        }
                    });
        }
    }

    /** Who answers for which kind of reference. */
    record Sources(
            Source<Reference.HuggingFace> huggingFace,
            Source<Reference.Ollama> ollama,
            Source<Reference.Oci> oci,
            Source<Reference.Plain> plain) {
        Plan resolve(Reference reference, Source.Question question) {
            return switch (reference) {
                case Reference.HuggingFace wanted -> huggingFace.resolve(wanted, question);
                case Reference.Ollama wanted -> ollama.resolve(wanted, question);
                case Reference.Oci wanted -> oci.resolve(wanted, question);
                case Reference.Plain wanted -> plain.resolve(wanted, question);
            };
        }
    }

    Pulls(Path folder, Http http, Sources sources, FetchConfig config, Box box) {
        this.folder = folder;
        this.http = http;
        this.sources = sources;
        this.config = config;
        this.box = box;
    }

    /** Makes the folder, for this user alone. */
    static Path prepare(Path home) throws IOException {
        Path pulls = home.resolve("cartridges").resolve(".pulls");
        Files.createDirectories(
                pulls, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return pulls;
    }

    /** Where the models and their parts are, and how to ask for them. */
    static Pulls of(Path folder, Http http, Tokens tokens, FetchConfig config, Box box) {
        var registries = new RegistrySource(http, tokens, Address.of(config.ollama()));
        var sources = new Sources(
                new HuggingFaceSource(http, tokens, Address.of(config.huggingFace())),
                registries.ollama(),
                registries.oci(),
                new PlainSource(http, tokens));
        return new Pulls(folder, http, sources, config, box);
    }

    /** The name of the pull for a reference: the same for the same wish. */
    static String id(Reference reference, Optional<String> revision) {
        String wish = reference instanceof Reference.Plain plain ? plain.uri().toString() : reference.text();
        return Hash.of((wish + "\n" + revision.orElse("")).getBytes(StandardCharsets.UTF_8))
                .substring(0, 32);
    }

    /** Brings a model, or goes on with it. Blocks; ends early by the cancellation. */
    Brought pull(
            String source, Optional<String> revision, Optional<String> sha256, Meter meter, Cancellation cancellation) {
        Optional<String> hash = sha256.map(text -> text.toLowerCase(Locale.ROOT));
        if (hash.isPresent() && !hash.get().matches("[0-9a-f]{64}")) {
            throw new FetchException(Reason.INVALID, "A SHA-256 has 64 hexadecimal digits.");
        }
        Reference reference = Reference.parse(source, revision);
        String id = id(reference, revision);
        claim(id);
        LOG.log(System.Logger.Level.INFO, "Pulling {0}", reference.text());
        try {
            PullFolder pull = new PullFolder(folder, id);
            Optional<PullFolder.State> earlier = pull.read();
            if (earlier.isEmpty() && list().size() >= KEPT_MAX) {
                throw new FetchException(
                        Reason.REFUSED,
                        "There are " + KEPT_MAX + " unfinished pulls: forget some (omni models pulls --forget).");
            }
            long disk = box.diskFreeBytes().getAsLong() - config.diskReserveBytes() + pull.bytesHere();
            long memory = (long) (box.memoryBytes().getAsLong() * MEMORY_SHARE);
            List<String> names = earlier.map(state -> state.files().stream()
                            .map(PullFolder.Known::remoteName)
                            .toList())
                    .orElse(List.of());
            Plan plan = sources.resolve(
                    reference,
                    new Source.Question(
                            names,
                            new Quant.Room(memory, Math.max(0, disk)),
                            hash,
                            new Asker(cancellation, meter::note)));
            Brought brought = new Pull(pull, http, config, meter, cancellation, plan, hash).run(disk, revision);
            LOG.log(
                    System.Logger.Level.INFO,
                    "Pulled {0}: {1} in {2} files",
                    reference.text(),
                    Units.bytes(plan.bytes()),
                    brought.files().size());
            return brought;
        } catch (IOException e) {
            throw Download.disk(e);
        } finally {
            release(id);
        }
    }

    private synchronized void claim(String id) {
        if (running.contains(id)) {
            throw new FetchException(Reason.BUSY, "This is being pulled already.");
        }
        if (running.size() >= RUNNING_MAX) {
            throw new FetchException(Reason.BUSY, RUNNING_MAX + " pulls run already: wait for one.");
        }
        running.add(id);
    }

    private synchronized void release(String id) {
        running.remove(id);
    }

    /** What has been begun and not been taken over, the latest first. */
    List<Unfinished> list() throws IOException {
        List<Unfinished> all = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder)) {
            for (Path one : folders) {
                String name = one.toFile().getName();
                if (name.matches("[0-9a-f]{32}") && Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS)) {
                    new PullFolder(folder, name).describe().ifPresent(all::add);
                }
            }
        }
        all.sort(Comparator.comparingLong(Unfinished::changed).reversed());
        return all;
    }

    /** Deletes what a pull has brought. */
    void forget(String id) throws IOException {
        PullFolder.checked(id);
        claim(id);
        try {
            if (!Files.isDirectory(folder.resolve(id), LinkOption.NOFOLLOW_LINKS)) {
                throw new FetchException(Reason.MISSING, "There is no such pull: see omni models pulls.");
            }
            new PullFolder(folder, id).delete();
        } finally {
            release(id);
        }
    }
}
