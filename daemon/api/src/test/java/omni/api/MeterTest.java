package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Usage;
import org.junit.jupiter.api.Test;

/** What an answer has cost, while it comes and at its end. */
final class MeterTest {
    private final AtomicLong spent = new AtomicLong();
    private final Meter meter = new Meter(spent::addAndGet);

    private void part(String text) {
        meter.accept(new GenerateReply(text, List.of(), 10L, null, null, null));
    }

    /** One piece may have many tokens: whoever leaves before the end has not had them for one. */
    @Test
    void untilTheEndTheLengthOfTheTextCounts() {
        part("");
        assertEquals(10, spent.get());
        part("a".repeat(400));
        assertEquals(110, spent.get());
        part("ä");
        assertEquals(111, spent.get());
    }

    @Test
    void atTheEndCountsWhatTheEngineSays() {
        part("a".repeat(400));
        meter.accept(
                new GenerateReply("", List.of(), 10L, GenerateReplyFinish.STOP, null, new Usage(10, 4, 3, 5, 1, 1, 2)));
        assertEquals(13, spent.get(), "less than was estimated");
    }
}
