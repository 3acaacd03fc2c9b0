package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What llama.cpp's server has beside OpenAI's routes. */
final class TokenRoutesTest extends FakeBox {
    private String said(String path, String body) throws IOException, InterruptedException {
        var response = daemon.post(path, body);
        assertEquals(200, response.statusCode(), response.body());
        return response.body();
    }

    @Test
    void aTextIsTokensAndBack() throws Exception {
        assertEquals("{\"tokens\":[104,105]}", said("/tokenize", "{\"content\":\"hi\"}"));
        assertEquals("{\"tokens\":[1,104,105]}", said("/tokenize", "{\"content\":\"hi\",\"add_special\":true}"));
        assertEquals("{\"tokens\":[]}", said("/tokenize", "{\"content\":\"\"}"));
        assertEquals("{\"content\":\"hi\"}", said("/detokenize", "{\"tokens\":[104,105]}"));
        assertEquals("{\"content\":\"\"}", said("/detokenize", "{\"tokens\":[]}"));
    }

    @Test
    void messagesAreAPrompt() throws Exception {
        var prompt = TestDaemon.json(daemon.post("/apply-template", TestDaemon.chat("told", "")))
                .get("prompt")
                .asString();
        said("/v1/chat/completions", TestDaemon.chat("told", ""));
        assertEquals(engine.asked.element().prompt(), prompt);
    }

    @Test
    void theModelIsDescribed() throws Exception {
        var props = TestDaemon.json(daemon.get("/props?model=begun"));
        assertEquals(512, props.at("/default_generation_settings/n_ctx").asInt(), props.toString());
        assertEquals("begun", props.get("model_alias").asString());
        assertEquals(1, props.get("total_slots").asInt());
        var slots = TestDaemon.json(daemon.get("/slots"));
        assertEquals(1, slots.size());
        assertEquals(false, slots.at("/0/is_processing").asBoolean());
    }

    @Test
    void bothWaysAreBounded() throws Exception {
        var most = "a".repeat(TokenRoutes.CONTENT_CHARACTERS_MAX);
        said("/tokenize", "{\"content\":\"" + most + "\"}");
        refused("/tokenize", "{\"content\":\"" + most + "a\"}", "content");
        var tokens = "97,".repeat(TokenRoutes.TOKENS_MAX - 1) + "97";
        said("/detokenize", "{\"tokens\":[" + tokens + "]}");
        refused("/detokenize", "{\"tokens\":[" + tokens + ",97]}", "tokens");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "/tokenize; {}; content",
                "/tokenize; {\"content\":1}; content",
                "/tokenize; {\"content\":\"a\",\"with_pieces\":true}; with_pieces",
                "/detokenize; {}; tokens",
                "/detokenize; {\"tokens\":\"a\"}; tokens",
                "/detokenize; {\"tokens\":[-1]}; tokens[0]",
                "/detokenize; {\"tokens\":[2147483648]}; tokens[0]",
                "/detokenize; {\"tokens\":[2147483647]}; tokens",
                "/apply-template; {\"messages\":[]}; messages"
            })
    void whatIsWrongIsNamed(String path, String body, String param) throws Exception {
        refused(path, body, param);
    }

    private void refused(String path, String body, String param) throws IOException, InterruptedException {
        var response = daemon.post(path, body);
        assertEquals(400, response.statusCode(), response.body());
        assertEquals(param, TestDaemon.error(response).get("param").asString("none"));
    }
}
