package omni.vault;

import static omni.vault.ConversationsTest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchTest {
    @TempDir
    Path folder;

    private TestVault vault;

    @BeforeEach
    void open() throws Exception {
        vault = new TestVault(folder.resolve("v"));
    }

    @AfterEach
    void close() throws Exception {
        vault.close();
    }

    @Test
    void allWordsAreFoundWithoutAccentsTheLastAsABeginning() throws Exception {
        String id = vault.conversation("Un café à Zürich, s'il vous plaît", "nothing here");
        for (String query :
                List.of("cafe zurich", "ZÜRICH Café", "plait zur", "caf", "s'il", "  café  ", "cafe\u0301")) {
            List<Search.Hit> hits = vault.search.conversations(query, 10);
            assertEquals(1, hits.size(), query);
            assertEquals(id, hits.getFirst().in());
            assertTrue(hits.getFirst().item().startsWith("msg_"));
            assertTrue(hits.getFirst().snippet().contains("café"), hits.toString());
        }
        for (String query : List.of("caf zurich", "zurich bern", "", " ", "!?", "\"", "*")) {
            assertEquals(List.of(), vault.search.conversations(query, 10), query);
        }
    }

    /** Whatever is typed is words: no operator, no column, no mistake. */
    @Test
    void noQueryIsAMistake() throws Exception {
        vault.conversation("near or and not text column");
        for (String query : List.of(
                "near",
                "OR",
                "and NOT",
                "text:column",
                "\"near",
                "NEAR(or and, 2)",
                "(",
                "^near",
                "near*",
                "-near",
                "{text}:near",
                "near + or",
                "'; DROP TABLE items; --",
                "\0near",
                "\t\n",
                "𝔫𝔢𝔞𝔯",
                "\u0301",
                "ﷺ")) {
            if (query.indexOf('\0') >= 0) {
                refused(Reason.INVALID, () -> vault.search.conversations(query, 10));
            } else {
                vault.search.conversations(query, 10);
            }
        }
        assertEquals(1, vault.search.conversations("NEAR(or and, not", 10).size());
        assertEquals(1, vault.search.conversations("text:column", 10).size());
        Random random = new Random(7);
        for (int i = 0; i < 500; i++) {
            StringBuilder query = new StringBuilder();
            for (int k = 0; k < 10; k++) {
                query.append((char) (1 + random.nextInt(i % 2 == 0 ? 127 : 0xd000)));
            }
            vault.search.conversations(query.toString(), 10);
        }
    }

    @Test
    void queriesAndAnswersAreBounded() throws Exception {
        for (int i = 0; i < 3; i++) {
            vault.conversation("word ".repeat(20), "word");
        }
        assertEquals(4, vault.search.conversations("word", 4).size());
        assertEquals(
                6,
                vault.search
                        .conversations("word ".repeat(Words.QUERY_WORDS_MAX), 100)
                        .size());
        refused(Reason.INVALID, () -> vault.search.conversations("word ".repeat(Words.QUERY_WORDS_MAX + 1), 100));
        assertEquals(List.of(), vault.search.conversations("w".repeat(Words.QUERY_CHARACTERS_MAX), 1));
        refused(Reason.INVALID, () -> vault.search.conversations("w".repeat(Words.QUERY_CHARACTERS_MAX + 1), 1));
        refused(Reason.INVALID, () -> vault.search.conversations("word", 0));
        refused(Reason.INVALID, () -> vault.search.memories("word", 101));
    }

    @Test
    void aSnippetIsShortEvenOfOneLongWord() throws Exception {
        vault.conversation("x".repeat(500_000));
        String snippet = vault.search.conversations("x", 1).getFirst().snippet();
        assertEquals(Search.SNIPPET_CHARACTERS_MAX, snippet.length());
    }

    @Test
    void whatPeopleAndModelsWroteIsFoundAndNamesOfMembersAreNot() throws Exception {
        vault.conversations.create(
                Map.of("secretive", "metadata"),
                List.of(
                        Json.object().put("type", "function_call").put("arguments", "{\"city\":\"Oslo\"}"),
                        Json.object().put("role", "assistant").put("content", "plainly")),
                Optional.empty());
        assertEquals(1, vault.search.conversations("oslo", 10).size());
        assertEquals(1, vault.search.conversations("plainly", 10).size());
        for (String other : List.of("assistant", "function", "metadata", "arguments")) {
            assertEquals(0, vault.search.conversations(other, 10).size(), other);
        }
    }
}
