package omni.template;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** The template of the model that comes with Omni. */
final class SeedTemplateTest {
    private final String source = Resources.text("seed.jinja");

    private String render(String variables) {
        return ChatTemplate.compile(source).render(Resources.JSON.readTree(variables), Resources.CLOCK);
    }

    @Test
    void theModelCarriesThisTemplate() throws IOException {
        String model =
                Files.readString(Resources.root().resolve("inference-native/seed/omni-seed-f16.gguf"), ISO_8859_1);
        assertTrue(model.contains(source), "The seed model's template has changed; copy it to seed.jinja.");
    }

    @Test
    void aQuestion() {
        assertEquals("<|im_start|>user\nWhat is 7 plus 5?<|im_end|>\n<|im_start|>assistant\n", render("""
            {"messages": [{"role": "user", "content": "What is 7 plus 5?"}],
             "add_generation_prompt": true}\
            """));
    }

    @Test
    void aConversationWithASystemMessage() {
        assertEquals("""
            <|im_start|>system
            Be brief.<|im_end|>
            <|im_start|>user
            Hi<|im_end|>
            <|im_start|>assistant
            Hello<|im_end|>
            """, render("""
                {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
                              {"role": "assistant", "content": "Hello"}]}\
                """));
    }

    @Test
    void toolsTheirCallsAndTheirResults() {
        assertEquals("""
            <|im_start|>system
            Tools you may call, one JSON object a line:
            <tools>
            {"type": "function", "function": {"name": "get_weather", "parameters": {}}}
            </tools>
            To call one, write <tool_call>
            {"name": "its name", "arguments": {}}
            </tool_call> and stop.<|im_end|>
            <|im_start|>user
            Weather in Køge?<|im_end|>
            <|im_start|>assistant
            <tool_call>
            {"name": "get_weather", "arguments": {"city": "Køge", "days": 2}}
            </tool_call><|im_end|>
            <|im_start|>user
            <tool_response>
            sunny
            </tool_response><|im_end|>
            <|im_start|>assistant
            """, render("""
                {"messages": [
                   {"role": "user", "content": "Weather in Køge?"},
                   {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function",
                     "function": {"name": "get_weather", "arguments": {"city": "Køge", "days": 2}}}]},
                   {"role": "tool", "tool_call_id": "1", "content": "sunny"}],
                 "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {}}}],
                 "add_generation_prompt": true}\
                """));
    }
}
