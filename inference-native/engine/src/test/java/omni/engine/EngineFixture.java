package omni.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.ReplyStream;
import omni.bus.Service;
import omni.device.NativeFit.Kind;
import omni.role.Config;
import org.jspecify.annotations.Nullable;

/** The whole engine with the seed model, served on a real socket. */
final class EngineFixture implements AutoCloseable {
    static final Path ROOT = Path.of(System.getProperty("omni.root"));
    static final Path SEED = ROOT.resolve("inference-native/seed/omni-seed-f16.gguf");
    static final Duration LONG = Duration.ofSeconds(60);

    final Path home;
    final AtomicReference<String> note = new AtomicReference<>("");
    final EngineProtocol.Client client;
    private final EngineRole.Engine engine;
    private final BusServer server;
    private final BusClient bus;
    private final Path socket;

    /** Starts it with lines for {@code [engine]} of omni.toml. */
    EngineFixture(Path folder, String... settings) throws IOException {
        this(folder, decoder -> decoder, settings);
    }

    EngineFixture(Path folder, TuningConfig tuning, String... settings) throws IOException {
        this(folder, decoder -> decoder, EngineFixture::nativeFolder, tuning, settings);
    }

    EngineFixture(Path folder, NativeModel.DecoderWrapper wrapper, String... settings) throws IOException {
        this(folder, wrapper, EngineFixture::nativeFolder, quiet(folder), settings);
    }

    EngineFixture(Path folder, NativeModel.DecoderWrapper wrapper, Supplier<Path> natives, String... settings)
            throws IOException {
        this(folder, wrapper, natives, quiet(folder), settings);
    }

    private EngineFixture(
            Path folder,
            NativeModel.DecoderWrapper wrapper,
            Supplier<Path> natives,
            TuningConfig tuning,
            String... settings)
            throws IOException {
        home = folder;
        engine = EngineRole.start(
                new Bindings.Places(ROOT.resolve("inference-native"), home, folder),
                config(folder, settings),
                tuning,
                _ -> new NativeChoice(
                        new NativeChoice.Candidate("test", natives.get(), Kind.CPU, true), "A test.", List.of()),
                note::set,
                wrapper);
        socket = folder.resolve("engine.sock");
        BusServer.Builder builder = BusServer.at(socket);
        for (Service service : engine.services()) {
            builder.service(service);
        }
        server = builder.start();
        bus = BusClient.to(socket);
        client = EngineProtocol.Client.of(bus);
    }

    TuningProtocol.Client tuning() {
        return TuningProtocol.Client.of(bus);
    }

    /** A caller with connections of its own. */
    record Caller(BusClient bus, EngineProtocol.Client client) {
        void close() {
            bus.close();
        }
    }

    Caller anotherCaller() {
        BusClient other = BusClient.to(socket);
        return new Caller(other, EngineProtocol.Client.of(other));
    }

    static Path nativeFolder() {
        String own = System.getenv("OMNI_LLAMA_LIB");
        return own != null ? Path.of(own) : ROOT.resolve("target/native");
    }

    /** Nothing is measured and nothing held back: tests say what they want of that. */
    static TuningConfig quiet(Path folder) throws IOException {
        return tuning(folder, "sweep = false", "yield_to_others = false", "yield_to_heat = false");
    }

    /** Returns what these lines of {@code [tuning]} mean. */
    static TuningConfig tuning(Path folder, String... lines) throws IOException {
        Path file = Files.createTempFile(folder, "tuning", ".toml");
        Files.writeString(file, "[tuning]\n" + String.join("\n", lines) + "\n");
        return Config.load(file, List.of(TuningConfig.SECTION)).get(TuningConfig.SECTION);
    }

    static EngineConfig config(Path folder, String... settings) throws IOException {
        Path file = Files.createTempFile(folder, "omni", ".toml");
        List<String> lines = new ArrayList<>(List.of("[engine]"));
        // One thread: several that wait for each other get nowhere on a machine that is busy with other builds.
        if (Arrays.stream(settings).noneMatch(line -> line.startsWith("threads"))) {
            lines.add("threads = 1");
        }
        lines.addAll(List.of(settings));
        Files.write(file, lines);
        return Config.load(file, List.of(EngineConfig.SECTION)).get(EngineConfig.SECTION);
    }

    /** A chat turn as the seed's template writes it. */
    static String chat(String question) {
        return "<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n";
    }

    /** A greedy request for the answer to a question. */
    static EngineProtocol.GenerateParams ask(String question, @Nullable Long maxTokens, String... stop) {
        return Ask.chat(question)
                .maxTokens(maxTokens)
                .greedy()
                .stop(List.of(stop))
                .params();
    }

    /** Takes one file in and says nothing more of it. */
    static EngineProtocol.ImportParams taking(Path file, @Nullable String name) {
        return new EngineProtocol.ImportParams(
                List.of(new EngineProtocol.ImportFile(file.toString(), null)), name, null, null, null, null);
    }

    static EngineProtocol.Sampling greedy() {
        return new EngineProtocol.Sampling(0.0, null, null, null, null, null);
    }

    /** The text of a streamed answer, joined. */
    String streamed(EngineProtocol.GenerateParams params) {
        StringBuilder text = new StringBuilder();
        try (ReplyStream<EngineProtocol.GenerateReply> replies = client.generateMore(params)) {
            while (replies.hasNext()) {
                text.append(replies.next().text());
            }
        }
        return text.toString();
    }

    /** What Stats says of the only loaded model. */
    EngineProtocol.ModelStats stats() {
        return client.stats(new EngineProtocol.StatsParams()).models().getFirst();
    }

    /** Waits until no sequence is in the KV cache and no request waits. */
    void awaitIdle() throws Exception {
        Await.until(LONG, () -> stats().sequences() == 0 && stats().waiting() == 0);
    }

    @Override
    public void close() {
        bus.close();
        server.close();
        engine.stop(Duration.ofSeconds(10));
    }
}
