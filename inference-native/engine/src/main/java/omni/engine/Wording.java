package omni.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the engine knows, in the words of {@code omni.Engine}. */
final class Wording {
    private Wording() {}

    static EngineProtocol.@Nullable GenerateReplyFinish finish(Outbox.@Nullable Finish finish) {
        return switch (finish) {
            case null -> null;
            case STOP -> EngineProtocol.GenerateReplyFinish.STOP;
            case LENGTH -> EngineProtocol.GenerateReplyFinish.LENGTH;
        };
    }

    static EngineProtocol.Usage usage(Outbox.Usage usage, double loadMillis) {
        return new EngineProtocol.Usage(
                usage.promptTokens(),
                usage.cachedTokens(),
                usage.completionTokens(),
                usage.queueMillis(),
                usage.promptMillis(),
                usage.completionMillis(),
                loadMillis);
    }

    static List<Long> longs(int[] tokens) {
        List<Long> result = new ArrayList<>(tokens.length);
        for (int token : tokens) {
            result.add((long) token);
        }
        return result;
    }

    /** Writes each number as the shortest decimal that is this float: half the bytes of the same number as a double. */
    static List<EngineProtocol.Embedding> embeddings(List<float[]> vectors) {
        List<EngineProtocol.Embedding> result = new ArrayList<>(vectors.size());
        for (float[] vector : vectors) {
            List<Double> numbers = new ArrayList<>(vector.length);
            for (float x : vector) {
                numbers.add(Double.valueOf(Float.toString(x)));
            }
            result.add(new EngineProtocol.Embedding(numbers));
        }
        return result;
    }

    static EngineProtocol.ChatTemplate template(LoadedModel model) {
        LoadedModel.Marks marks = model.marks();
        return new EngineProtocol.ChatTemplate(
                model.stored().id(), model.template(), marks.bos(), marks.eos(), marks.addsBos());
    }

    static EngineProtocol.Model model(StoredModel model, String defaultId, Optional<LoadedModel> loaded) {
        return new EngineProtocol.Model(
                model.id(),
                model.name(),
                model.id().equals(defaultId),
                model.seed(),
                loaded.isPresent(),
                model.card().architecture(),
                model.sizeBytes(),
                model.createdSeconds(),
                loaded.map(LoadedModel::parameterCount)
                        .orElseGet(() -> boxed(model.card().parameters())),
                loaded.map(l -> Long.valueOf(l.trainedContext()))
                        .orElseGet(() -> boxed(model.card().contextTokens())),
                loaded.map(l -> Long.valueOf(l.embeddingLength()))
                        .orElseGet(() -> boxed(model.card().embeddingLength())),
                model.card().quantization().orElse(null),
                model.pinned(),
                model.damaged() ? EngineProtocol.ModelState.DAMAGED : EngineProtocol.ModelState.SOUND);
    }

    static @Nullable Long boxed(OptionalLong number) {
        return number.isPresent() ? Long.valueOf(number.getAsLong()) : null;
    }

    private static @Nullable Long boxed(OptionalInt number) {
        return number.isPresent() ? Long.valueOf(number.getAsInt()) : null;
    }

    static EngineProtocol.ModelDetails details(StoredModel model, List<String> heldBy) {
        return new EngineProtocol.ModelDetails(
                model.files().stream()
                        .map(f -> new EngineProtocol.StoredFile(
                                String.valueOf(f.path().getFileName()),
                                f.sha256(),
                                f.stamp().sizeBytes()))
                        .toList(),
                model.card().source(),
                model.card().licence().orElse(null),
                model.card().version().orElse(null),
                model.card().template(),
                model.card().sampling(),
                heldBy);
    }

    static EngineProtocol.ModelFit fit(LoadPlan plan, List<String> advice) {
        return new EngineProtocol.ModelFit(
                plan.contextTokens(),
                plan.fit().weightBytes(),
                plan.fit().cacheBytes(),
                plan.fit().computeBytes(),
                plan.availableBytes().orElse(0),
                plan.fits(),
                advice);
    }

    static EngineProtocol.ImportReplyTaken taken(Intake.Taken taken) {
        return switch (taken) {
            case SHARED -> EngineProtocol.ImportReplyTaken.SHARED;
            case LINKED -> EngineProtocol.ImportReplyTaken.LINKED;
            case COPIED -> EngineProtocol.ImportReplyTaken.COPIED;
            case KNOWN -> EngineProtocol.ImportReplyTaken.KNOWN;
        };
    }

    static EngineProtocol.ModelCounters counters(
            StoredModel model, ModelCounts counts, Optional<Residents.Resident> resident) {
        Optional<Fit> fit = resident.map(r -> r.loaded().fit());
        int sequences = resident.map(r -> r.loaded().stats().sequences()).orElse(0);
        return new EngineProtocol.ModelCounters(
                model.id(),
                model.name(),
                counts.loads(),
                counts.loadsFailed(),
                counts.loadMillis(),
                counts.evictedIdle(),
                counts.evictedForRoom(),
                counts.unloaded(),
                resident.isPresent(),
                sequences,
                resident.map(r -> r.loaded().sequencesMax()).orElse(0),
                resident.map(r -> Math.max(0, r.requests() - sequences)).orElse(0),
                fit.map(Fit::weightBytes).orElse(0L),
                fit.map(Fit::cacheBytes).orElse(0L),
                fit.map(Fit::computeBytes).orElse(0L));
    }

    static EngineProtocol.ModelStats stats(Residents.Resident resident) {
        DecodeLoop.Stats stats = resident.loaded().stats();
        return new EngineProtocol.ModelStats(
                resident.loaded().stored().id(),
                stats.sequences(),
                resident.loaded().sequencesMax(),
                Math.max(0, resident.requests() - stats.sequences()),
                resident.loaded().contextTokens(),
                stats.decodeCalls(),
                stats.sequencesPerDecodeMax(),
                stats.promptTokens(),
                stats.completionTokens(),
                resident.callers().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey(
                                Comparator.comparing(Caller::priority).thenComparing(Caller::key)))
                        .map(e -> caller(e.getKey(), e.getValue(), stats.parties()))
                        .toList());
    }

    private static EngineProtocol.CallerStats caller(Caller caller, int requests, List<DecodeLoop.Party> parties) {
        DecodeLoop.Party party = parties.stream()
                .filter(p -> p.caller().equals(caller))
                .findFirst()
                .orElse(DecodeLoop.Party.none(caller));
        long nanos = party.waiting() == 0 ? 0 : System.nanoTime() - party.waitingSinceNanos();
        return new EngineProtocol.CallerStats(
                caller.wireKey(),
                caller.priority(),
                requests,
                party.sequences(),
                TimeUnit.NANOSECONDS.toMillis(Math.max(0, nanos)));
    }
}
