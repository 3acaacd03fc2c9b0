package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the signed jar that the product has. */
class UnsignedTest {
    private static final String SIGNED = "bcprov-";

    @TempDir
    Path folder;

    private static Path signed() {
        return Stream.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
                .filter(entry -> entry.contains(SIGNED))
                .map(Path::of)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void allIsThereButForTheSignature() throws IOException {
        assertTrue(Unsigned.isSigned(signed()));
        Path copy = folder.resolve("copy.jar");
        Unsigned.copy(signed(), copy);
        assertFalse(Unsigned.isSigned(copy));
        try (var from = new JarFile(signed().toFile());
                var to = new JarFile(copy.toFile())) {
            for (var entry :
                    from.stream().filter(e -> e.getName().endsWith(".class")).toList()) {
                assertArrayEquals(
                        from.getInputStream(entry).readAllBytes(),
                        to.getInputStream(to.getEntry(entry.getName())).readAllBytes(),
                        entry.getName());
            }
            assertEquals("true", to.getManifest().getMainAttributes().getValue(Attributes.Name.MULTI_RELEASE));
            assertEquals(0, to.getManifest().getEntries().size());
        }
    }

    @Test
    void twoCopiesAreTheSame() throws IOException {
        Unsigned.copy(signed(), folder.resolve("one.jar"));
        Unsigned.copy(signed(), folder.resolve("other.jar"));
        assertEquals(-1, Files.mismatch(folder.resolve("one.jar"), folder.resolve("other.jar")));
    }

    /** Where nothing is signed, nothing is copied anew, and the tree's jar is the one that the build has checked. */
    @Test
    void inTheTreeNoneIsSigned() throws IOException {
        try (var jars = Files.list(Product.TREE.toRealPath().resolve("lib"))) {
            for (var jar : jars.toList()) {
                assertFalse(Unsigned.isSigned(jar), jar.toString());
            }
        }
    }
}
