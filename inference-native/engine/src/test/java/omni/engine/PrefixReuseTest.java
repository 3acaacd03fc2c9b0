package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prompts that begin alike, with a real model: what is reused says the same as what is computed. */
class PrefixReuseTest {
    private static final String QUESTION =
            EngineFixture.chat("Count to 3.") + "1 2 3<|im_end|>\n" + EngineFixture.chat("What is 7 plus 5?");
    private static final String ONE = "000000000001";
    private static final String OTHER = "000000000002";

    @TempDir
    Path folder;

    @TempDir
    Path another;

    private static EngineProtocol.GenerateReply asked(EngineFixture engine, String key, String prompt) {
        return engine.client.generate(
                Ask.prompt(prompt).special().caller(key).maxTokens(20L).greedy().params());
    }

    private static long reused(EngineProtocol.GenerateReply reply) {
        EngineProtocol.Usage usage = reply.usage();
        assertTrue(usage != null);
        return usage.cachedTokens();
    }

    private static long size(EngineFixture engine, String prompt) {
        return engine.client
                .countTokens(new EngineProtocol.CountTokensParams(null, prompt, true))
                .tokens();
    }

    @Test
    void aConversationGoesOnWhereItWas() throws Exception {
        String follow;
        EngineProtocol.GenerateReply cold;
        String answer;
        try (EngineFixture engine = new EngineFixture(another, "prefix_reuse = \"off\"")) {
            EngineProtocol.GenerateReply first = asked(engine, ONE, QUESTION);
            assertEquals(0, reused(first));
            answer = first.text();
            follow = QUESTION + answer + "<|im_end|>\n" + EngineFixture.chat("Tell me a story about a fox.");
            cold = asked(engine, ONE, follow);
            assertEquals(0, reused(cold), "the control");
        }
        try (EngineFixture engine = new EngineFixture(folder)) {
            EngineProtocol.GenerateReply first = asked(engine, ONE, QUESTION);
            assertEquals(0, reused(first));
            EngineProtocol.GenerateReply same = asked(engine, ONE, QUESTION);
            assertEquals(first.text(), same.text());
            assertEquals(size(engine, QUESTION) - 1, reused(same));
            EngineProtocol.GenerateReply warm = asked(engine, ONE, follow);
            assertEquals(size(engine, QUESTION + answer), reused(warm));
            assertEquals(cold.text(), warm.text());
            assertEquals(0, reused(asked(engine, OTHER, follow)), "not another key's");
        }
    }

    @Test
    void acrossKeysWhereTheOwnerAllowsIt() throws Exception {
        try (EngineFixture engine = new EngineFixture(folder, "prefix_reuse = \"all\"")) {
            assertEquals(0, reused(asked(engine, ONE, QUESTION)));
            assertEquals(size(engine, QUESTION) - 1, reused(asked(engine, OTHER, QUESTION)));
        }
    }
}
