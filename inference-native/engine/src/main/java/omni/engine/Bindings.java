package omni.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import omni.device.Report;
import omni.llama.Device;
import omni.llama.LlamaException;
import omni.llama.LlamaLibrary;
import org.jspecify.annotations.Nullable;

/**
 * What computes in this process: llama.cpp's own libraries, or java-llama.cpp where none of them opens. It is found out
 * when the first model is loaded, and stays so.
 *
 * <p>{@link #open} belongs to one thread at a time; the rest may be called from any.
 */
final class Bindings {
    private static final Logger LOG = System.getLogger(Bindings.class.getName());

    private final Places places;
    private final EngineConfig config;
    private final Memory memory;
    private final Tuner tuner;
    private final Function<Report, NativeChoice> natives;
    private final NativeModel.DecoderWrapper wrapper;
    private volatile @Nullable Chosen chosen;

    /**
     * Where things are.
     *
     * @param app the program's own files
     * @param home the owner's state
     * @param run the sockets
     */
    record Places(Path app, Path home, Path run) {}

    private sealed interface Chosen {}

    /** Libraries of llama.cpp, and why these. */
    private record Native(NativeChoice choice, LlamaLibrary library) implements Chosen {}

    /** java-llama.cpp, which version, why, and what would have come before it. */
    private record Portable(String version, String why, List<String> passedOver) implements Chosen {}

    Bindings(
            Places places,
            EngineConfig config,
            Memory memory,
            Tuner tuner,
            Function<Report, NativeChoice> natives,
            NativeModel.DecoderWrapper wrapper) {
        this.places = places;
        this.config = config;
        this.memory = memory;
        this.tuner = tuner;
        this.natives = natives;
        this.wrapper = wrapper;
    }

    /**
     * Loads a model.
     *
     * @throws EngineException.LoadFailed if nothing computes here, or the model cannot be loaded
     */
    LoadedModel open(StoredModel model) {
        return switch (chosen(model.name())) {
            case Native(NativeChoice _, LlamaLibrary library) ->
                NativeModel.open(model, library, config, memory, wrapper, tuner);
            case Portable _ ->
                PortableModel.open(
                        model,
                        config,
                        memory,
                        tuner.unmeasured().threads(),
                        (stored, settings) -> PortableProcess.start(
                                places.app(), places.run(), stored.name(), stored.file(), settings));
        };
    }

    private Chosen chosen(String model) {
        Chosen before = chosen;
        if (before != null) {
            return before;
        }
        Chosen now = config.binding() == EngineConfig.Binding.PORTABLE
                ? portable(
                        model,
                        "omni.toml names it.",
                        List.of(),
                        "the portable binding that omni.toml names is not here; build Omni again, or say auto")
                : openNative(model);
        chosen = now;
        return now;
    }

    private Chosen openNative(String model) {
        String reason;
        try {
            NativeChoice choice = natives.apply(tuner.report());
            choice.passedOver().forEach(line -> LOG.log(Level.INFO, "Natives passed over: {0}", line));
            LOG.log(Level.INFO, "Natives: {0}. {1}", choice.taken().name(), choice.why());
            return new Native(choice, LlamaLibrary.open(choice.taken().folder()));
        } catch (LlamaException e) {
            reason = e.toString();
        } catch (EngineException.Unusable e) {
            reason = e.reason;
        } catch (UncheckedIOException e) {
            LOG.log(Level.ERROR, "The native libraries cannot be read.", e);
            reason = "the native libraries cannot be read; the log says which";
        }
        // What the owner names is taken or refused, never replaced.
        boolean free = config.binding() == EngineConfig.Binding.AUTO
                && config.natives().equals(NativeChoice.AUTO)
                && !NativeChoice.isNamed(System.getenv());
        if (!free) {
            throw new EngineException.LoadFailed(model, reason);
        }
        return portable(
                model,
                "No native libraries of llama.cpp open here.",
                List.of("native: " + reason),
                reason + " The portable binding, which would take their place, is not here either.");
    }

    /** Takes java-llama.cpp, or fails with {@code missing} where it is not here. */
    private Portable portable(String model, String why, List<String> passedOver, String missing) {
        if (!PortableProcess.isHere(places.app())) {
            throw new EngineException.LoadFailed(model, missing);
        }
        LOG.log(Level.INFO, "The portable binding computes. {0}", why);
        return new Portable(version(), why, passedOver);
    }

    /** Returns what ggml's registry reports; nothing before the first model. */
    List<Device> devices() {
        return chosen instanceof Native now ? now.library().devices() : List.of();
    }

    /** Returns what computes, for the status. */
    EngineProtocol.Library info() {
        return switch (chosen) {
            case null -> new EngineProtocol.Library("llama.cpp", "not loaded yet", "", "", List.of(), false);
            case Native(NativeChoice choice, LlamaLibrary library) ->
                new EngineProtocol.Library(
                        "llama.cpp v" + library.version(),
                        String.join(", ", library.backends()),
                        choice.taken().name(),
                        choice.why(),
                        choice.passedOver(),
                        library.vision());
            case Portable(String version, String why, List<String> passedOver) ->
                new EngineProtocol.Library("java-llama.cpp " + version, "CPU", "portable", why, passedOver, false);
        };
    }

    /** The version that the library's file is named after; empty where it cannot be read. */
    private String version() {
        List<String> versions = new ArrayList<>();
        try (Stream<Path> files = Files.list(places.app().resolve("portable"))) {
            files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.startsWith("llama-") && name.endsWith(".jar"))
                    .forEach(name -> versions.add(name.substring("llama-".length(), name.length() - ".jar".length())));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "The portable binding has gone.", e);
        }
        return String.join(", ", versions);
    }
}
