package omni.airgap;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import omni.tpm.Tpm;
import omni.tpm.TpmException;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tells whether records are missing at the end of the evidence, or all of it was put back to an earlier state: a counter in the TPM goes up
 * with a record of its own that says how far, behind those that matter, and nothing brings it back.
 *
 * <p>The record is on the disk first, and says what the counter is about to be. So a crash between the two leaves the TPM one behind, which
 * is no alarm, which nobody brings about by putting files back, and which is caught up before anything else is counted; a TPM that is ahead
 * is one. Where the counter begins a record says so first, for nobody knows before what it begins with.
 *
 * <p>One thread asks the TPM, and nobody waits for it but who makes a proof. Its memory wears out: {@value #BURST} counts at once, and one
 * more every ten minutes. For any thread.
 */
final class EvidenceCounter implements Closeable {
    static final int BURST = 20;

    /** Of the four indexes of a name, from 0x01800000 on, which the TPM Registry gives to a TPM's owner, the vault has three, and this is the fourth. */
    private static final int HANDLE_BASE = 0x01800003;

    private static final int NAME_BITS = 20;
    private static final int TPM_NAME_BYTES = 16;
    private static final Duration PER_COUNT = Duration.ofMinutes(10);
    /** While a gap goes on that nothing happens to. */
    private static final Duration QUIET = Duration.ofDays(1);

    private static final Duration STOP = Duration.ofSeconds(1);

    private final EvidenceChain chain;
    private final EvidenceTpm tpm;
    private final InstantSource clock;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("evidence-count").factory());
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile Optional<String> limit = Optional.empty();
    private volatile long countedNanos = System.nanoTime();
    /** When all that may be counted at once may be again; for the thread. */
    private long restedNanos = System.nanoTime();

    EvidenceCounter(EvidenceChain chain, EvidenceTpm tpm, InstantSource clock) {
        this.chain = chain;
        this.tpm = tpm;
        this.clock = clock;
    }

    /** Looks whether all is there, and counts from now on. */
    EvidenceCounter start() {
        chain.onWritten(this::written);
        thread.execute(() -> {
            Urgency.takeTurns();
            ask(this::begin);
        });
        return this;
    }

    /** What happens in a gap, how it begins and ends is counted at once, and that it goes on once a day. */
    private void written(String kind) {
        boolean counts = switch (kind) {
            case "closed", "open", "broken", "refused", "key" -> true;
            case "watched" -> System.nanoTime() - countedNanos > QUIET.toNanos();
            default -> false;
        };
        if (counts) {
            countSoon(Duration.ZERO);
        }
    }

    private void countSoon(Duration after) {
        if (due.compareAndSet(false, true)) {
            try {
                var _ = thread.schedule(this::wearing, after.toNanos(), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "On the way out", e);
            }
        }
    }

    /** Counts, where that is not too often; else later. */
    private void wearing() {
        long wait = restedNanos - BURST * PER_COUNT.toNanos() - System.nanoTime() + PER_COUNT.toNanos();
        due.set(false);
        if (wait > 0) {
            countSoon(Duration.ofNanos(wait));
        } else {
            ask(this::count);
        }
    }

    private void wear() {
        restedNanos = Math.max(restedNanos, System.nanoTime()) + PER_COUNT.toNanos();
        countedNanos = System.nanoTime();
    }

    /** What is done with the TPM. */
    private interface Work {
        void with(Tpm opened) throws TpmException, AirgapException;
    }

    /** A TPM that is not there or does not answer is asked again, in ten minutes. */
    private void ask(Work work) {
        try {
            if (!tpm.isThere() && chain.mark().isEmpty()) {
                return; // a box without one
            }
            try (Tpm opened = tpm.open()) {
                work.with(opened);
            }
            limit = Optional.empty();
        } catch (TpmException e) {
            limit = Optional.of("the TPM does not count the evidence: " + e.getMessage());
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "The evidence is not counted", e);
            countSoon(PER_COUNT);
        } catch (AirgapException e) {
            limit = Optional.of("the evidence is not counted: " + e.getMessage());
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "No evidence was written", e);
            countSoon(PER_COUNT);
        }
    }

    private void begin(Tpm opened) throws TpmException, AirgapException {
        if (chain.uncounted() > 0 || !look(opened).fits()) {
            count(opened);
        }
    }

    /**
     * What the TPM says, against the newest record that tells of it.
     *
     * @param name which TPM
     * @param index where the counter is
     * @param count nothing where it has not begun
     * @param behind by one, as a crash leaves it
     * @param begun a record says that it begins, and no other tells of it
     * @param alarm what does not fit
     */
    private record Look(
            String name, int index, OptionalLong count, boolean behind, boolean begun, Optional<String> alarm) {
        /** Whether there is nothing to write down or to catch up. */
        boolean fits() {
            return !behind && !begun && alarm.isEmpty();
        }

        /** What is written down of it. */
        ObjectNode body(long said, boolean tells) {
            ObjectNode body =
                    CounterMark.put(EvidenceChain.body(), name, HexFormat.of().toHexDigits(index), said);
            if (tells && begun && count.isPresent()) {
                body.put(
                        "unknown",
                        "Power has failed as the counting began, or the evidence was put back to that moment: which of the"
                                + " two is not known.");
            }
            alarm.filter(_ -> tells).ifPresent(text -> body.put("alarm", text));
            return body;
        }
    }

    private Look look(Tpm opened) throws TpmException {
        String name = HexFormat.of().formatHex(Merkle.sha256().digest(opened.key()), 0, TPM_NAME_BYTES);
        Optional<CounterMark> last = chain.mark();
        int index = last.map(mark -> HexFormat.fromHexDigits(mark.index())).orElseGet(() -> index(chain.folder()));
        OptionalLong count = opened.count(index);
        boolean same =
                last.isPresent() && last.get().tpm().equals(name) && last.get().count() > 0;
        boolean behind =
                same && count.isPresent() && count.getAsLong() == last.get().count() - 1;
        boolean begun =
                last.isPresent() && last.get().tpm().equals(name) && last.get().count() == 0;
        return new Look(name, index, count, behind, begun, judged(last, name, count));
    }

    /** An index of this folder's own, wherever its evidence goes. */
    static int index(Path folder) {
        byte[] path = folder.toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8);
        int name = ByteBuffer.wrap(Merkle.sha256().digest(path)).getInt() >>> (Integer.SIZE - NAME_BITS);
        return HANDLE_BASE | name << 2;
    }

    /** What does not fit between the TPM and the newest record of it. */
    static Optional<String> judged(Optional<CounterMark> last, String tpm, OptionalLong count) {
        if (last.isEmpty()) {
            return count.isPresent()
                    ? Optional.of(
                            "The TPM has counted to " + count.getAsLong() + " for evidence that this one does not go on"
                                    + " from: all of it was taken away, or put back to before it was counted, or its key was lost.")
                    : Optional.empty();
        }
        if (!last.get().tpm().equals(tpm)) {
            return Optional.of("Another TPM counts than the one that record "
                    + last.get().record() + " tells of: whether records are missing is not known.");
        }
        long written = last.get().count();
        if (written == 0) {
            return Optional.empty(); // it had only begun
        }
        if (count.isEmpty()) {
            return Optional.of("The counter is gone from the TPM: whether records are missing is not known.");
        }
        long ahead = count.getAsLong() - written;
        if (ahead > 0) {
            return Optional.of(
                    "The TPM has counted " + ahead + " more than the records: their end was cut off, or all of the"
                            + " evidence was put back to an earlier state.");
        }
        return ahead < -1
                ? Optional.of("The TPM's counter is behind the records: the TPM was put back to an earlier state.")
                : Optional.empty();
    }

    private void count(Tpm opened) throws TpmException, AirgapException {
        Look look = look(opened);
        boolean begins = look.count().isEmpty();
        if (chain.uncounted() == 0 && look.fits() && !begins) {
            return;
        }
        wear();
        if (begins) {
            chain.append(CounterMark.KIND, look.body(0, true));
        }
        long count = begins || look.behind()
                ? opened.increment(look.index())
                : look.count().getAsLong();
        if (chain.uncounted() > 0 || begins || look.begun() || look.alarm().isPresent()) {
            chain.append(CounterMark.KIND, look.body(count + 1, !begins));
            var _ = opened.increment(look.index());
        }
    }

    /** Why it does not count; nothing where it does, or there is no TPM. */
    Optional<String> limit() {
        return limit;
    }

    /** What the counter stands at, in this box's word, once all that is due is counted; nothing where it does not count, or does not answer. */
    Optional<String> word() {
        try {
            return thread.submit(this::said)
                    .get(2 * tpm.patience().toMillis() + STOP.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "The TPM does not say its count", e);
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private Optional<String> said() throws TpmException {
        Optional<CounterMark> last = chain.mark();
        if (last.isEmpty() || last.get().count() == 0) {
            return Optional.empty();
        }
        try (Tpm opened = tpm.open()) {
            Look look = look(opened);
            return look.count().isPresent() && look.name().equals(last.get().tpm())
                    ? Optional.of(chain.signed(CounterWord.now(
                            clock.instant(), last.get(), look.count().getAsLong(), chain.size())))
                    : Optional.empty();
        }
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.shutdownNow(); // it waits for a TPM
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
