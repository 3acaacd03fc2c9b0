package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrammarTest {
    private static final int[] PROMPT = Seed.chat("What is 7 plus 5?");
    private static final String JSON = """
        # an object of numbers
        root   ::= "{" space (pair ("," space pair)*)? "}"
        pair   ::= "\\"" [a-z]{1,8} "\\":" space number
        number ::= "-"? ("0" | [1-9] [0-9]{0,3}) ("." [0-9]+)?
        space  ::= " "?
        """;

    static String write(Sampler sampler, int tokensMax) {
        try (var context = Seed.context(1)) {
            Seed.prefill(context, PROMPT, 0);
            var batch = Batch.allocate(1, 1);
            var tokens = new ArrayList<Integer>();
            var at = PROMPT.length - 1;
            while (tokens.size() < tokensMax) {
                var token = sampler.sample(context, at);
                if (Seed.MODEL.vocab().isEndOfGeneration(token)) {
                    break;
                }
                tokens.add(token);
                batch.clear();
                at = batch.add(token, PROMPT.length + tokens.size() - 1, 0, true);
                context.decode(batch);
            }
            return Seed.text(tokens);
        }
    }

    @Test
    void onlyWhatItAllowsIsWritten() {
        try (var free = Sampler.chain(Seed.MODEL).greedy().build();
                var bound = Sampler.chain(Seed.MODEL)
                        .grammar("root ::= \"It is \" [0-9]{1,2} \".\"", "root")
                        .greedy()
                        .build()) {
            assertEquals("7 plus 5 is 12.", write(free, 20));
            var text = write(bound, 20);
            assertTrue(text.matches("It is [0-9]{1,2}\\."), text);
            bound.reset();
            assertEquals(text, write(bound, 20), "from the start again");
        }
    }

    @Test
    void holdsWithEverySampler() {
        for (var seed = 0; seed < 6; seed++) {
            try (var sampler = Sampler.chain(Seed.MODEL)
                    .grammar(JSON, "root")
                    .penalties(64, 1.1, 0, 0)
                    .topK(40)
                    .typical(0.95)
                    .topP(0.95)
                    .minP(0.01)
                    .temperature(1.5)
                    .dist(seed)
                    .build()) {
                var text = write(sampler, 60);
                assertTrue(text.startsWith("{"), text);
                assertTrue(text.matches("[{}\":, a-z0-9.-]*"), text);
            }
        }
    }

    @Test
    void worksBesideStepsThatLeaveNothingItAllows() {
        try (var sampler = Sampler.chain(Seed.MODEL)
                .grammar("root ::= \"qqqq\"", "root")
                .topK(1)
                .greedy()
                .build()) {
            assertEquals("qqqq", write(sampler, 10));
        }
    }

    @Test
    void aTokenThatItForbidsIsRefusedAndDoesNotEndTheProcess() {
        try (var sampler = Sampler.chain(Seed.MODEL)
                .grammar("root ::= \"yes\" | \"no\"", "root")
                .greedy()
                .build()) {
            var maybe = Seed.MODEL.vocab().tokenize("maybe", false, false)[0];
            assertThrows(LlamaException.class, () -> sampler.accept(maybe));
            assertThrows(
                    LlamaException.class,
                    () -> sampler.accept(Seed.MODEL.vocab().eos().orElseThrow()),
                    "an end before the end");
            assertThrows(
                    LlamaException.class,
                    () -> sampler.accept(Seed.MODEL.vocab().size()));
            for (var token : Seed.MODEL.vocab().tokenize("no", false, false)) {
                sampler.accept(token);
            }
            sampler.accept(Seed.MODEL.vocab().eos().orElseThrow());
        }
    }

    @Test
    void aGrammarThatNoTextFulfilsIsSaid() {
        try (var sampler = Sampler.chain(Seed.MODEL)
                        .grammar("root ::= \"a\"", "root")
                        .greedy()
                        .build();
                var context = Seed.context(1)) {
            Seed.prefill(context, PROMPT, 0);
            for (var token : Seed.MODEL.vocab().tokenize("a", false, false)) {
                sampler.accept(token);
            }
            var token = sampler.sample(context, PROMPT.length - 1);
            assertTrue(Seed.MODEL.vocab().isEndOfGeneration(token), "nothing but the end is left");
        }
    }

    private static String lazily(String gbnf, String... triggers) {
        try (var sampler = Sampler.chain(Seed.MODEL)
                .lazyGrammar(gbnf, "root", List.of(triggers))
                .greedy()
                .build()) {
            var first = write(sampler, 20);
            sampler.reset();
            assertEquals(first, write(sampler, 20), "after a reset it waits again");
            return first;
        }
    }

    @Test
    void aLazyOneWaitsForItsText() {
        assertEquals("7 plus 5 is 12.", lazily("root ::= \"?\"", "never written"));
        assertEquals("7 and no more", lazily("root ::= \" and no more\"", "never written", "7"));
        assertEquals("7 plus 5 too", lazily("root ::= \" too\"", "plus 5"), "over several tokens");
        assertEquals("7 plus and more", lazily("root ::= \"us and more\"", "7 pl"), "it ends within a token");
        assertEquals("7 plus 5 is 12.", lazily("root ::= \"?\"", "7 pl"), "what stands behind it there does not fit");
        assertEquals("7 plus 5!", lazily("root ::= \"!\"", "7 pl", "5"), "so it waits for the next");
    }

    @Test
    void triggersAreBounded() {
        var gbnf = "root ::= \"a\"";
        for (var triggers : List.of(
                List.<String>of(),
                List.of(""),
                List.of("é".repeat(Grammar.TRIGGER_BYTES_MAX / 2) + "x"),
                Collections.nCopies(Grammar.TRIGGERS_MAX + 1, "x"))) {
            assertThrows(
                    LlamaException.class,
                    () -> Sampler.chain(Seed.MODEL).lazyGrammar(gbnf, "root", triggers),
                    triggers.size() + " triggers");
        }
        var most = Collections.nCopies(Grammar.TRIGGERS_MAX, "é".repeat(Grammar.TRIGGER_BYTES_MAX / 2));
        Sampler.chain(Seed.MODEL)
                .lazyGrammar(gbnf, "root", most)
                .greedy()
                .build()
                .close();
    }

    @Test
    void keepsItsModelOpen() {
        var model = Model.load(Seed.LIBRARY, Seed.FILE, ModelParams.defaults());
        var sampler = Sampler.chain(model).grammar(JSON, "root").greedy().build();
        assertEquals(
                "the model is in use",
                assertThrows(LlamaException.class, model::close).problem());
        sampler.close();
        sampler.close();
        model.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "root ::= [a-z]+ | \"\\u00e9\" [^\\n\"\\\\] . ",
                "root ::= a (b | c)* d?\na ::= \"x\"{2}\nb ::= [ \\t]{0,20}\"y\"\nc ::= \"z\"{1,}\nd ::= b a",
                "root ::=\n  \"a\" |\n  \"b\" # the end\n\n",
                "root ::= \"\\U0001F600\" \"é😀\"",
                "root ::= list\nlist ::= \"[\" (list (\",\" list)*)? \"]\""
            })
    void whatLlamaTakesIsTaken(String gbnf) {
        Sampler.chain(Seed.MODEL).grammar(gbnf, "root").greedy().build().close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "root",
                "root ::= ",
                "root := \"a\"",
                "root ::= \"a",
                "root ::= [a",
                "root ::= []",
                "root ::= [^]",
                "root ::= (\"a\"",
                "root ::= \"a\")",
                "root ::= *",
                "root ::= \"\"*",
                "root ::= \"a\"{",
                "root ::= \"a\"{x}",
                "root ::= \"a\"{5,3}",
                "root ::= \"a\"{0}",
                "root ::= \"a\"{2001}",
                "root ::= \"a\"{0,2001}",
                "root ::= (\"a\" | \"b\"{1,100}){100}",
                "root ::= \"\\q\"",
                "root ::= \"\\x0\"",
                "root ::= \"\\x00\"",
                "root ::= \"\\UFFFFFFFF\"",
                "root ::= other",
                "other ::= \"a\"",
                "root ::= \"a\"\nroot ::= \"b\"",
                "root ::= root \"a\" | \"b\"",
                "root ::= (\"a\"*)*",
                "root ::= empty root | \"a\"\nempty ::= \"\" | \"b\"",
                "root ::= a\na ::= b \"x\" | \"y\"\nb ::= c\nc ::= \"\" | a",
                "root ::= <[5]>",
                "root ::= !<|im_end|>",
                "root ::= \"a\" \u0000",
                "root ::= \"\ud800\"",
                "root_2 ::= \"a\""
            })
    void whatIsNoGrammarIsRefusedInWords(String gbnf) {
        var chain = Sampler.chain(Seed.MODEL);
        if (gbnf.equals("root ::= ")) {
            // An empty rule is one; it ends at once.
            chain.grammar(gbnf, "root").greedy().build().close();
            return;
        }
        var refused = assertThrows(LlamaException.class, () -> chain.grammar(gbnf, "root"));
        assertEquals("the grammar cannot be used", refused.problem());
        assertFalse(refused.detail().isEmpty());
    }

    @Test
    void whatWouldTakeAllTimeOrStackIsRefused() {
        var deep = "(".repeat(Gbnf.NESTING_MAX + 1) + "\"a\"" + ")".repeat(Gbnf.NESTING_MAX + 1);
        refused("root ::= " + deep);
        accepted("root ::= " + deep.substring(1, deep.length() - 1));
        var chain = new StringBuilder("root ::= r0\n");
        for (var i = 0; i < Gbnf.CHAIN_MAX + 1; i++) {
            chain.append("r%d ::= r%d\n".formatted(i, i + 1));
        }
        refused(chain + "r%d ::= \"a\"".formatted(Gbnf.CHAIN_MAX + 1));
        // Two ways to begin each of sixty rules: a day of looking.
        var ways = new StringBuilder("root ::= r0\n");
        for (var i = 0; i < 60; i++) {
            ways.append("r%d ::= r%d \"a\" | r%d \"b\"\n".formatted(i, i + 1, i + 1));
        }
        refused(ways + "r60 ::= \"a\"");
        refused("root ::= \"" + "a".repeat(Gbnf.TEXT_MAX) + "\"");
        refused("root ::= \"" + "a".repeat(100_000) + "\"{0,2000}");
        assertThrows(LlamaException.class, () -> Sampler.chain(Seed.MODEL).grammar("", "root"));
        assertThrows(
                LlamaException.class,
                () -> Sampler.chain(Seed.MODEL).grammar(JSON, "root").grammar(JSON, "root"),
                "one grammar");
    }

    private static void refused(String gbnf) {
        assertThrows(LlamaException.class, () -> Sampler.chain(Seed.MODEL).grammar(gbnf, "root"));
    }

    private static void accepted(String gbnf) {
        Sampler.chain(Seed.MODEL).grammar(gbnf, "root").greedy().build().close();
    }

    /** Mutants of a grammar: what is accepted here is accepted there, so llama.cpp's parser never has to complain. */
    @Test
    void acceptsNothingThatLlamaRefuses() {
        var random = new java.util.Random(3);
        var alphabet = "abr \n\"[]()|*+?{}0123,.-^\\x#:=";
        var taken = 0;
        for (var i = 0; i < 3000; i++) {
            var text = new StringBuilder(JSON);
            for (var change = random.nextInt(4); change >= 0; change--) {
                var at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
                    default -> text.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
                }
            }
            var builder = Sampler.chain(Seed.MODEL);
            try {
                builder.grammar(text.toString(), "root");
            } catch (LlamaException refused) {
                continue;
            }
            builder.greedy().build().close();
            taken++;
        }
        assertTrue(taken > 100, taken + " were still grammars");
    }
}
