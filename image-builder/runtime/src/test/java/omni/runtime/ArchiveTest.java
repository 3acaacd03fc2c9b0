package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The class archives fit the programs they are for, and are the same when made again. */
class ArchiveTest {
    private static final String ROLE_NATIVE = "omni.role,omni.airgap,omni.vault,omni.llama,org.xerial.sqlitejdbc";
    private static final String COMMAND_NATIVE = "omni.role,org.jline.terminal.ffm";
    /** Below this the list of classes is too old: image-builder/runtime/record-classes makes it anew. */
    private static final double SHARED_MIN = 0.85;

    @TempDir
    Path folder;

    private static Path tree() throws IOException {
        return Product.TREE.toRealPath();
    }

    private static String java(List<String> flags, String nativeAccess, String... main)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC"));
        line.addAll(flags);
        line.add("--enable-native-access=" + nativeAccess);
        line.addAll(List.of("--module-path", tree().resolve("lib").toString(), "--module"));
        line.addAll(List.of(main));
        var process = new ProcessBuilder(line).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out;
    }

    /** "-Xshare:on" ends the start where the archive does not fit. */
    private static List<String> with(String archive) throws IOException {
        return List.of("-Xshare:on", "-XX:SharedArchiveFile=" + tree().resolve(archive), "-Xlog:cds=info");
    }

    @Test
    void rolesGetTheirModulesFromTheArchive() throws Exception {
        var out = java(with("omni.jsa"), ROLE_NATIVE, "omni.role/omni.role.Main", "none");
        assertTrue(out.contains("full module graph: enabled"), out);
        assertTrue(out.contains("There is no role"), out);
    }

    @Test
    void commandsGetTheirModulesFromTheArchive() throws Exception {
        var out = java(with("cli.jsa"), COMMAND_NATIVE, "omni.cli/omni.cli.Main", "version");
        assertTrue(out.contains("full module graph: enabled"), out);
        assertTrue(out.contains("Java 25"), out);
    }

    @Test
    void anotherMainModuleLosesThem() throws Exception {
        var out = java(with("omni.jsa"), COMMAND_NATIVE, "omni.cli/omni.cli.Main", "version");
        assertFalse(out.contains("full module graph: enabled"), out);
    }

    @Test
    void theStartScriptUsesIt() throws Exception {
        try (var product = new Product()) {
            var builder = product.prepare(
                    new ProcessBuilder(tree().resolve("bin/omni").toString(), "version"));
            builder.environment()
                    .put("JDK_JAVA_OPTIONS", "-Xshare:on -Xlog:class+load=info:file=" + folder.resolve("loaded"));
            var process = builder.redirectErrorStream(true).start();
            var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), out);
        }
        var loaded = Files.readAllLines(folder.resolve("loaded"));
        var shared =
                loaded.stream().filter(l -> l.contains("shared objects file")).count();
        assertTrue(shared > SHARED_MIN * loaded.size(), shared + " of " + loaded.size() + " classes are shared");
    }

    @Test
    void madeAgainTheyAreTheSameBytes() throws Exception {
        var list = Path.of(System.getProperty("omni.root"), "image-builder/runtime/src/main/cds/classes.list");
        for (var archive : Map.of(
                        "omni.jsa", List.of(ROLE_NATIVE, "omni.role/omni.role.Main"),
                        "cli.jsa", List.of(COMMAND_NATIVE, "omni.cli/omni.cli.Main"))
                .entrySet()) {
            var again = folder.resolve(archive.getKey());
            var out = java(
                    List.of(
                            "-Xshare:dump",
                            "-Xlog:disable",
                            "-XX:SharedClassListFile=" + list,
                            "-XX:SharedArchiveFile=" + again),
                    archive.getValue().get(0),
                    archive.getValue().get(1));
            assertEquals(-1, Files.mismatch(tree().resolve(archive.getKey()), again), out);
        }
    }

    @Test
    void theSumsOfTheTreeAreRight() throws Exception {
        try (var product = new Product()) {
            var checks = Product.json(product.omni("doctor", "--json").out()).path("checks");
            var files = checks.values().stream()
                    .filter(c -> c.path("name").asString().equals("Program files"))
                    .findFirst()
                    .orElseThrow();
            assertTrue(files.path("ok").asBoolean(), files.toString());
        }
        assertTrue(Files.readString(tree().resolve("SHA256SUMS")).contains("  omni.jsa\n"));
    }
}
