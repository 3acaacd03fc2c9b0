package omni.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import omni.bus.Service;
import omni.device.Report;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;

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
        Engine engine = start(
                new Bindings.Places(context.app(), context.home(), context.runDir()),
                context.config(EngineConfig.SECTION),
                context.config(TuningConfig.SECTION),
                report -> NativeChoice.choose(
                        NativeChoice.candidates(System.getenv(), context.app(), context.home()),
                        report.natives(),
                        context.config(EngineConfig.SECTION).natives(),
                        new NativeTrial()),
                context::note,
                decoder -> decoder);
        engine.tie = Optional.of(VaultTie.to(context.peer("vault"), engine.service::textsHad, context::vanish));
        return engine;
    }

    /** Starts with everything given; {@code wrapper} is for tests that plant faults below the decode loop. */
    static Engine start(
            Bindings.Places places,
            EngineConfig config,
            TuningConfig tuning,
            Function<Report, NativeChoice> natives,
            Consumer<String> note,
            NativeModel.DecoderWrapper wrapper)
            throws IOException {
        ModelStore store =
                new ModelStore(places.app().resolve("seed"), places.home().resolve("cartridges"), Clock.systemUTC());
        return new Engine(store, config, places, tuning, natives, note, wrapper);
    }

    /** The engine at work. */
    static final class Engine implements Running {
        private final Residents residents;
        private final EngineService service;
        private final Tuner tuner;
        private final TuningService tuningService;
        private final Consumer<String> note;
        private volatile List<String> loaded = List.of();
        private Optional<VaultTie> tie = Optional.empty();

        private Engine(
                ModelStore store,
                EngineConfig config,
                Bindings.Places places,
                TuningConfig tuning,
                Function<Report, NativeChoice> natives,
                Consumer<String> note,
                NativeModel.DecoderWrapper wrapper) {
            this.note = note;
            Memory memory = new Memory(Path.of("/"));
            this.tuner = new Tuner(places.home(), places.app(), config, tuning, this::tellLater);
            Bindings bindings = new Bindings(places, config, memory, tuner, natives, wrapper);
            this.tuningService = new TuningService(tuner, bindings::devices);
            this.residents = new Residents(config, bindings::open, store::isPinned, names -> {
                loaded = names;
                tell();
            });
            this.service = new EngineService(store, residents, config, memory, bindings::info);
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

        @Override
        public List<Service> services() {
            return List.of(EngineProtocol.service(service), TuningProtocol.service(tuningService));
        }

        @Override
        public void stop(Duration grace) {
            tie.ifPresent(VaultTie::close);
            residents.close(grace);
        }
    }
}
