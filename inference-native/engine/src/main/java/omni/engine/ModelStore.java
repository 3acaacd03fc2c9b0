package omni.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The models on this box: the seed that came with the program, and what the owner has taken in.
 *
 * <pre>
 * cartridges/
 *   default                      id of the model for requests that name none
 *   {sha-256 of the file}/
 *     model.gguf
 *     manifest.json
 *   .aside-{random}              being taken in or removed; deleted at the next start
 * </pre>
 *
 * <p>A model appears and disappears by one rename of its folder, after everything in it is on the disk.
 *
 * <p>Thread-safe: one monitor guards the list; hashing and copying go on outside it.
 */
final class ModelStore {
    private static final Logger LOG = System.getLogger(ModelStore.class.getName());
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
    private static final int ID_BEGIN_MIN = 8;
    private static final String ASIDE = ".aside-";
    static final int MODELS_MAX = 256;

    private final Path seedFolder;
    private final Path cartridges;
    private final InstantSource clock;
    private @Nullable List<StoredModel> known;
    private long asides;

    /**
     * Opens the store and clears what an interrupted import or removal has left.
     *
     * @param seedFolder holds the seed's GGUF file
     * @param cartridges holds the owner's models; made when the first comes
     */
    ModelStore(Path seedFolder, Path cartridges, InstantSource clock) throws IOException {
        this.seedFolder = seedFolder;
        this.cartridges = cartridges;
        this.clock = clock;
        if (Files.isDirectory(cartridges)) {
            try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(cartridges, ASIDE + "*")) {
                for (Path leftover : leftovers) {
                    LOG.log(Level.INFO, "Clearing {0}, left by an interrupted import or removal.", leftover);
                    DurableFiles.delete(leftover);
                }
            }
        }
    }

    /** Returns every model, the seed first, then by name. */
    synchronized List<StoredModel> models() throws IOException {
        List<StoredModel> models = known;
        if (models == null) {
            models = scan();
            known = models;
        }
        return models;
    }

    /**
     * Finds a model by name, id, or the first eight or more digits of an id; null and "default" mean the default.
     *
     * @throws EngineException.NoSuchModel if there is none
     */
    StoredModel find(@Nullable String wanted) throws IOException {
        if (wanted == null || wanted.equals("default")) {
            return defaultModel();
        }
        List<StoredModel> models = models();
        for (StoredModel model : models) {
            if (model.name().equals(wanted) || model.id().equals(wanted)) {
                return model;
            }
        }
        if (wanted.length() >= ID_BEGIN_MIN) {
            List<StoredModel> begun =
                    models.stream().filter(m -> m.id().startsWith(wanted)).toList();
            if (begun.size() == 1) {
                return begun.getFirst();
            }
        }
        String shown = wanted.length() > ModelName.LENGTH_MAX ? wanted.substring(0, ModelName.LENGTH_MAX) : wanted;
        throw new EngineException.NoSuchModel(
                shown, models.stream().map(StoredModel::name).toList());
    }

    /** Returns the model last chosen with {@link #use}, else the seed. */
    synchronized StoredModel defaultModel() throws IOException {
        Path file = cartridges.resolve("default");
        if (Files.isRegularFile(file) && Files.size(file) <= 128) {
            String id = Files.readString(file, StandardCharsets.US_ASCII).strip();
            Optional<StoredModel> chosen =
                    models().stream().filter(m -> m.id().equals(id)).findFirst();
            if (chosen.isPresent()) {
                return chosen.get();
            }
        }
        return models().stream()
                .filter(StoredModel::seed)
                .findFirst()
                .orElseThrow(() -> new EngineException.NoSuchModel(
                        "default", known().stream().map(StoredModel::name).toList()));
    }

    /** Makes a model the default; survives a power cut either as the old choice or the new one. */
    synchronized void use(StoredModel model) throws IOException {
        Files.createDirectories(cartridges);
        DurableFiles.replace(
                cartridges,
                "default",
                cartridges.resolve(ASIDE + "default"),
                (model.id() + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * Takes a GGUF file in, as a hard link where the disk is the same, else as a copy. A model that is there already is
     * kept, and gets the new name if one is given.
     *
     * @param progress is told the bytes hashed so far
     * @throws EngineException.Invalid if the file is no whole GGUF file, or the name is improper or taken
     */
    StoredModel add(Path source, @Nullable String name, LongConsumer progress) throws IOException {
        if (!source.isAbsolute()) {
            throw new EngineException.Invalid("path", "The path must be absolute.");
        }
        if (!Files.isRegularFile(source) || !Files.isReadable(source)) {
            throw new EngineException.Invalid("path", "There is no file at this path that the engine may read.");
        }
        if (name != null) {
            ModelName.checked(name);
        }
        if (models().size() >= MODELS_MAX) {
            throw new EngineException.Invalid("path", "The store holds 256 models: remove one first.");
        }
        Path file = source.toRealPath();
        GgufHeader header = GgufHeader.read(file);
        Path aside = newAside();
        try {
            Files.createDirectories(aside);
            String id = bring(file, aside.resolve("model.gguf"), progress);
            return settle(aside, id, file, name, header);
        } finally {
            DurableFiles.delete(aside);
        }
    }

    /** Removes a model. The caller has made sure that nobody uses it. */
    synchronized void remove(StoredModel model) throws IOException {
        if (model.seed()) {
            throw new EngineException.Invalid("model", "The seed model is part of Omni and stays.");
        }
        Path aside = newAside();
        Files.move(cartridges.resolve(model.id()), aside, StandardCopyOption.ATOMIC_MOVE);
        known = null;
        DurableFiles.syncFolder(cartridges);
        DurableFiles.delete(aside);
    }

    private synchronized Path newAside() {
        asides++;
        return cartridges.resolve(ASIDE + HexFormat.of().toHexDigits(System.nanoTime()) + "-" + asides);
    }

    /** Links or copies the file and returns its id. */
    private static String bring(Path file, Path target, LongConsumer progress) throws IOException {
        boolean linked;
        try {
            Files.createLink(target, file);
            linked = true;
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException _) {
            linked = false;
        }
        if (linked) {
            return Sha256.of(target, progress);
        }
        long needed = Files.size(file);
        if (Files.getFileStore(target.resolveSibling("")).getUsableSpace() < needed) {
            throw new EngineException.Invalid("path", "The disk has no room for a copy: free some, or link the file.");
        }
        return Sha256.copy(file, target, progress);
    }

    private synchronized StoredModel settle(
            Path aside, String id, Path source, @Nullable String name, GgufHeader header) throws IOException {
        Optional<StoredModel> there =
                models().stream().filter(m -> m.id().equals(id)).findFirst();
        if (there.isPresent()
                && (there.get().seed()
                        || name == null
                        || name.equals(there.get().name()))) {
            return there.get();
        }
        String chosen = name != null ? name : freeName(source, id);
        if (models().stream().anyMatch(m -> m.name().equals(chosen))) {
            throw new EngineException.Invalid("name", "Another model has this name: choose another.");
        }
        Path file = cartridges.resolve(id).resolve("model.gguf");
        long created = there.map(StoredModel::createdSeconds)
                .orElseGet(() -> clock.instant().getEpochSecond());
        long size = Files.size(aside.resolve("model.gguf"));
        StoredModel model = new StoredModel(id, chosen, file, false, size, created, header);
        byte[] manifest = Manifest.write(model);
        if (there.isPresent()) {
            DurableFiles.replace(cartridges.resolve(id), "manifest.json", aside.resolve("manifest.json"), manifest);
        } else {
            DurableFiles.write(aside.resolve("manifest.json"), manifest);
            DurableFiles.syncFolder(aside);
            // What stands there without being a whole model would keep the rename from happening.
            DurableFiles.delete(cartridges.resolve(id));
            Files.move(aside, cartridges.resolve(id), StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.syncFolder(cartridges);
        }
        known = null;
        return model;
    }

    private String freeName(Path source, String id) throws IOException {
        Path fileName = source.getFileName();
        String name = ModelName.ofFile(fileName == null ? "model" : fileName.toString());
        if (models().stream().noneMatch(m -> m.name().equals(name))) {
            return name;
        }
        String cut = name.substring(0, Math.min(name.length(), ModelName.LENGTH_MAX - ID_BEGIN_MIN - 1));
        return cut + "-" + id.substring(0, ID_BEGIN_MIN);
    }

    private List<StoredModel> known() {
        List<StoredModel> models = known;
        return models == null ? List.of() : models;
    }

    private List<StoredModel> scan() throws IOException {
        List<StoredModel> own = new ArrayList<>();
        if (Files.isDirectory(cartridges)) {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(cartridges)) {
                for (Path folder : folders) {
                    String id = String.valueOf(folder.getFileName());
                    if (ID.matcher(id).matches()) {
                        Manifest.read(folder, id)
                                .ifPresentOrElse(
                                        own::add,
                                        () -> LOG.log(Level.WARNING, "{0} holds no whole model; ignored.", folder));
                    }
                }
            }
        }
        own.sort(Comparator.comparing(StoredModel::name));
        List<StoredModel> all = new ArrayList<>();
        seed().ifPresent(all::add);
        all.addAll(own);
        return List.copyOf(all);
    }

    private Optional<StoredModel> seed() throws IOException {
        if (!Files.isDirectory(seedFolder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(seedFolder)) {
            Optional<Path> found =
                    files.filter(f -> f.toString().endsWith(".gguf")).min(Comparator.naturalOrder());
            if (found.isEmpty()) {
                return Optional.empty();
            }
            Path file = found.get();
            String name = ModelName.ofFile(String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT));
            long created = Files.getLastModifiedTime(file).toInstant().getEpochSecond();
            return Optional.of(new StoredModel(
                    Sha256.of(file, _ -> {}), name, file, true, Files.size(file), created, GgufHeader.read(file)));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
