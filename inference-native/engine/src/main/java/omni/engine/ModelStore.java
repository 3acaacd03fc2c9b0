package omni.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
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
import omni.gguf.GgufException;
import org.jspecify.annotations.Nullable;

/**
 * The models on this box: the seed that came with the program, and what the owner has taken in.
 *
 * <pre>
 * cartridges/
 *   default                      id of the model for requests that name none
 *   {id: sha-256 of the file}/
 *     model.gguf                 or model-00001-of-00003.gguf and so on
 *     manifest.json              see {@link Manifest}
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

    /** A model of the store and how it came there. */
    record Arrived(StoredModel model, Intake.Taken taken) {}

    /**
     * Takes a model in: its blocks shared where the file system can, else as a hard link where the disk is the same, else
     * as a copy. A model that is there already is kept, and gets the new name if one is given.
     *
     * @param progress is told the bytes hashed so far
     * @throws EngineException.Invalid if llama.cpp may not be given the files, a hash is another than expected, or the
     *     name is improper or taken
     */
    Arrived add(Intake.Order order, LongConsumer progress) throws IOException {
        if (order.name() != null) {
            ModelName.checked(order.name());
        }
        List<Intake.Part> parts = Intake.found(order);
        if (models().size() >= MODELS_MAX) {
            throw new EngineException.Invalid("files", "The store holds 256 models: remove one first.");
        }
        Path aside = newAside();
        try {
            Intake.Brought brought = Intake.bring(parts, order, aside, progress);
            return settle(aside, brought, parts.getFirst().path(), order.name());
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

    private synchronized Arrived settle(Path aside, Intake.Brought brought, Path source, @Nullable String name)
            throws IOException {
        String id = brought.id();
        Optional<StoredModel> there =
                models().stream().filter(m -> m.id().equals(id)).findFirst();
        if (there.isPresent() && !there.get().damaged()) {
            return new Arrived(renamed(there.get(), name), Intake.Taken.KNOWN);
        }
        String chosen = name;
        if (chosen == null) {
            chosen = there.isPresent() ? there.get().name() : freeName(source, id);
        }
        refuseTaken(chosen, id);
        Path folder = cartridges.resolve(id);
        List<StoredFile> files = brought.files().stream()
                .map(f -> new StoredFile(folder.resolve(f.path().getFileName()), f.sha256(), f.stamp()))
                .toList();
        long created = clock.instant().getEpochSecond();
        StoredModel model = new StoredModel(id, chosen, files, false, false, false, created, brought.card());
        DurableFiles.write(aside.resolve(Manifest.FILE), Manifest.write(model));
        DurableFiles.syncFolder(aside);
        // What stands there without being a whole model, or damaged, would keep the rename from happening.
        DurableFiles.delete(folder);
        Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncFolder(cartridges);
        known = null;
        return new Arrived(model, brought.taken());
    }

    private void refuseTaken(String name, String id) throws IOException {
        if (models().stream().anyMatch(m -> m.name().equals(name) && !m.id().equals(id))) {
            throw new EngineException.Invalid("name", "Another model has this name: choose another.");
        }
    }

    private StoredModel renamed(StoredModel model, @Nullable String name) throws IOException {
        if (model.seed() || name == null || name.equals(model.name())) {
            return model;
        }
        refuseTaken(name, model.id());
        return rewritten(model.named(name));
    }

    /** Writes a model's manifest anew; what was there before or what is there now, never less. */
    private synchronized StoredModel rewritten(StoredModel model) throws IOException {
        Path folder = cartridges.resolve(model.id());
        DurableFiles.replace(folder, Manifest.FILE, newAside(), Manifest.write(model));
        known = null;
        return model;
    }

    /** Keeps a model from removal and from making room for another, or no longer. */
    synchronized void pin(StoredModel model, boolean pinned) throws IOException {
        if (model.seed()) {
            throw new EngineException.Invalid("model", "The seed model is part of Omni and stays anyway.");
        }
        if (model.pinned() != pinned) {
            rewritten(model.pinned(pinned));
        }
    }

    /** Whether the model of this id is pinned. */
    boolean isPinned(String id) {
        try {
            return models().stream().anyMatch(m -> m.id().equals(id) && m.pinned());
        } catch (IOException e) {
            LOG.log(Level.WARNING, "The store cannot be read.", e);
            return true;
        }
    }

    /**
     * Hashes a model's files again. One that is not what it was when it was taken in sets the model aside: it stays where
     * it is, is listed as damaged, and is never loaded. A model whose files are right again is taken back.
     *
     * @param progress is told the bytes hashed so far
     * @return names of the files that are damaged
     */
    List<String> verify(StoredModel model, LongConsumer progress) throws IOException {
        List<String> wrong = new ArrayList<>();
        List<StoredFile> now = new ArrayList<>();
        long done = 0;
        for (StoredFile file : model.files()) {
            long before = done;
            FileStamp stamp = FileStamp.of(file.path());
            boolean right = Sha256.of(file.path(), bytes -> progress.accept(before + bytes))
                            .equals(file.sha256())
                    && stamp.equals(FileStamp.of(file.path()));
            if (!right) {
                wrong.add(String.valueOf(file.path().getFileName()));
            }
            now.add(new StoredFile(file.path(), file.sha256(), right ? stamp : file.stamp()));
            done += file.stamp().sizeBytes();
        }
        StoredModel found = model.found(!wrong.isEmpty(), now);
        if (!found.equals(model)) {
            settle(found);
        }
        return wrong;
    }

    private synchronized void settle(StoredModel found) throws IOException {
        if (!found.seed()) {
            rewritten(found);
            return;
        }
        known = models().stream().map(m -> m.seed() ? found : m).toList();
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
            FileStamp stamp = FileStamp.of(file);
            StoredFile stored = new StoredFile(file, Sha256.of(file, _ -> {}), stamp);
            try (Admission admission = Admission.of(List.of(file))) {
                Card card = Card.of(admission.model());
                return Optional.of(
                        new StoredModel(stored.sha256(), name, List.of(stored), true, false, false, created, card));
            }
        } catch (GgufException e) {
            LOG.log(Level.ERROR, "The model that comes with Omni is damaged: {0}", e.getMessage());
            return Optional.empty();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
