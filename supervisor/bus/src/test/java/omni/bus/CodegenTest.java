package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import omni.bus.ProbeProtocol.Node;
import omni.bus.ProbeProtocol.Shade;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The generated Java: against a golden file, and how it behaves. */
final class CodegenTest {
    private static final Path BUS = Path.of(System.getProperty("omni.root"), "supervisor/bus");

    @TempDir
    Path folder;

    @Test
    void writesTheGoldenFile() throws IOException {
        Codegen.generate(BUS.resolve("src/test/varlink"), folder, "omni.bus");
        Path written = folder.resolve("omni/bus/ProbeProtocol.java");
        Path golden = BUS.resolve("src/test/golden/ProbeProtocol.java.golden");
        assertEquals(
                Files.readString(golden),
                Files.readString(written),
                "If the change is wanted: cp supervisor/bus/target/generated-test-sources/varlink/omni/bus/"
                        + "ProbeProtocol.java " + golden);
    }

    @Test
    void leavesAnUnchangedFileAlone() throws IOException {
        Codegen.generate(BUS.resolve("src/test/varlink"), folder, "omni.bus");
        Path written = folder.resolve("omni/bus/ProbeProtocol.java");
        FileTime before = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(written, before);
        Codegen.generate(BUS.resolve("src/test/varlink"), folder, "omni.bus");
        assertEquals(before, Files.getLastModifiedTime(written));
    }

    @ParameterizedTest
    @ValueSource(strings = {"type Client ()", "type String ()", "error List ()", "type T (a: T2)", "type t ()"})
    void namesFileAndLineOfAFault(String member) throws IOException {
        Path in = Files.createDirectory(folder.resolve("in"));
        Files.writeString(in.resolve("a.B.varlink"), "interface a.B\n" + member + "\n");
        var fault = assertThrows(BusException.class, () -> Codegen.generate(in, folder, "p"));
        assertTrue(fault.getMessage().contains("a.B.varlink: line 2: "), fault.getMessage());
    }

    @Test
    void theFileIsNamedAfterTheInterface() throws IOException {
        Path in = Files.createDirectory(folder.resolve("in"));
        Files.writeString(in.resolve("other.varlink"), "interface a.B\n");
        assertThrows(BusException.class, () -> Codegen.generate(in, folder, "p"));
    }

    @Test
    void namesThatJavaKeepsGetAnUnderscore() {
        assertEquals("import_", JavaNames.method("Import"));
        assertEquals("default_", JavaNames.component("default"));
        assertEquals("toString_", JavaNames.component("toString"));
        assertEquals("name_", JavaNames.errorAccessor("name"));
        assertEquals("TWO_THREE", JavaNames.constant("twoThree"));
        assertEquals("EngineProtocol", JavaNames.protocol("omni.Engine"));
    }

    @Test
    void listsAreCopied() {
        var children = new ArrayList<Node>();
        var node = new Node("n", children);
        children.add(node);
        assertEquals(List.of(), node.children());
        assertThrows(UnsupportedOperationException.class, () -> node.children().add(node));
    }

    @Test
    void readersRefuseWhatDoesNotFit() {
        var noNode = Wire.out().put("name", "n", Wire::writeString).toJson();
        var misfit = assertThrows(Misfit.class, () -> Node.fromJson(noNode, "at"));
        assertEquals("at.children", misfit.parameter());
        assertThrows(Misfit.class, () -> Shade.fromJson(Wire.writeString("DARK"), "at"));
        assertThrows(Misfit.class, () -> Node.fromJson(Wire.writeString("text"), ""));
        assertThrows(Misfit.class, () -> Wire.readInt(Wire.writeFloat(1.5), "at"));
        assertThrows(Misfit.class, () -> Wire.readBool(Wire.writeInt(1), "at"));
        assertThrows(Misfit.class, () -> Wire.readList(Wire::readInt).read(Wire.writeInt(1), "at"));
        assertThrows(Misfit.class, () -> Wire.readMap(Wire::readInt).read(Wire.writeInt(1), "at"));
        assertThrows(BusException.class, () -> Wire.writeFloat(Double.NaN));
        assertThrows(BusException.class, () -> Wire.writeFloat(Double.NEGATIVE_INFINITY));
    }
}
