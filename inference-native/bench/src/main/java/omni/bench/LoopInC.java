package omni.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandleProxies;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The loops of {@code loop.c}, compiled with gcc against the release's headers and the libraries that this process has
 * loaded. A whole loop is one downcall, so what is measured is C.
 */
final class LoopInC implements AutoCloseable {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final Arena arena = Arena.ofShared();
    private final SymbolLookup lookup;
    private final Calls calls;
    private final Run tokens;
    private final Run batch;
    private final MemorySegment loop;

    /** A function of loop.c. */
    public interface Open {
        MemorySegment open(MemorySegment file, int positions, int tokensMax);
    }

    /** A function of loop.c. */
    public interface Calls {
        long call(MemorySegment loop, int count);
    }

    /** A function of loop.c. */
    public interface Run {
        int run(MemorySegment loop, int count);
    }

    /** A function of loop.c. */
    public interface Close {
        void close(MemorySegment loop);
    }

    /** Compiles it and opens a model; a libllama must be loaded already. */
    LoopInC(Path root, Path natives, Path model, int positions, int tokensMax) {
        lookup = SymbolLookup.libraryLookup(compile(root, natives), arena);
        var pointer = ValueLayout.ADDRESS;
        calls = function("loop_calls", Calls.class, FunctionDescriptor.of(ValueLayout.JAVA_LONG, pointer, INT));
        tokens = function("loop_tokens", Run.class, FunctionDescriptor.of(INT, pointer, INT));
        batch = function("loop_batch", Run.class, FunctionDescriptor.of(INT, pointer, INT));
        var open = function("loop_open", Open.class, FunctionDescriptor.of(pointer, pointer, INT, INT));
        loop = open.open(arena.allocateFrom(model.toString()), positions, tokensMax);
        if (loop.address() == 0) {
            throw new IllegalStateException("the model cannot be opened in C: " + model);
        }
    }

    private <T> T function(String name, Class<T> shape, FunctionDescriptor descriptor) {
        return MethodHandleProxies.asInterfaceInstance(
                shape, Linker.nativeLinker().downcallHandle(lookup.findOrThrow(name), descriptor));
    }

    private static Path compile(Path root, Path natives) {
        try {
            var headers = Path.of(output(
                    List.of(root.resolve("inference-native/recipe/source").toString())));
            var folder = Files.createTempDirectory("omni-loop");
            var library = folder.resolve("libloop.so");
            var command = new ArrayList<>(List.of(
                    "gcc",
                    "-O2",
                    "-shared",
                    "-fPIC",
                    "-I" + headers.resolve("include"),
                    "-I" + headers.resolve("ggml/include"),
                    "-o",
                    library.toString(),
                    root.resolve("inference-native/bench/src/main/c/loop.c").toString()));
            try (var files = Files.newDirectoryStream(natives, "libllama.*so*")) {
                files.forEach(file -> command.add(file.toString()));
            }
            command.add("-Wl,-rpath," + natives);
            output(command);
            return library;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String output(List<String> command) throws IOException {
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(command.getFirst() + " failed");
            }
            return text.strip();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Asks for the size of the context, over and over. */
    long calls(int count) {
        return calls.call(loop, count);
    }

    /** Decodes a token and picks the next, over and over. */
    void tokens(int count) {
        check(tokens.run(loop, count));
    }

    /** Decodes one batch. */
    void batch(int tokenCount) {
        check(batch.run(loop, tokenCount));
    }

    private static void check(int failed) {
        if (failed != 0) {
            throw new IllegalStateException("decode did not finish in C: " + failed);
        }
    }

    @Override
    public void close() {
        function("loop_close", Close.class, FunctionDescriptor.ofVoid(ValueLayout.ADDRESS))
                .close(loop);
        arena.close();
    }
}
