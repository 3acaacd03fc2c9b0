package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import omni.fetch.FetchProtocol.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ReferenceTest {
    private static Reference parse(String text) {
        return Reference.parse(text, Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "a/b, a/b",
        "hf:a/b, a/b",
        "a/b:Q4_K_M, a/b:Q4_K_M",
        "a/b:dir/file.gguf, a/b:dir/file.gguf",
        "ollama:qwen3, ollama:qwen3:latest",
        "ollama:qwen3:0.6b, ollama:qwen3:0.6b",
        "ollama:me/qwen3, ollama:me/qwen3:latest",
        "oci:h/x, oci:h/x:latest",
        "oci:h:5000/x/y-z:v1, oci:h:5000/x/y-z:v1",
        "oci:h/x@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,"
                + " oci:h/x@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "https://h/x.gguf?sig=secret, https://h/x.gguf",
        "http://127.0.0.1:1/x, http://127.0.0.1:1/x"
    })
    void hasOneSpelling(String written, String text) {
        assertEquals(text, parse(written).text());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "a/",
                "/b",
                "a/b/c",
                "../b",
                "a/..",
                "a/b:../c",
                "a/b:c/../d",
                "a b/c",
                "a/b:",
                "ollama:",
                "ollama:../x",
                "ollama:a/b/c",
                "ollama:x:",
                "oci:h",
                "oci:h/",
                "oci:h/X",
                "oci:h/a/../b",
                "oci:h/x@sha256:ab",
                "oci:h/x@md5:ab",
                "https://",
                "https:///x",
                "ftp://h/x",
                "file:///etc/passwd",
                "https://user:pw@h/x",
                "http://h/x",
                "http://127.0.0.2/x",
                "http://localhost.evil/x",
                "https://h/a b",
                "a/b\n"
            })
    void refusesWhatItIsNot(String written) {
        FetchException failed = assertThrows(FetchException.class, () -> parse(written));
        assertEquals(true, failed.reason() == Reason.INVALID || failed.reason() == Reason.REFUSED);
    }

    @Test
    void lengthsHaveBounds() {
        parse("a/" + "b".repeat(96));
        assertThrows(FetchException.class, () -> parse("a/" + "b".repeat(97)));
        String address = "https://h/" + "x".repeat(Reference.CHARACTERS_MAX - 10);
        parse(address);
        assertThrows(FetchException.class, () -> parse(address + "x"));
    }

    @Test
    void aRevisionIsForHuggingFace() {
        assertEquals("v1/x", ((Reference.HuggingFace) Reference.parse("a/b", Optional.of("v1/x"))).revision());
        assertThrows(FetchException.class, () -> Reference.parse("a/b", Optional.of("../x")));
        assertThrows(FetchException.class, () -> Reference.parse("ollama:x", Optional.of("v1")));
    }

    @Test
    void aWishHasOnePullAndAnotherWishAnother() {
        assertEquals(Pulls.id(parse("a/b"), Optional.empty()), Pulls.id(parse("hf:a/b"), Optional.empty()));
        assertNotEquals(Pulls.id(parse("a/b"), Optional.empty()), Pulls.id(parse("a/b"), Optional.of("v1")));
        assertNotEquals(
                Pulls.id(parse("https://h/x?a=1"), Optional.empty()),
                Pulls.id(parse("https://h/x?a=2"), Optional.empty()));
    }
}
