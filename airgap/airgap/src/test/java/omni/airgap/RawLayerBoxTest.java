package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The committed raw layer is as this machine's headers have it: a compiled probe prints size and place of every field and the
 * value of every constant; and what jextract makes anew has the same structs and constants.
 */
class RawLayerBoxTest {
    private static final String RAW = "omni.airgap.raw.";

    @TempDir
    Path work;

    private static List<String> included(String what) throws Exception {
        String prefix = "--include-" + what + " ";
        return Files.readAllLines(Tools.MODULE.resolve("src/main/jextract/kernel.txt")).stream()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()))
                .toList();
    }

    private static Map<String, Long> ours() throws Exception {
        Map<String, Long> facts = new TreeMap<>();
        for (String struct : included("struct")) {
            GroupLayout layout = (GroupLayout)
                    Class.forName(RAW + struct).getMethod("layout").invoke(null);
            facts.put(struct, layout.byteSize());
            for (MemoryLayout member : layout.memberLayouts()) {
                member.name()
                        .filter(name -> !name.isEmpty())
                        .ifPresent(name ->
                                facts.put(struct + "." + name, layout.byteOffset(PathElement.groupElement(name))));
            }
        }
        for (String constant : included("constant")) {
            Object value = Class.forName(RAW + "Kernel").getMethod(constant).invoke(null);
            facts.put(constant, ((Number) value).longValue());
        }
        return facts;
    }

    @Test
    void everyFieldAndConstantIsTheHeaders() throws Exception {
        Map<String, Long> ours = ours();
        List<String> lines = new ArrayList<>(List.of(
                "#include <stddef.h>", "#include <stdio.h>", "#include <sys/socket.h>", "#include <netinet/in.h>"));
        Files.readAllLines(Tools.MODULE.resolve("src/main/jextract/kernel.h")).stream()
                .filter(line -> line.startsWith("#include"))
                .forEach(lines::add);
        lines.add("int main(void) {");
        for (String name : ours.keySet()) {
            int dot = name.indexOf('.');
            String value = dot > 0
                    ? "offsetof(struct " + name.substring(0, dot) + ", " + name.substring(dot + 1) + ")"
                    : Character.isUpperCase(name.charAt(0)) ? name : "sizeof(struct " + name + ")";
            lines.add("printf(\"%s %lld\\n\", \"" + name + "\", (long long)(" + value + "));");
        }
        lines.add("return 0; }");
        Path source = Files.write(work.resolve("probe.c"), lines);
        Tools.run("gcc", "-o", work.resolve("probe").toString(), source.toString());
        Map<String, Long> theirs = new TreeMap<>();
        Tools.run(work.resolve("probe").toString()).lines().forEach(line -> {
            int space = line.indexOf(' ');
            theirs.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
        });
        assertTrue(theirs.size() > 100, "it asked for " + theirs.size());
        List<String> different = theirs.keySet().stream()
                .filter(name -> !java.util.Objects.equals(theirs.get(name), ours.get(name)))
                .map(name -> name + " is " + theirs.get(name) + ", not " + ours.get(name))
                .toList();
        assertEquals(List.of(), different);
        assertEquals(theirs.keySet(), ours.keySet());
    }

    @Test
    void generatedAgainItIsTheSame() throws Exception {
        Path output = work.resolve("again");
        Tools.run(Tools.MODULE.resolve("regenerate").toString(), output.toString());
        Path committed = Tools.MODULE.resolve("src/generated/java/omni/airgap/raw");
        List<Path> files = Processes.entries(committed);
        assertTrue(files.size() > 10);
        for (Path file : files) {
            assertEquals(
                    Files.readString(file),
                    Files.readString(output.resolve("omni/airgap/raw").resolve(file.getFileName())),
                    file.toString());
        }
        assertEquals(
                files.size(),
                Processes.entries(output.resolve("omni/airgap/raw")).size());
    }
}
