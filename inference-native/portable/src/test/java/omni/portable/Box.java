package omni.portable;

import de.kherud.llama.LlamaModel;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Service;
import omni.engine.EngineProtocol;
import omni.engine.EngineRole;
import omni.role.Config;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;
import org.jspecify.annotations.Nullable;

/** The engine's role on a real socket, in a program folder with the seed and the portable binding, and no native library. */
final class Box implements AutoCloseable {
    static final Path ROOT = Path.of(System.getProperty("omni.root"));
    static final Path SEED = ROOT.resolve("inference-native/seed/omni-seed-f16.gguf");

    final EngineProtocol.Client client;
    final Path folder;
    private final Role.Running engine;
    private final BusServer server;
    private final BusClient bus;

    /** Starts it with lines for {@code [engine]} of omni.toml. */
    Box(Path folder, String... settings) throws Exception {
        this.folder = folder;
        Path app = folder.resolve("app");
        Path seed = Files.createDirectories(app.resolve("seed"));
        try (var files = Files.list(SEED.getParent())) {
            for (Path file : files.toList()) {
                Files.copy(file, seed.resolve(file.getFileName()));
            }
        }
        Unpack.into(app.resolve("portable/native"));
        Files.createSymbolicLink(app.resolve("portable").resolve(jar().getFileName()), jar());
        List<String> lines = new ArrayList<>(List.of("[engine]", "threads = 1"));
        lines.addAll(List.of(settings));
        Path toml = Files.write(folder.resolve("omni.toml"), lines);
        Role role = new EngineRole();
        engine = role.start(new Context(app, folder, Config.load(toml, role.sections())));
        Path socket = folder.resolve("engine.sock");
        BusServer.Builder builder = BusServer.at(socket);
        for (Service service : engine.services()) {
            builder = builder.service(service);
        }
        server = builder.start();
        bus = BusClient.to(socket);
        client = EngineProtocol.Client.of(bus);
    }

    /** What a role's process gives it. */
    private record Context(Path app, Path home, Config config) implements RoleContext {
        @Override
        public Path runDir() {
            return home;
        }

        @Override
        public <T extends Record> T config(Section<T> section) {
            return config.get(section);
        }

        @Override
        public void note(String oneLine) {}

        @Override
        public BusClient peer(String role) {
            return BusClient.to(home.resolve(role + ".sock")); // of which there is none
        }

        @Override
        public boolean hasCredential() {
            return false;
        }

        @Override
        public BusClient provenPeer(String role) {
            return peer(role);
        }

        @Override
        public void vanish() {
            throw new IllegalStateException("The engine never vanishes.");
        }

        @Override
        public void fail(String reason, Throwable cause) {
            throw new IllegalStateException(reason, cause);
        }

        @Override
        public void rest() {
            throw new IllegalStateException("The engine never rests.");
        }

        @Override
        public String tree() {
            return "test";
        }
    }

    /** The file that java-llama.cpp's classes are in. */
    static Path jar() throws URISyntaxException {
        return Path.of(LlamaModel.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    }

    static EngineProtocol.GenerateParams ask(String question, @Nullable Long maxTokens, String... stop) {
        return prompt("<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n", maxTokens, true, stop);
    }

    static EngineProtocol.GenerateParams prompt(
            String prompt, @Nullable Long maxTokens, boolean special, String... stop) {
        return params(prompt, null, maxTokens, special, null, stop);
    }

    /** A greedy call with what the tests vary. */
    static EngineProtocol.GenerateParams params(
            @Nullable String prompt,
            @Nullable List<Long> tokens,
            @Nullable Long maxTokens,
            boolean special,
            @Nullable Long logprobs,
            String... stop) {
        return new EngineProtocol.GenerateParams(
                null,
                prompt,
                tokens,
                special,
                maxTokens,
                new EngineProtocol.Sampling(0.0, null, null, null, null, null),
                List.of(stop),
                logprobs,
                null,
                null,
                null,
                null,
                null);
    }

    /** The processes that it has started and that live. */
    static List<ProcessHandle> processes() {
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains("omni.portable"))
                .toList();
    }

    /** The names of what lies in a folder. */
    static List<String> names(Path folder) throws IOException {
        try (var list = Files.list(folder)) {
            return list.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Override
    public void close() {
        bus.close();
        server.close();
        engine.stop(Duration.ofSeconds(10));
    }
}
