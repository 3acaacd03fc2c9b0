package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import omni.role.Config;
import omni.role.Section;
import org.junit.jupiter.api.Test;

/** docs/configuration.md says what the program takes: this module sees every role, and so every table. */
final class ConfigurationPageTest {
    private static final Path PAGE = Path.of(System.getProperty("omni.root"), "docs", "configuration.md");
    private static final String WRITE = "omni.pages.write";

    @Test
    void thePageIsWhatTheSectionsSay() throws IOException {
        List<String> tables = Section.all().stream().map(Section::table).toList();
        assertTrue(tables.containsAll(List.of("daemon", "engine", "fetch", "log", "supervisor")), tables::toString);
        String page = Files.readString(PAGE);
        String introduction = page.substring(0, page.indexOf("## "));
        String expected = introduction + Config.reference(Section.all());
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(PAGE, expected);
            page = expected;
        }
        assertEquals(
                expected,
                page,
                "Write the page anew: mvn -pl supervisor/init -am test -Dtest=ConfigurationPageTest -D" + WRITE
                        + "=true -Dsurefire.failIfNoSpecifiedTests=false");
    }

    @Test
    void everyTableHasValidDefaults() {
        for (Section<?> section : Section.all()) {
            assertEquals(section.defaults(), section.defaults(), section.table());
        }
    }
}
