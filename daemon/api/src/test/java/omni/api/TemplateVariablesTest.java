package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a request a chat template can read beside its messages and tools. */
final class TemplateVariablesTest extends FakeBox {
    private static String body(String path, String more) {
        var asked = path.equals("/v1/responses")
                ? "'input':'hi'"
                : "'max_tokens':9,'messages':[{'role':'user','content':'hi'}]";
        return ("{'model':'mirror'," + asked + more + "}").replace('\'', '"');
    }

    /** The template writes what it is given behind the messages. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/chat/completions|``|``",
                "/v1/chat/completions|,'chat_template_kwargs':{'enable_thinking':false}|` thinks: False`",
                "/v1/chat/completions|,'reasoning_effort':'high'|high",
                "/v1/chat/completions|,'reasoning_effort':'none'|` thinks: False`",
                "/v1/chat/completions|,'reasoning_effort':'low','chat_template_kwargs':{'reasoning_effort':'odd'}|odd",
                "/v1/responses|,'reasoning':{'effort':'low'}|low",
                "/v1/responses|,'chat_template_kwargs':{'enable_thinking':true}|` thinks: True`",
                "/v1/messages|,'thinking':{'type':'disabled'}|` thinks: False`",
                "/v1/messages|,'thinking':{'type':'enabled','budget_tokens':1024}|` thinks: True`",
                "/api/chat|,'think':false|` thinks: False`",
                "/api/chat|,'think':'high'|`high thinks: True`"
            })
    void whatIsSentReachesTheTemplate(String path, String more, String written) throws Exception {
        engine.asked.clear();
        var response = daemon.post(path, body(path, more));
        assertEquals(200, response.statusCode(), response.body());
        var prompt = String.valueOf(engine.asked.remove().prompt());
        assertEquals(written, prompt.substring(prompt.lastIndexOf(']') + 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'messages':[]}|chat_template_kwargs.messages",
                "{'tools':[]}|chat_template_kwargs.tools",
                "{'add_generation_prompt':false}|chat_template_kwargs.add_generation_prompt",
                "{'bos_token':'a'}|chat_template_kwargs.bos_token",
                "{'eos_token':'a'}|chat_template_kwargs.eos_token",
                "[]|chat_template_kwargs",
                "1|chat_template_kwargs"
            })
    void whatIsMadeOfOtherFieldsIsRefused(String given, String param) throws Exception {
        var path = "/v1/chat/completions";
        var response = daemon.post(path, body(path, ",'chat_template_kwargs':" + given));
        assertEquals(400, response.statusCode(), response.body());
        assertEquals(param, TestDaemon.error(response).get("param").asString());
    }
}
