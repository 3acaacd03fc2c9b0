package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import omni.llama.raw.Llama;
import omni.llama.raw.llama_batch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every struct, function, callback and constant of the raw layer is as the C++ compiler sees it in the release's headers.
 *
 * <p>A probe is generated from the list of symbols, compiled, and prints a line for each fact; the same lines are made of the
 * layouts and descriptors in Java. What {@code includes.txt} names and the raw layer lacks is an error here too.
 */
class LayoutBoxTest {
    private static final String RAW = "omni.llama.raw.";

    /** Names that the regenerator gives to nameless structs; they are looked at inside the struct that has them. */
    private static final Set<String> NAMED_BY_US = Set.of("ggml_opt_adamw_params", "ggml_opt_sgd_params");

    private static final String PROBE = """
        #include <cstddef>
        #include <cstdio>
        #include <cstdlib>
        #include <cxxabi.h>
        #include <string>
        #include <type_traits>
        #include <typeinfo>
        #include "llama.h"
        template <class T> std::string kind() {
            if constexpr (std::is_void_v<T>) return "void";
            else if constexpr (std::is_array_v<T>)
                return "array of " + kind<std::remove_extent_t<T>>();
            else if constexpr (std::is_pointer_v<T>) return "pointer";
            else if constexpr (std::is_same_v<std::remove_cv_t<T>, bool>) return "boolean";
            else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
                return "integer " + std::to_string(sizeof(T));
            else if constexpr (std::is_floating_point_v<T>) return "floating " + std::to_string(sizeof(T));
            else {
                int status;
                char * name = abi::__cxa_demangle(typeid(T).name(), nullptr, nullptr, &status);
                std::string text = name;
                free(name);
                return text;
            }
        }
        template <class T> std::string member() {
            if constexpr (std::is_class_v<T>) return "struct";
            else return kind<T>();
        }
        template <class R, class... A> void signature(const char * name, R (*)(A...)) {
            std::string text = kind<R>();
            ((text += ", " + kind<A>()), ...);
            printf("%s: %s\\n", name, text.c_str());
        }
        #define STRUCT(T) printf("%s: %zu\\n", #T, sizeof(T));
        #define FIELD(T, F) printf("%s.%s: %zu %zu %s\\n", #T, #F, offsetof(T, F), sizeof(((T *) nullptr)->F), \\
            member<decltype(((T *) nullptr)->F)>().c_str());
        #define FUNCTION(F) signature(#F, F);
        #define CALLBACK(F) signature(#F, (F) nullptr);
        #define CONSTANT(C) printf("%s: %lld\\n", #C, (long long) C);
        int main() {
        """;

