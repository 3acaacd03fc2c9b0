package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import omni.device.NativeFit;
import org.junit.jupiter.api.Test;

class AssembleTest {
    private static final String OWN = Path.of(System.getProperty("omni.root"), "image-builder/runtime/target/classes")
            .toString();

    private static String path(String... entries) {
        return String.join(File.pathSeparator, entries);
    }

    @Test
    void takesEachJarOnceInOrder() {
        var jars = Assemble.jars(path(OWN, "/x/b.jar", "/y/a.jar", "/x/b.jar"));
        assertEquals(List.of("a.jar", "b.jar"), List.copyOf(jars.keySet()));
    }

    @Test
    void refusesTwoLibrariesOfOneName() {
        assertThrows(MissingException.class, () -> Assemble.jars(path(OWN, "/x/a.jar", "/y/a.jar")));
    }

    @Test
    void refusesAModuleThatIsNotPackaged() {
        assertThrows(MissingException.class, () -> Assemble.jars(path(OWN, "/x/omni-bus/target/classes")));
    }

    @Test
    void bringsThePackagesThatFitBesideTheProcessors() {
        var fits = List.of(
                new NativeFit(NativeFit.Kind.CUDA, NativeFit.Build.SOURCE, "a Jetson"),
                new NativeFit(NativeFit.Kind.VULKAN, NativeFit.Build.PACKAGE, "a driver"),
                new NativeFit(NativeFit.Kind.CPU, NativeFit.Build.PACKAGE, "a processor"));
        assertEquals(List.of("vulkan"), Assemble.fitting(fits));
    }
}
