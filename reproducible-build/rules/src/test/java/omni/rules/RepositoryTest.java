package omni.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** This repository keeps its own rules. */
class RepositoryTest {
    private static final Tree REPOSITORY = Tree.of(Path.of(System.getProperty("omni.root")));

    static Stream<Named<Function<Tree, List<String>>>> rules() {
        return Stream.of(
                Named.of("the top level is the fixed one", Rules::topLevel),
                Named.of("every package introduces itself", Rules::packagesIntroduceThemselves),
                Named.of("one package a module", Rules::onePackageAModule),
                Named.of("no arrow points up", Rules::arrows),
                Named.of("public types stay in budget", Rules::publicTypes),
                Named.of("no test is switched off", Rules::noTestSwitchedOff),
                Named.of("every test asserts", Rules::everyTestAsserts),
                Named.of("no failure is swallowed", Rules::nothingSwallowed),
                Named.of("nothing is unfinished", Rules::nothingUnfinished),
                Named.of("no registry host, no machine path", Rules::noPlaces),
                Named.of("the gap starts no program", Rules::theGapStartsNoProgram),
                Named.of("files stay short", Rules::filesStayShort),
                Named.of("module READMEs end with limits", Rules::readmesNameLimits),
                Named.of("versions stand in one place", Rules::versionsInOnePlace));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void keeps(Function<Tree, List<String>> rule) {
        assertEquals("", String.join("\n", rule.apply(REPOSITORY)));
    }
}
