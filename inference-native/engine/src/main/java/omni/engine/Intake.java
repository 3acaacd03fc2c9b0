package omni.engine;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import omni.gguf.GgufException;
import omni.gguf.GgufModel;
import omni.role.Native;
import org.jspecify.annotations.Nullable;

/** Bringing the files of a model into a folder of the store: accepted, shared or linked or copied, hashed, compared. */
final class Intake {
    private static final Pattern HASH = Pattern.compile("[0-9a-fA-F]{64}");
    static final int TEMPLATE_CHARACTERS_MAX = 65_536;
    static final int SOURCE_CHARACTERS_MAX = 1024;
    static final int REVISION_CHARACTERS_MAX = 256;

    private Intake() {}

    /** How the files came in; what is true of one is said of all, the later word before the earlier. */
    enum Taken {
        SHARED,
        LINKED,
        COPIED,
        KNOWN
    }

    /** A file and what its SHA-256 must be, where somebody knows. */
    record Part(Path path, @Nullable String sha256) {}

    /** What to take in. */
    record Order(
            List<Part> parts,
            @Nullable String name,
            EngineProtocol.@Nullable Source source,
            @Nullable String licence,
            @Nullable String template,
            EngineProtocol.@Nullable Sampling sampling) {
        /** Copies the list. */
        Order {
            parts = List.copyOf(parts);
        }

        static Order of(Path file, @Nullable String name) {
            return new Order(List.of(new Part(file, null)), name, null, null, null, null);
        }

        /** Checks what came over the bus. */
        static Order checked(EngineProtocol.ImportParams in) {
            bounded("licence", in.licence(), Card.LICENCE_CHARACTERS_MAX);
            bounded("template", in.template(), TEMPLATE_CHARACTERS_MAX);
            EngineProtocol.Source source = in.source();
            if (source != null) {
                bounded("source.name", source.name(), SOURCE_CHARACTERS_MAX);
                bounded("source.revision", source.revision(), REVISION_CHARACTERS_MAX);
            }
            if (in.name() != null) {
                ModelName.checked(in.name());
            }
            EngineProtocol.Sampling sampling = in.parameters();
            if (sampling != null) {
                Sampling.check("parameters.", sampling);
            }
            List<Part> parts = new ArrayList<>();
            for (EngineProtocol.ImportFile file : in.files()) {
                String hash = file.sha256();
                if (hash != null && !HASH.matcher(hash).matches()) {
                    throw new EngineException.Invalid("files.sha256", "A SHA-256 has 64 hexadecimal digits.");
                }
                parts.add(new Part(path(file.path()), hash == null ? null : hash.toLowerCase(Locale.ROOT)));
            }
            return new Order(parts, in.name(), source, in.licence(), in.template(), sampling);
        }

        private static void bounded(String parameter, @Nullable String text, int charactersMax) {
            if (text != null && text.length() > charactersMax) {
                throw new EngineException.Invalid(parameter, "Give at most " + charactersMax + " characters.");
            }
        }

        private static Path path(String text) {
            try {
                return Path.of(text);
            } catch (InvalidPathException _) {
                throw wrong("A path among the files is none.");
            }
        }
    }

    /** Files that were brought into a folder, parts in order. */
    record Brought(String id, List<StoredFile> files, Card card, Taken taken) {}

    private static EngineException.Invalid wrong(String hint) {
        return new EngineException.Invalid("files", hint);
    }

    /**
     * Returns the real files of an order, none twice.
     *
     * @throws EngineException.Invalid if there are none or too many, or one is not there or may not be read
     */
    static List<Part> found(Order order) throws IOException {
        if (order.parts().isEmpty() || order.parts().size() > GgufModel.PARTS_MAX) {
            throw wrong("Give one file, or all parts of a split model: 1 to 512.");
        }
        List<Part> found = new ArrayList<>();
        for (Part part : order.parts()) {
            if (!part.path().isAbsolute()) {
                throw wrong("The path must be absolute.");
            }
            if (!Files.isRegularFile(part.path()) || !Files.isReadable(part.path())) {
                throw wrong("There is no file at this path that the engine may read.");
            }
            found.add(new Part(part.path().toRealPath(), part.sha256()));
        }
        if (found.stream().map(Part::path).distinct().count() < found.size()) {
            throw wrong("A file is given twice.");
        }
        return found;
    }

    /**
     * Brings files into a new folder.
     *
     * @param progress is told the bytes hashed so far, of all files together
     * @throws EngineException.Invalid if llama.cpp may not be given them, a hash is another, or the disk has no room
     */
    static Brought bring(List<Part> parts, Order order, Path folder, LongConsumer progress) throws IOException {
        try (Admission admission = Admission.of(parts.stream().map(Part::path).toList())) {
            Files.createDirectories(folder);
            List<StoredFile> files = new ArrayList<>();
            Taken taken = Taken.SHARED;
            long done = 0;
            for (int at : admission.order()) {
                Part part = parts.get(at);
                Path target = folder.resolve(nameOf(files.size(), parts.size()));
                long before = done;
                LongConsumer part_ = bytes -> progress.accept(before + bytes);
                Taken how = place(part.path(), target);
                taken = how.compareTo(taken) > 0 ? how : taken;
                String hash = how == Taken.COPIED ? Sha256.copy(part.path(), target, part_) : Sha256.of(target, part_);
                if (part.sha256() != null && !part.sha256().equals(hash)) {
                    throw wrong("A file's SHA-256 is not the expected one: get it again.");
                }
                StoredFile file = new StoredFile(target, hash, FileStamp.of(target));
                files.add(file);
                done += file.stamp().sizeBytes();
            }
            if (!admission.unchanged()) {
                throw wrong("A file was changed meanwhile: take it in when it is finished.");
            }
            Card card = Card.of(admission.model())
                    .with(order.source(), order.licence(), order.template(), order.sampling());
            return new Brought(idOf(files), files, card, taken);
        } catch (GgufException e) {
            throw wrong(e.getMessage());
        }
    }

    /** llama.cpp finds the parts of a split model by these names. */
    private static String nameOf(int index, int count) {
        return count == 1 ? "model.gguf" : String.format(Locale.ROOT, "model-%05d-of-%05d.gguf", index + 1, count);
    }

    /** Shares or links; says that it must be copied where neither can be. */
    private static Taken place(Path from, Path to) throws IOException {
        if (Native.shareBlocks(from, to)) {
            return Taken.SHARED;
        }
        try {
            Files.createLink(to, from);
            return Taken.LINKED;
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException _) {
            if (Files.getFileStore(to.resolveSibling("")).getUsableSpace() < Files.size(from)) {
                throw wrong("The disk has no room for a copy: free some, or link the file.");
            }
            return Taken.COPIED;
        }
    }

    private static String idOf(List<StoredFile> files) {
        if (files.size() == 1) {
            return files.getFirst().sha256();
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (StoredFile file : files) {
                digest.update((file.sha256() + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
