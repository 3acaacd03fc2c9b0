package omni.engine;

import static omni.engine.ScriptedDecoder.answer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import omni.engine.EngineConfig.PrefixReuse;
import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Whose turn it is in the decode loop. Each test has its control: the same requests with nothing that tells them apart,
 * which have to come in another order.
 *
 * <p>A request is known by its number: all its tokens are of that thousand.
 */
class FairnessTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int PLENTY = 100_000;
    private static final int BATCH = 64;

    private ScriptedDecoder decoder = new ScriptedDecoder(1, 1000, 100_000, BATCH);
    private DecodeLoop loop = new DecodeLoop(decoder, 16, PrefixReuse.OFF, LONG);
    private Thread thread = new Thread();

    private void with(int places) {
        decoder = new ScriptedDecoder(places, 1000, 100_000, BATCH);
        loop = new DecodeLoop(decoder, 16, PrefixReuse.OFF, LONG);
    }

    private void start() {
        thread = Loops.start(loop);
    }

    @AfterEach
    void stop() throws InterruptedException {
        decoder.permits.release(PLENTY);
        loop.close();
        thread.join();
    }

    private static Caller key(String name, Priority priority) {
        return new Caller(name, priority);
    }

    private static Caller normal(String name) {
        return key(name, Priority.NORMAL);
    }

    /** Hands a request in. */
    private Generation ask(Caller caller, int number, int promptTokens, int maxTokens) {
        int[] prompt = new int[promptTokens];
        Arrays.fill(prompt, number * 1000);
        Sampling greedy = new Sampling(0, 1, 0, 0, 1, Samplers.NONE);
        Generation request = new Generation(
                prompt,
                null,
                maxTokens,
                greedy,
                List.of(),
                -1,
                Optional.empty(),
                caller,
                OptionalLong.empty(),
                loop::wake);
        loop.submit(request);
        return request;
    }

    private void run(List<Generation> requests) throws InterruptedException {
        start();
        decoder.permits.release(PLENTY);
        for (Generation request : requests) {
            Loops.read(request);
        }
    }

    private void calls(int more) throws Exception {
        int before = decoder.calls().size();
        decoder.permits.release(more);
        Await.until(LONG, () -> decoder.calls().size() == before + more);
    }

    /** The requests in the order in which their first token was computed. */
    private List<Integer> order() {
        LinkedHashSet<Integer> order = new LinkedHashSet<>();
        decoder.calls().forEach(call -> order.addAll(call.thousands().keySet()));
        return List.copyOf(order);
    }

    /** The call that computed the first token of a request. */
    private int firstCall(int number) {
        List<ScriptedDecoder.Call> calls = decoder.calls();
        return IntStream.range(0, calls.size())
                .filter(i -> calls.get(i).thousands().containsKey(number))
                .findFirst()
                .orElseThrow();
    }

    private int lastCall(int number) {
        List<ScriptedDecoder.Call> calls = decoder.calls();
        return IntStream.range(0, calls.size())
                .filter(i -> calls.get(i).thousands().containsKey(number))
                .max()
                .orElseThrow();
    }

    @Test
    void theMoreUrgentIsFirst() throws Exception {
        run(List.of(
                ask(key("a", Priority.BACKGROUND), 1, 10, 5),
                ask(key("a", Priority.NORMAL), 2, 10, 5),
                ask(key("a", Priority.INTERACTIVE), 3, 10, 5)));
        assertEquals(List.of(3, 2, 1), order());
    }

    @Test
    void ofOneClassTheFirstIsFirst() throws Exception {
        run(List.of(ask(normal("a"), 1, 10, 5), ask(normal("a"), 2, 10, 5), ask(normal("a"), 3, 10, 5)));
        assertEquals(List.of(1, 2, 3), order());
    }

    /** One key's many requests, of this many tokens each, then another's; returns the greatest lead of either. */
    private int lead(Caller one, Caller other, int tokensOfOne, int tokensOfOther) throws Exception {
        List<Generation> requests = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            requests.add(ask(i <= 20 ? one : other, i, (i <= 20 ? tokensOfOne : tokensOfOther) - 5, 5));
        }
        run(requests);
        int ofOne = 0;
        int ofOther = 0;
        int lead = 0;
        for (int number : order()) {
            // Where one has nothing left to wait, the other may have all.
            if (ofOne == 20 * tokensOfOne || ofOther == 20 * tokensOfOther) {
                break;
            }
            ofOne += number <= 20 ? tokensOfOne : 0;
            ofOther += number <= 20 ? 0 : tokensOfOther;
            lead = Math.max(lead, Math.abs(ofOne - ofOther));
        }
        return lead;
    }

    @Test
    void keysShareEvenlyToWithinOneRequest() throws Exception {
        assertTrue(lead(normal("a"), normal("b"), 20, 20) <= 20);
    }

    @Test
    void tokensCountAndNotRequests() throws Exception {
        assertTrue(lead(normal("a"), normal("b"), 200, 20) <= 200);
    }

    @Test
    void oneKeyAloneIsServedInItsOrder() throws Exception {
        assertEquals(20 * 20, lead(normal("a"), normal("a"), 20, 20));
    }

    @Test
    void whoComesLateHasSavedNothingUp() throws Exception {
        List<Generation> requests = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            requests.add(ask(normal("a"), i, 10, 1));
        }
        start();
        calls(10);
        for (int i = 21; i <= 30; i++) {
            requests.add(ask(normal("b"), i, 10, 1));
        }
        decoder.permits.release(PLENTY);
        for (Generation request : requests) {
            Loops.read(request);
        }
        List<Integer> after = order().subList(11, 29);
        int lead = 0;
        for (int number : after) {
            lead += number <= 20 ? 1 : -1;
            assertTrue(Math.abs(lead) <= 2, after.toString());
        }
    }

    /** Two answers that are being written in the two places there are, and a more urgent request. */
    private List<Generation> pressed(Priority priority) throws Exception {
        with(2);
        start();
        List<Generation> requests = new ArrayList<>();
        requests.add(ask(key("a", priority), 1, 10, 90));
        requests.add(ask(key("a", priority), 2, 10, 90));
        calls(20);
        requests.add(ask(key("b", Priority.INTERACTIVE), 3, 10, 20));
        return requests;
    }

    private void allReadWhole(List<Generation> requests) throws Exception {
        decoder.permits.release(PLENTY);
        assertEquals(answer(1000, 90), Loops.read(requests.get(0)));
        assertEquals(answer(2000, 90), Loops.read(requests.get(1)));
        assertEquals(answer(3000, 20), Loops.read(requests.get(2)));
    }

    @Test
    void theBackgroundGivesItsPlaceUpAndGoesOnWhereItWas() throws Exception {
        allReadWhole(pressed(Priority.BACKGROUND));
        assertTrue(firstCall(3) <= 22, "it did not wait for an answer to end");
        assertTrue(firstCall(3) < lastCall(1), "one of the background went on beside it");
        Await.until(LONG, () -> decoder.cells() == 0);
    }

    @Test
    void othersKeepTheirPlace() throws Exception {
        allReadWhole(pressed(Priority.NORMAL));
        assertTrue(firstCall(3) > 80, "it waited for an answer to end");
    }

    @Test
    void whoHasGivenWayTwiceStays() throws Exception {
        start();
        Generation background = ask(key("a", Priority.BACKGROUND), 1, 10, 90);
        List<Generation> urgent = new ArrayList<>();
        for (int i = 2; i <= 4; i++) {
            calls(10);
            urgent.add(ask(key("b", Priority.INTERACTIVE), i, 10, 3));
        }
        decoder.permits.release(PLENTY);
        assertEquals(answer(1000, 90), Loops.read(background));
        for (int i = 2; i <= 4; i++) {
            assertEquals(answer(i * 1000, 3), Loops.read(urgent.get(i - 2)));
        }
        assertTrue(lastCall(2) < lastCall(1) && lastCall(3) < lastCall(1));
        assertTrue(firstCall(4) > lastCall(1), "the third of them waited");
    }

    /** So many urgent requests of 100 tokens, all of which came before the one of the background; where that one came. */
    private int placeOfBackground(int urgent) throws Exception {
        List<Generation> requests = new ArrayList<>();
        for (int i = 1; i <= urgent; i++) {
            requests.add(ask(key("b", Priority.INTERACTIVE), i, 95, 5));
        }
        requests.add(ask(key("a", Priority.BACKGROUND), urgent + 1, 95, 5));
        run(requests);
        return order().indexOf(urgent + 1);
    }

    @Test
    void theBackgroundAlwaysHasItsTurn() throws Exception {
        int place = placeOfBackground(100);
        int patience = Patience.TOKENS / 100;
        assertTrue(place >= patience && place <= patience + 2, "it came after " + place);
    }

    @Test
    void andNotBefore() throws Exception {
        assertEquals(30, placeOfBackground(30));
    }

    /** Calls that it takes to the end of a request's prompt of 100 tokens beside three of 600. */
    private int callsOfPrompt(Caller longs, Caller shorter) throws Exception {
        with(4);
        List<Generation> requests = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            requests.add(ask(longs, i, 600, 1));
        }
        requests.add(ask(shorter, 4, 100, 1));
        run(requests);
        return lastCall(4) + 1;
    }

    @Test
    void promptsOfTheMoreUrgentHaveAllTheRoom() throws Exception {
        assertEquals(2, callsOfPrompt(key("a", Priority.BACKGROUND), key("b", Priority.INTERACTIVE)));
    }

    @Test
    void roomForPromptsIsSharedBetweenKeys() throws Exception {
        assertEquals(4, callsOfPrompt(normal("a"), normal("b")), "half of each call");
    }

    @Test
    void roomForPromptsOfOneKeyIsSharedBetweenThem() throws Exception {
        assertEquals(7, callsOfPrompt(normal("a"), normal("a")), "a quarter of each call");
    }

    /** Tokens in the calls that compute an interactive prompt of 100 tokens beside an answer of the class. */
    private int largestCallBeside(Priority priority) throws Exception {
        with(2);
        start();
        Generation answer = ask(key("a", priority), 1, 10, 90);
        calls(10);
        Generation prompt = ask(key("b", Priority.INTERACTIVE), 2, 100, 1);
        decoder.permits.release(PLENTY);
        Loops.read(prompt);
        Loops.read(answer);
        return decoder.calls().stream()
                .mapToInt(call -> call.thousands().getOrDefault(2, 0))
                .max()
                .orElseThrow();
    }

    @Test
    void aMoreUrgentPromptIsNotCutForTheBackground() throws Exception {
        assertEquals(BATCH - 1, largestCallBeside(Priority.BACKGROUND));
    }

    @Test
    void itIsCutForAnswersOfItsClass() throws Exception {
        assertEquals(16, largestCallBeside(Priority.INTERACTIVE));
    }

    /** Of ten pieces of other work, how many were done before an interactive answer of 80 tokens had ended. */
    private int piecesBeside(Priority priority, int tokensOfPiece) throws Exception {
        start();
        Generation answer = ask(key("a", Priority.INTERACTIVE), 1, 10, 80);
        calls(1);
        List<Integer> callsAtPieces = new CopyOnWriteArrayList<>();
        CompletableFuture<Integer> end = new CompletableFuture<>();
        loop.submit(
                new DecodeLoop.Job() {
                    @Override
                    public boolean advance() {
                        callsAtPieces.add(decoder.calls().size());
                        return callsAtPieces.size() < 10 || !end.complete(10);
                    }

                    @Override
                    public int tokens() {
                        return tokensOfPiece;
                    }

                    @Override
                    public void fail(EngineException reason) {
                        end.completeExceptionally(reason);
                    }
                },
                key("b", priority));
        decoder.permits.release(PLENTY);
        Loops.read(answer);
        assertEquals(10, end.get());
        return (int) callsAtPieces.stream().filter(calls -> calls < 80).count();
    }

    @Test
    void otherWorkOfTheBackgroundWaitsForAnswers() throws Exception {
        assertEquals(0, piecesBeside(Priority.BACKGROUND, 100));
    }

    @Test
    void thatOfOthersTakesTurnsWithThem() throws Exception {
        assertEquals(10, piecesBeside(Priority.NORMAL, 100));
    }

    /** Work that nobody waits for any more; how often it is asked whether that is so. */
    private record Left(AtomicInteger asked) implements DecodeLoop.Job {
        @Override
        public boolean advance() {
            throw new IllegalStateException("Nobody waits for it.");
        }

        @Override
        public boolean isOver() {
            asked.incrementAndGet();
            return true;
        }

        @Override
        public void fail(EngineException reason) {}
    }

    @Test
    void workThatNobodyWaitsForIsDroppedBesideAnswers() throws Exception {
        start();
        Generation answer = ask(key("a", Priority.INTERACTIVE), 1, 10, 80);
        calls(1);
        AtomicInteger asked = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            loop.submit(new Left(asked), key("b", Priority.BACKGROUND));
        }
        calls(20);
        assertEquals(100, asked.get(), "each once, and then it is gone");
        decoder.permits.release(PLENTY);
        Loops.read(answer);
    }

    /** Where a prompt of the background that takes most of the room comes among 60 that are more urgent. */
    private int placeOfLargeOne(int urgent) throws Exception {
        decoder = new ScriptedDecoder(4, 1000, 1000, BATCH);
        loop = new DecodeLoop(decoder, 16, PrefixReuse.OFF, LONG);
        List<Generation> requests = new ArrayList<>();
        for (int i = 1; i <= urgent; i++) {
            requests.add(ask(key("b", Priority.INTERACTIVE), i, 200 + i, 5));
        }
        requests.add(ask(key("a", Priority.BACKGROUND), urgent + 1, 900, 5));
        run(requests);
        return order().indexOf(urgent + 1);
    }

    /** With a turn but no room for it, nobody else takes what becomes free. */
    @Test
    void roomGathersForWhoWasPassedOver() throws Exception {
        int place = placeOfLargeOne(60);
        assertTrue(place >= Patience.TOKENS / 261 && place < 40, "it came after " + place);
    }

    @Test
    void andNotBeforeItWas() throws Exception {
        assertEquals(10, placeOfLargeOne(10));
    }

    @Test
    void whoIsHeldGivesWayAgainWhenItHasComeFurther() throws Exception {
        decoder = new ScriptedDecoder(1, 20_000, 100_000, BATCH);
        loop = new DecodeLoop(decoder, 16, PrefixReuse.OFF, LONG);
        start();
        List<Generation> requests = new ArrayList<>();
        requests.add(ask(key("a", Priority.BACKGROUND), 1, 9000, 5));
        for (int i = 2; i <= 4; i++) {
            calls(10);
            requests.add(ask(key("b", Priority.INTERACTIVE), i, 10, 3));
        }
        decoder.permits.release(PLENTY);
        for (Generation request : requests) {
            Loops.read(request);
        }
        assertTrue(firstCall(4) - lastCall(3) >= Lineup.HELD_TOKENS / BATCH, "it was held");
        assertTrue(firstCall(4) < lastCall(1), "and not to its end");
    }

    @Test
    void howLongAnswersHoldTheirPlacesIsMeasured() throws Exception {
        // Half a second a call.
        long callNanos = Duration.ofMillis(500).toNanos();
        loop = new DecodeLoop(
                decoder, 16, PrefixReuse.OFF, LONG, () -> decoder.calls().size() * callNanos);
        run(List.of(ask(normal("a"), 1, 10, 20), ask(normal("a"), 2, 10, 20)));
        assertEquals(10, loop.service().retryAfterSeconds(1, 1), "twenty calls");
    }

    @Test
    void itIsSeenWhoWaits() throws Exception {
        with(2);
        start();
        List<Generation> requests = new ArrayList<>();
        requests.add(ask(normal("a"), 1, 10, 50));
        requests.add(ask(normal("b"), 2, 10, 50));
        requests.add(ask(normal("a"), 3, 10, 50));
        requests.add(ask(normal("a"), 4, 10, 50));
        calls(5);
        Await.until(LONG, () -> loop.stats().parties().size() == 2);
        for (DecodeLoop.Party party : loop.stats().parties()) {
            assertEquals(1, party.sequences());
            assertEquals(party.caller().key().equals("a") ? 2 : 0, party.waiting());
        }
        decoder.permits.release(PLENTY);
        for (Generation request : requests) {
            Loops.read(request);
        }
        Await.until(LONG, () -> loop.stats().parties().isEmpty());
    }
}
