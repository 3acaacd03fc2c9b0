package omni.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import omni.gguf.GgufException;
import omni.gguf.RandomModel;
import omni.gguf.TensorType;
import omni.llama.Batch;
import omni.llama.Context;
import omni.llama.ContextParams;
import omni.llama.LlamaException;
import omni.llama.LlamaLibrary;
import omni.llama.Model;
import omni.llama.ModelParams;

/**
 * Gives damaged models to llama.cpp, those that the gate lets through, in a child process: each is refused or loaded and
 * decodes, and the process lives. {@code LoadMutants COUNT SEED [--without-gate]}.
 */
final class LoadMutants {
    private static final int[] HURTFUL = {0, 1, -1, 2, 3, 7, 33, 255, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE};

    /** What came of a run. */
    record Outcome(int refusedByGate, int refusedByLoader, int loaded, List<Integer> dead) {}

    private LoadMutants() {}

    /** Runs children until so many mutants are through; one that dies is noted and the next takes over. */
    static Outcome run(int count, long seed, boolean gate) throws IOException, InterruptedException {
        int[] outcomes = new int[3];
        List<Integer> dead = new ArrayList<>();
        int next = 0;
        while (next < count) {
            Process child = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:+UseSerialGC",
                            "-XX:-CreateCoredumpOnCrash",
                            "-XX:ErrorFile=/dev/null",
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            Children.classPath(),
                            "omni.engine.LoadMutants",
                            "--child",
                            EngineFixture.nativeFolder().toString(),
                            Integer.toString(next),
                            Integer.toString(count),
                            Long.toString(seed),
                            Boolean.toString(gate)))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            int begun = next;
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    String[] words = line.split(" ", -1);
                    if (words.length == 2 && words[0].matches("[0-9]+") && words[1].matches("[012]")) {
                        outcomes[Integer.parseInt(words[1])]++;
                        next = Integer.parseInt(words[0]) + 1;
                    }
                }
            }
            int code = child.waitFor();
            if (next < count) {
                if (code == 0 || (code == 1 && next == begun)) {
                    throw new IOException("the child ended with " + code + " before mutant " + next);
                }
                dead.add(next);
                next++;
            }
        }
        return new Outcome(outcomes[0], outcomes[1], outcomes[2], dead);
    }

    /** Returns a damaged copy of a good file. */
    private static byte[] mutant(byte[] whole, int headerBytes, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = whole.clone();
        int changes = 1 + random.nextInt(2);
        for (int i = 0; i < changes; i++) {
            int at = 24 + random.nextInt(headerBytes - 32);
            if (random.nextInt(4) > 0) {
                at = number(whole, headerBytes, at);
                int value = random.nextBoolean() ? HURTFUL[random.nextInt(HURTFUL.length)] : random.nextInt(600);
                for (int b = 0; b < 4; b++) {
                    bytes[at + b] = (byte) (value >>> (8 * b));
                }
            } else {
                bytes[at] = (byte) random.nextInt();
            }
        }
        return bytes;
    }

    /** Finds the value behind the next key of the model's own after a place. */
    private static int number(byte[] whole, int headerBytes, int from) {
        byte[] prefix = "llama.".getBytes(StandardCharsets.US_ASCII);
        int at = from % 900;
        for (int i = at; i < headerBytes - 64; i++) {
            if (java.util.Arrays.equals(whole, i, i + prefix.length, prefix, 0, prefix.length)) {
                int length = whole[i - 8];
                return i + length + 4;
            }
        }
        return from;
    }

    private static void child(Path natives, int from, int to, long seed, boolean gate) throws IOException {
        LlamaLibrary library = LlamaLibrary.open(natives);
        Path folder = Files.createTempDirectory("omni-mutants");
        Path good = folder.resolve("good.gguf");
        RandomModel.write(
                good,
                new RandomModel.Shape(
                        RandomModel.Family.LLAMA,
                        1,
                        32,
                        2,
                        1,
                        16,
                        32,
                        0,
                        0,
                        270,
                        128,
                        true,
                        TensorType.F16,
                        TensorType.F16),
                1);
        byte[] whole = Files.readAllBytes(good);
        int header = (int) omni.gguf.Gguf.read(good).dataOffset();
        Path file = folder.resolve("mutant.gguf");
        for (int i = from; i < to; i++) {
            Files.write(file, mutant(whole, header, seed + i));
            System.out.println(i + " " + outcome(library, file, gate));
        }
        for (Path left : List.of(good, file, folder)) {
            Files.deleteIfExists(left);
        }
    }

    /** 0: refused by the gate; 1: refused by llama.cpp; 2: loaded, and four tokens decoded. */
    private static int outcome(LlamaLibrary library, Path file, boolean gate) throws IOException {
        if (gate) {
            try (Admission admission = Admission.of(List.of(file))) {
                admission.unchanged();
            } catch (GgufException e) {
                return 0;
            }
        }
        try (Model model = Model.load(library, file, ModelParams.defaults());
                Context context = Context.create(model, ContextParams.generation(256, 1, 1))) {
            Batch batch = Batch.allocate(4, 1);
            for (int i = 0; i < 4; i++) {
                batch.add(i + 3, i, 0, i == 3);
            }
            context.decode(batch);
            return 2;
        } catch (LlamaException e) {
            return 1;
        }
    }

    /** {@code COUNT SEED [--without-gate]}, or a child. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments[0].equals("--child")) {
            child(
                    Path.of(arguments[1]),
                    Integer.parseInt(arguments[2]),
                    Integer.parseInt(arguments[3]),
                    Long.parseLong(arguments[4]),
                    Boolean.parseBoolean(arguments[5]));
            return;
        }
        boolean gate = arguments.length < 3 || !arguments[2].equals("--without-gate");
        System.out.println(run(Integer.parseInt(arguments[0]), Long.parseLong(arguments[1]), gate));
    }
}
