package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import omni.llama.raw.ggml_backend_dev_caps;
import omni.llama.raw.ggml_backend_dev_props;
import omni.llama.raw.llama_batch;
import omni.llama.raw.llama_context_params;
import omni.llama.raw.llama_model_params;
import omni.llama.raw.llama_perf_context_data;
import omni.llama.raw.llama_sampler_chain_params;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every struct lies in memory as the C compiler lays it out. */
class LayoutBoxTest {
    private static final TreeMap<String, GroupLayout> STRUCTS = new TreeMap<>(Map.of(
            "ggml_backend_dev_caps", ggml_backend_dev_caps.layout(),
            "ggml_backend_dev_props", ggml_backend_dev_props.layout(),
            "llama_batch", llama_batch.layout(),
            "llama_context_params", llama_context_params.layout(),
            "llama_model_params", llama_model_params.layout(),
            "llama_perf_context_data", llama_perf_context_data.layout(),
            "llama_sampler_chain_params", llama_sampler_chain_params.layout()));

    @Test
    void sizesAndOffsetsAreTheCompilers(@TempDir Path work) throws Exception {
        var compilers = compilersView(work);
        var ours = new ArrayList<String>();
        STRUCTS.forEach((name, layout) -> ours.addAll(view(name, layout)));
        assertTrue(ours.size() > 80, "it looked at every field");
        assertEquals(compilers, ours);

        // The control: a field four bytes too far is seen.
        var wrong = new ArrayList<String>();
        var planted = new TreeMap<>(STRUCTS);
        planted.put(
                "llama_batch",
                MemoryLayout.structLayout(llama_batch.layout().memberLayouts().stream()
                        .map(m -> m.name().isEmpty() ? MemoryLayout.paddingLayout(12) : m)
                        .map(m -> m.withByteAlignment(1))
                        .toArray(MemoryLayout[]::new)));
        planted.forEach((name, layout) -> wrong.addAll(view(name, layout)));
        assertNotEquals(compilers, wrong);
    }

    @Test
    void noStructIsLeftOut() throws IOException {
        var included = new TreeSet<String>();
        for (var line :
                Files.readAllLines(Tools.ROOT.resolve("inference-native/llama/src/main/jextract/includes.txt"))) {
            if (line.startsWith("--include-struct ")) {
                included.add(line.substring("--include-struct ".length()).strip());
            }
        }
        assertEquals(included, STRUCTS.keySet());
    }

    private static List<String> compilersView(Path work) throws IOException, InterruptedException {
        var program =
                new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include \"llama.h\"\nint main(void) {\n");
        STRUCTS.forEach((name, layout) -> {
            program.append("printf(\"%s %%zu\\n\", sizeof(struct %s));\n".formatted(name, name));
            for (var field : fields(layout)) {
                program.append(
                        "printf(\"%s.%s %%zu %%zu\\n\", offsetof(struct %s, %s), sizeof(((struct %s *) 0)->%s));\n"
                                .formatted(name, field, name, field, name, field));
            }
        });
        program.append("return 0;\n}\n");
        var source = Files.writeString(work.resolve("probe.c"), program);
        var llama = Tools.llamaSource(work);
        var binary = work.resolve("probe");
        Tools.run(
                work,
                List.of(
                        "gcc",
                        "-I" + llama.resolve("include"),
                        "-I" + llama.resolve("ggml/include"),
                        "-o",
                        binary.toString(),
                        source.toString()));
        return Tools.run(work, List.of(binary.toString())).lines().toList();
    }

    private static List<String> view(String name, GroupLayout layout) {
        var lines = new ArrayList<String>();
        lines.add(name + " " + layout.byteSize());
        for (var field : fields(layout)) {
            var path = PathElement.groupElement(field);
            lines.add(name + "." + field + " " + layout.byteOffset(path) + " "
                    + layout.select(path).byteSize());
        }
        return lines;
    }

    private static List<String> fields(GroupLayout layout) {
        return layout.memberLayouts().stream()
                .flatMap(member -> member.name().stream())
                .toList();
    }
}
