package omni.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import omni.bus.Service;
import omni.device.Report;
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
    private static final Logger LOG = System.getLogger(EngineRole.class.getName());

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
                report -> NativeChoice.choose(
                        NativeChoice.candidates(System.getenv(), context.app(), context.home()),
                        report.natives(),
                        context.config(EngineConfig.SECTION).natives(),
                        new NativeTrial()),
                context::note,
                decoder -> decoder);
    }

    /** Starts with everything given; {@code wrapper} is for tests that plant faults below the decode loop. */
    static Engine start(
            Path app,
            Path home,
            EngineConfig config,
            TuningConfig tuning,
            Function<Report, NativeChoice> natives,
            Consumer<String> note,
            LoadedModel.DecoderWrapper wrapper)
            throws IOException {
        ModelStore store = new ModelStore(app.resolve("seed"), home.resolve("cartridges"), Clock.systemUTC());
        return new Engine(store, config, new Places(app, home), tuning, natives, note, wrapper);
    }

    /** Where the program and the owner's state are. */
    private record Places(Path app, Path home) {}

    /** The native libraries of this process, and why these. */
    private record Opened(NativeChoice choice, LlamaLibrary library) {}

    /** The engine at work. */
    static final class Engine implements Running {
        private final Function<Report, NativeChoice> natives;
        private final Residents residents;
        private final EngineService service;
        private final Tuner tuner;
        private final TuningService tuningService;
        private final Consumer<String> note;
        private volatile List<String> loaded = List.of();
        private volatile @Nullable Opened opened;

        private Engine(
                ModelStore store,
                EngineConfig config,
                Places places,
                TuningConfig tuning,
                Function<Report, NativeChoice> natives,
                Consumer<String> note,
                LoadedModel.DecoderWrapper wrapper) {
            this.natives = natives;
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
            Opened now = opened;
            return now == null ? List.of() : now.library().devices();
        }

        private LlamaLibrary library(StoredModel model) {
            Opened before = opened;
            if (before != null) {
                return before.library();
            }
            try {
                NativeChoice choice = natives.apply(tuner.report());
                choice.passedOver().forEach(line -> LOG.log(Level.INFO, "Natives passed over: {0}", line));
                LOG.log(Level.INFO, "Natives: {0}. {1}", choice.taken().name(), choice.why());
                Opened now = new Opened(choice, LlamaLibrary.open(choice.taken().folder()));
                opened = now;
                return now.library();
            } catch (LlamaException e) {
                throw new EngineException.LoadFailed(model.name(), e.toString());
            } catch (EngineException.Unusable e) {
                throw new EngineException.LoadFailed(model.name(), e.reason);
            } catch (UncheckedIOException e) {
                LOG.log(Level.ERROR, "The native libraries cannot be read.", e);
                throw new EngineException.LoadFailed(
                        model.name(), "the native libraries cannot be read; the log says which");
            }
        }

        private EngineProtocol.Library libraryInfo() {
            Opened now = opened;
            return now == null
                    ? new EngineProtocol.Library("llama.cpp", "not loaded yet", "", "", List.of(), false)
                    : new EngineProtocol.Library(
                            "llama.cpp v" + now.library().version(),
                            String.join(", ", now.library().backends()),
                            now.choice().taken().name(),
                            now.choice().why(),
                            now.choice().passedOver(),
                            now.library().vision());
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
