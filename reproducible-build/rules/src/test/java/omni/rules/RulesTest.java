package omni.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule sees a violation planted in a small tree: a rule that cannot fail would be none. */
class RulesTest {
    private static final String MAIN = "supervisor/bus/src/main/java/";
    private static final String GAP = "airgap/airgap/src/main/java/omni/airgap/";
    private static final String TEST = "supervisor/bus/src/test/java/omni/bus/";

    @TempDir
    Path folder;

    static Stream<Arguments> planted() {
        var dis = "Dis";
        return Stream.of(
                planted(Rules::topLevel, "extra/file", "x"),
                planted(Rules::packagesIntroduceThemselves, MAIN + "omni/other/A.java", "class A {}"),
                planted(Rules::packagesIntroduceThemselves, MAIN + "omni/bus/package-info.java", "package omni.bus;"),
                planted(Rules::onePackageAModule, MAIN + "omni/other/A.java", "class A {}"),
                planted(Rules::arrows, MAIN + "module-info.java", "module omni.bus {\n requires omni.init;\n}"),
                planted(Rules::arrows, MAIN + "module-info.java", "module omni.stranger {\n}"),
                planted(Rules::publicTypes, MAIN + "omni/bus/Many.java", "public class A {}\n".repeat(40)),
                planted(Rules::noTestSwitchedOff, TEST + "ATest.java", "@" + dis + "abled class ATest { }"),
                planted(Rules::noTestSwitchedOff, TEST + "ATest.java", "Thread" + ".sleep(1);"),
                planted(Rules::everyTestAsserts, TEST + "ATest.java", "class ATest { void a() {} }"),
                planted(Rules::nothingSwallowed, MAIN + "omni/bus/A.java", "catch (Throwable t) { log(t); }"),
                planted(Rules::nothingSwallowed, MAIN + "omni/bus/A.java", "catch (Exception e) { }"),
                planted(Rules::nothingUnfinished, MAIN + "omni/bus/A.java", "// TO" + "DO later"),
                planted(Rules::noPlaces, "docs/a.md", "see /wo" + "rk/main"),
                planted(Rules::theGapStartsNoProgram, GAP + "Ward.java", "new ProcessBuilder(\"ip\").start();"),
                planted(Rules::theGapStartsNoProgram, GAP + "Ward.java", "Runtime.getRuntime().exec(\"nft\");"),
                planted(
                        Rules::theGapStartsNoProgram,
                        GAP + "ParserProcess.java",
                        "new ProcessBuilder(\"ip\").start();"),
                planted(
                        Rules::theGapStartsNoProgram,
                        GAP + "ParserProcess.java",
                        "new ProcessBuilder(JavaChild.line(CensusMain.class, flags)); new ProcessBuilder(line);"),
                planted(
                        Rules::theGapStartsNoProgram,
                        GAP + "ParserProcess.java",
                        "new ProcessBuilder(JavaChild.line(main, flags)).start();"),
                planted(
                        Rules::theGapStartsNoProgram,
                        GAP + "Ward.java",
                        "new ProcessBuilder(JavaChild.line(CensusMain.class, flags)).start();"),
                planted(Rules::theGapStartsNoProgram, GAP + "Libc.java", "link(\"posix_spawn\", type);"),
                planted(Rules::theGapStartsNoProgram, GAP + "LinuxHost.java", "new SystemPrograms();"),
                planted(Rules::filesStayShort, MAIN + "omni/bus/A.java", "\n".repeat(601)),
                planted(Rules::readmesNameLimits, "supervisor/bus/README.md", "# Bus\n## Use\n"),
                planted(Rules::versionsInOnePlace, "supervisor/bus/pom.xml", "<a><version>1.2</version></a>"));
    }

    private static Arguments planted(Function<Tree, List<String>> rule, String file, String text) {
        return Arguments.of(rule, file, text);
    }

    @ParameterizedTest(name = "{1}: {2}")
    @MethodSource("planted")
    void seesWhatIsPlanted(Function<Tree, List<String>> rule, String file, String text) throws IOException {
        clean();
        assertEquals(List.of(), rule.apply(Tree.of(folder)));
        write(file, text);
        assertFalse(rule.apply(Tree.of(folder)).isEmpty());
    }

    @Test
    void buildOutputsAreNoPartOfTheTree() throws IOException {
        write("supervisor/bus/target/A.java", "x");
        write("supervisor/bus/pom.xml", "x");
        assertEquals(List.of("supervisor/bus/pom.xml"), Tree.of(folder).files());
        assertTrue(Tree.of(folder).testJava().isEmpty());
    }

    private void clean() throws IOException {
        for (var name : Rules.TOP_LEVEL) {
            write(name.contains(".") ? name : name + "/note.txt", "x");
        }
        write("supervisor/bus/pom.xml", "<project><version>${x}</version></project>");
        write("supervisor/bus/README.md", "# Bus\n\n## Current limitations\n");
        write(MAIN + "module-info.java", "module omni.bus {\n}\n");
        write(
                MAIN + "omni/bus/package-info.java",
                "/** " + "What it is. ".repeat(20) + "*/\n@NullMarked\npackage omni.bus;");
        write(TEST + "BTest.java", "class BTest { void b() { assertTrue(true); } }");
    }

    private void write(String name, String text) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
