package omni.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Native memory and native calls stay in the modules that are made for them. Reads the compiled classes. */
class ForeignTest {
    private static final Set<String> MAY = Set.of(
            "omni.airgap",
            "omni.airgap.raw",
            "omni.llama",
            "omni.llama.raw",
            "omni.device",
            "omni.device.raw",
            "omni.gguf",
            "omni.role",
            "omni.vault",
            "omni.bench");
    private static final String FOREIGN = "java.lang.foreign";

    @Test
    void onlyTheBindingsTouchForeignMemory() throws IOException {
        assertEquals(Set.of(), users(ours(), MAY));
    }

    @Test
    void aModuleOutsideIsSeen() throws IOException {
        assertFalse(users(ours(), Set.of("omni.role")).isEmpty());
    }

    private static Set<String> users(JavaClasses classes, Set<String> may) {
        var found = new TreeSet<String>();
        for (var type : classes) {
            if (!may.contains(type.getPackageName())
                    && type.getDirectDependenciesFromSelf().stream()
                            .anyMatch(d -> d.getTargetClass().getPackageName().equals(FOREIGN))) {
                found.add(type.getName());
            }
        }
        return found;
    }

    private static JavaClasses ours() throws IOException {
        var root = Path.of(System.getProperty("omni.root"));
        List<Path> outputs = new ArrayList<>();
        try (var walk = Files.walk(root, 4)) {
            walk.filter(p -> p.endsWith("target/classes")).forEach(outputs::add);
        }
        assertFalse(outputs.isEmpty(), "no compiled classes found");
        return new ClassFileImporter().importPaths(outputs);
    }
}
