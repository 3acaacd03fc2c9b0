package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import omni.fetch.FetchProtocol.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokensTest {
    @TempDir
    Path home;

    @Test
    void keepsOneAHost() throws IOException {
        Tokens tokens = Tokens.of(home);
        assertEquals(List.of(), tokens.hosts());
        tokens.put("b.example:5000", "me", "one");
        tokens.put("b.example:5000", "", "two");
        tokens.put("a.example", "", "three");
        assertEquals(List.of("a.example", "b.example:5000"), tokens.hosts());
        assertEquals(Optional.of(new Tokens.Secret("", "two")), tokens.find("b.example:5000"));
        assertEquals(Optional.empty(), tokens.find("b.example"), "another port is another server");
        assertEquals(Optional.empty(), tokens.find("x.a.example"));
        assertFalse(String.valueOf(tokens.find("a.example")).contains("three"));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("tokens"))));
        assertEquals(true, tokens.remove("a.example"));
        assertEquals(false, tokens.remove("a.example"));
        assertEquals(false, tokens.remove("../tokens/b.example:5000"));
    }

    @Test
    void whatOthersMayReadOrIsNotOursIsRefused() throws IOException {
        Tokens tokens = Tokens.of(home);
        tokens.put("h", "", "secret");
        Path file = home.resolve("tokens/h");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        FetchException failed = assertThrows(FetchException.class, () -> tokens.find("h"));
        assertEquals(Reason.REFUSED, failed.reason());
        assertFalse(failed.getMessage().contains("secret"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(file, "one line");
        assertThrows(FetchException.class, () -> tokens.find("h"));
        Files.writeString(file, "x".repeat(Tokens.SECRET_CHARACTERS_MAX + 513));
        assertThrows(FetchException.class, () -> tokens.find("h"));
    }

    @Test
    void secretsAndHostsHaveBounds() throws IOException {
        Tokens tokens = Tokens.of(home);
        tokens.put("h", "", "x".repeat(Tokens.SECRET_CHARACTERS_MAX));
        for (String bad : List.of("", "x".repeat(Tokens.SECRET_CHARACTERS_MAX + 1), "a b", "a\nb", "ä")) {
            IllegalArgumentException failed =
                    assertThrows(IllegalArgumentException.class, () -> tokens.put("h", "", bad));
            assertFalse(bad.length() > 1 && String.valueOf(failed.getMessage()).contains(bad));
        }
        assertThrows(IllegalArgumentException.class, () -> tokens.put("h/../x", "", "s"));
        for (int i = tokens.hosts().size(); i < 256; i++) {
            tokens.put("h" + i, "", "s");
        }
        tokens.put("h1", "", "again");
        assertThrows(IllegalArgumentException.class, () -> tokens.put("more", "", "s"));
    }
}
