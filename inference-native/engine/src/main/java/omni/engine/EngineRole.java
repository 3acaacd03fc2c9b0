package omni.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import omni.bus.Service;
import omni.llama.Device;
import omni.llama.LlamaException;
import omni.llama.LlamaLibrary;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;
import org.jspecify.annotations.Nullable;

/**
 * The role "engine": models, and text from them. It is ready at once; the native library and a model are loaded when a
 * request first needs them.
 */
public final class EngineRole implements Role {
    /** Called by the service loader. */
    public EngineRole() {}

    @Override
    public String name() {
        return "engine";
    }

    @Override
    public List<Section<?>> sections() {
        return List.of(EngineConfig.SECTION, TuningConfig.SECTION);
    }

    @Override
    public Running start(RoleContext context) throws IOException {
        return start(
                context.app(),
                context.home(),
                context.config(EngineConfig.SECTION),
                context.config(TuningConfig.SECTION),
                () -> LlamaLibrary.directory(System.getenv()),
                context::note,
                decoder -> decoder);
    }

    /** Starts with everything given; {@code wrapper} is for tests that plant faults below the decode loop. */
    static Engine start(
            Path app,
            Path home,
            EngineConfig config,
            TuningConfig tuning,
            Supplier<Path> libraryFolder,
            Consumer<String> note,
            LoadedModel.DecoderWrapper wrapper)
            throws IOException {
        ModelStore store = new ModelStore(app.resolve("seed"), home.resolve("cartridges"), Clock.systemUTC());
        return new Engine(store, config, new Places(app, home), tuning, libraryFolder, note, wrapper);
    }

    /** Where the program and the owner's state are. */
    private record Places(Path app, Path home) {}

    /** The engine at work. */
    static final class Engine implements Running {
        private final Supplier<Path> libraryFolder;
        private final Residents residents;
        private final EngineService service;
        private final Tuner tuner;
        private final TuningService tuningService;
        private final Consumer<String> note;
        private volatile List<String> loaded = List.of();
        private volatile @Nullable LlamaLibrary library;

        private Engine(
                ModelStore store,
                EngineConfig config,
                Places places,
                TuningConfig tuning,
                Supplier<Path> libraryFolder,
                Consumer<String> note,
                LoadedModel.DecoderWrapper wrapper) {
            this.libraryFolder = libraryFolder;
            this.note = note;
            Memory memory = new Memory(Path.of("/"));
            this.tuner = new Tuner(places.home(), places.app(), config, tuning, this::tellLater);
            this.tuningService = new TuningService(tuner, this::devices);
            this.residents = new Residents(
                    config,
                    model -> LoadedModel.open(model, library(model), config, memory, wrapper, tuner),
                    store::isPinned,
                    names -> {
                        loaded = names;
                        tell();
                    });
            this.service = new EngineService(store, residents, config, memory, this::libraryInfo);
        }

        /** Tells the status what is loaded, and how it is computed at the moment. */
        private void tell() {
            String models = loaded.isEmpty() ? "" : "loaded: " + String.join(", ", loaded);
            String computes = loaded.isEmpty() ? "" : tuner.note();
            note.accept(computes.isEmpty() ? models : models + "; " + computes);
        }

        /** The same, without holding up who computes. */
        private void tellLater() {
            Thread.ofVirtual().name("omni-engine-note").start(this::tell);
        }

        private List<Device> devices() {
            LlamaLibrary opened = library;
            return opened == null ? List.of() : opened.devices();
        }

        private LlamaLibrary library(StoredModel model) {
            try {
                LlamaLibrary opened = LlamaLibrary.open(libraryFolder.get());
                library = opened;
                return opened;
            } catch (LlamaException e) {
                throw new EngineException.LoadFailed(model.name(), e.toString());
            } catch (UncheckedIOException e) {
                System.getLogger(EngineRole.class.getName())
                        .log(System.Logger.Level.ERROR, "The native libraries cannot be read.", e);
                throw new EngineException.LoadFailed(
                        model.name(), "the native libraries cannot be read; the log says which");
            }
        }

        private EngineService.LibraryInfo libraryInfo() {
            LlamaLibrary opened = library;
            return opened == null
                    ? new EngineService.LibraryInfo("llama.cpp", "not loaded yet")
                    : new EngineService.LibraryInfo(
                            "llama.cpp v" + opened.version(), String.join(", ", opened.backends()));
        }

        @Override
        public List<Service> services() {
            return List.of(EngineProtocol.service(service), TuningProtocol.service(tuningService));
        }

        @Override
        public void stop(Duration grace) {
            residents.close(grace);
        }
    }
}