    private static List<String> included(String what) throws IOException {
        var prefix = "--include-" + what + " ";
        return Files.readAllLines(Tools.ROOT.resolve("inference-native/llama/src/main/jextract/includes.txt")).stream()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()).strip())
                .filter(name -> !NAMED_BY_US.contains(name))
                .toList();
    }

    private static Object raw(String type, String method) {
        try {
            return Class.forName(RAW + type).getMethod(method).invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the raw layer lacks " + type + "." + method, e);
        }
    }

    private static Map<String, GroupLayout> structs() throws IOException {
        return included("struct").stream()
                .collect(Collectors.toMap(
                        name -> name, name -> (GroupLayout) raw(name, "layout"), (a, b) -> a, TreeMap::new));
    }

    private static Map<String, FunctionDescriptor> functions() throws IOException {
        var all = new TreeMap<String, FunctionDescriptor>();
        for (var name : included("function")) {
            all.put(name, (FunctionDescriptor) raw("Llama", name + "$descriptor"));
        }
        for (var name : included("typedef")) {
            all.put(name, (FunctionDescriptor) raw(name, "descriptor"));
        }
        return all;
    }

    private static Map<String, Long> constants() throws IOException {
        var all = new TreeMap<String, Long>();
        for (var name : included("constant")) {
            all.put(name, ((Number) raw("Llama", name)).longValue());
        }
        return all;
    }

    @Test
    void everythingIsAsTheCompilerSeesIt(@TempDir Path work) throws Exception {
        // Each function is looked up in the libraries when its descriptor is asked for, so they must be loaded.
        assertEquals(NativeFiles.RELEASE, Seed.LIBRARY.version().substring(0, NativeFiles.RELEASE.length()));
        var headers = headers(work.resolve("headers"));
        var compilers = compilersView(work, headers);
        var structs = structs();
        var functions = functions();
        var constants = constants();
        var ours = ourView(structs, functions, constants);
        assertTrue(
                structs.size() > 15 && functions.size() > 150 && constants.size() > 90 && ours.size() > 380,
                ours.size() + " facts");
        assertEquals(List.of(), difference(compilers, ours));

        // The controls. A field four bytes too far:
        var shifted = new TreeMap<>(structs);
        shifted.put(
                "llama_batch",
                MemoryLayout.structLayout(llama_batch.layout().memberLayouts().stream()
                                .map(m -> m.name().isEmpty() ? MemoryLayout.paddingLayout(12) : m)
                                .map(m -> m.withByteAlignment(1))
                                .toArray(MemoryLayout[]::new))
                        .withName("llama_batch"));
        assertTrue(difference(compilers, ourView(shifted, functions, constants)).size() > 5);
        // a field of the right size and the wrong kind:
        var floating = new TreeMap<>(structs);
        floating.put(
                "llama_logit_bias",
                MemoryLayout.structLayout(
                                ValueLayout.JAVA_FLOAT.withName("token"), ValueLayout.JAVA_FLOAT.withName("bias"))
                        .withName("llama_logit_bias"));
        assertEquals(
                List.of("llama_logit_bias.token: 0 4 floating 4", "llama_logit_bias.token: 0 4 integer 4"),
                difference(compilers, ourView(floating, functions, constants)));
        // an argument of another size:
        var narrow = new TreeMap<>(functions);
        narrow.put("llama_model_size", FunctionDescriptor.of(ValueLayout.JAVA_INT, Llama.C_POINTER));
        assertEquals(
                List.of("llama_model_size: integer 4, pointer", "llama_model_size: integer 8, pointer"),
                difference(compilers, ourView(structs, narrow, constants)));
        // a constant of another value:
        var moved = new TreeMap<>(constants);
        moved.put("GGML_TYPE_Q8_0", 9L);
        assertEquals(
                List.of("GGML_TYPE_Q8_0: 8", "GGML_TYPE_Q8_0: 9"),
                difference(compilers, ourView(structs, functions, moved)));
        // and a header in which one field has grown:
        var file = headers.resolve("llama.h");
        var text = Files.readString(file);
        assertTrue(text.contains("uint32_t n_ubatch; "));
        Files.writeString(file, text.replace("uint32_t n_ubatch; ", "uint64_t n_ubatch; "));
        var red = difference(compilersView(work, headers), ours);
        assertTrue(
                red.contains("llama_context_params.n_ubatch: 8 8 integer 8")
                        && red.contains("llama_context_params.n_ubatch: 8 4 integer 4"),
                red::toString);
    }

    private static Path headers(Path copy) throws IOException, InterruptedException {
        Files.createDirectories(copy);
        var llama = Tools.llamaSource(copy);
        for (var folder : List.of(llama.resolve("include"), llama.resolve("ggml/include"))) {
            try (var list = Files.newDirectoryStream(folder, "*.h")) {
                for (var header : list) {
                    Files.copy(header, copy.resolve(header.getFileName()));
                }
            }
        }
        return copy;
    }

    private static List<String> compilersView(Path work, Path headers) throws IOException, InterruptedException {
        var program = new StringBuilder(PROBE);
        structs().forEach((name, layout) -> {
            program.append("STRUCT(%s)\n".formatted(name));
            fields("", layout).forEach(field -> program.append("FIELD(%s, %s)\n".formatted(name, field)));
        });
        included("function").forEach(name -> program.append("FUNCTION(%s)\n".formatted(name)));
        included("typedef").forEach(name -> program.append("CALLBACK(%s)\n".formatted(name)));
        included("constant").forEach(name -> program.append("CONSTANT(%s)\n".formatted(name)));
        program.append("}\n");
        var source = Files.writeString(work.resolve("probe.cpp"), program);
        var binary = work.resolve("probe");
        // The addresses of the functions are never used, so nothing has to be linked with.
        Tools.run(
                work,
                List.of(
                        "g++",
                        "-std=c++17",
                        "-O1",
                        "-w",
                        "-fno-pie",
                        "-no-pie",
                        "-Wl,--unresolved-symbols=ignore-all",
                        "-I" + headers,
                        "-o",
                        binary.toString(),
                        source.toString()));
        return Tools.run(work, List.of(binary.toString())).lines().toList();
    }

    private static List<String> ourView(
            Map<String, GroupLayout> structs, Map<String, FunctionDescriptor> functions, Map<String, Long> constants) {
        var lines = new ArrayList<String>();
        structs.forEach((name, layout) -> {
            lines.add(name + ": " + layout.byteSize());
            for (var field : fields("", layout)) {
                var path = Arrays.stream(field.split("\\."))
                        .map(PathElement::groupElement)
                        .toArray(PathElement[]::new);
                var member = layout.select(path);
                lines.add("%s.%s: %d %d %s"
                        .formatted(
                                name,
                                field,
                                layout.byteOffset(path),
                                member.byteSize(),
                                member instanceof GroupLayout ? "struct" : kind(member)));
            }
        });
        functions.forEach((name, descriptor) -> {
            var kinds = new ArrayList<String>();
            kinds.add(descriptor.returnLayout().map(LayoutBoxTest::kind).orElse("void"));
            descriptor.argumentLayouts().forEach(argument -> kinds.add(kind(argument)));
            lines.add(name + ": " + String.join(", ", kinds));
        });
        constants.forEach((name, value) -> lines.add(name + ": " + value));
        return lines;
    }

    private static String kind(MemoryLayout layout) {
        return switch (layout) {
            case AddressLayout _ -> "pointer";
            case ValueLayout.OfBoolean _ -> "boolean";
            case ValueLayout.OfFloat _ -> "floating 4";
            case ValueLayout.OfDouble _ -> "floating 8";
            case SequenceLayout array -> "array of " + kind(array.elementLayout());
            case GroupLayout group -> group.name().orElseThrow();
            default -> "integer " + layout.byteSize();
        };
    }

    /** The names of all fields, with a dot before those of a struct inside. */
    private static List<String> fields(String prefix, GroupLayout layout) {
        var names = new ArrayList<String>();
        for (var member : layout.memberLayouts()) {
            if (member.name().isPresent()) {
                var name = prefix + member.name().get();
                names.add(name);
                if (member instanceof GroupLayout group) {
                    names.addAll(fields(name + ".", group));
                }
            }
        }
        return names;
    }

    /** The lines that only one of them has. */
    private static List<String> difference(List<String> a, List<String> b) {
        var either = new TreeSet<>(a);
        either.addAll(b);
        return either.stream()
                .filter(line -> !(a.contains(line) && b.contains(line)))
                .toList();
    }
}
