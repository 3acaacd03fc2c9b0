package omni.airgap;

import java.io.Closeable;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The evidence of the role. A thread of its own opens it, for a TPM or a disk may take its time: whoever writes it waits, and neither the
 * role's start nor a gap does. For any thread.
 */
final class Evidence implements Closeable {
    /** For who asks on the bus. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Longer than this is worth telling. */
    private static final Duration SLOW = Duration.ofSeconds(2);

    private static final String OPENING =
            "the evidence is still being opened: the disk, or the TPM that its key is sealed to, keeps it waiting";

    /**
     * What was opened.
     *
     * @param counter nothing where no TPM is to be used
     * @param limits what is not as it should be
     */
    private record Open(
            EvidenceChain chain, Witnessed witnessed, Optional<EvidenceCounter> counter, List<String> limits) {}

    /** The kind of the record that says how many were not written. */
    private static final String UNWRITTEN = "unwritten";

    private final FutureTask<Open> opened;
    private final InstantSource clock;
    private final long startNanos = System.nanoTime();
    /** For who writes: so that what was not written is told once, and before what comes after it. */
    private final ReentrantLock writing = new ReentrantLock();

    private final AtomicReference<Lost> lost = new AtomicReference<>(new Lost(0, 0, "", "", ""));

    /**
     * What could not be written since the role started.
     *
     * @param records how many
     * @param told of how many of them a record tells
     * @param from when the first was lost that no record tells of
     * @param to when the last was
     * @param why of the last
     */
    private record Lost(long records, long told, String from, String to, String why) {
        Lost more(String at, String cause) {
            return new Lost(records + 1, told, records == told ? at : from, at, cause);
        }

        Lost toldOf(long all) {
            return new Lost(records, all, to, to, why);
        }
    }

    private Evidence(FutureTask<Open> opened, InstantSource clock) {
        this.opened = opened;
        this.clock = clock;
    }

    /** Begins to open, or to make, that in the folder; a TPM seals its key and counts its records, where there is one. */
    static Evidence opening(Path folder, EvidenceTpm tpm, Clock clock) {
        var task = new FutureTask<>(() -> {
            Urgency.takeTurns();
            try {
                return open(folder, tpm, clock);
            } catch (AirgapException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "There will be no evidence", e);
                throw e;
            }
        });
        Thread.ofPlatform().daemon().name("evidence-open").start(task);
        return new Evidence(task, clock);
    }

    /** One that is open, and that no TPM counts. */
    static Evidence of(EvidenceChain chain) {
        var task = new FutureTask<>(() -> new Open(chain, new Witnessed(chain), Optional.empty(), List.of()));
        task.run();
        return new Evidence(task, InstantSource.system());
    }

    private static Open open(Path folder, EvidenceTpm tpm, Clock clock) throws AirgapException {
        List<String> limits = new ArrayList<>();
        Optional<String> lost = Optional.empty();
        EvidenceChain.make(folder);
        EvidenceKey.Opened key;
        try {
            key = EvidenceKey.in(folder, tpm);
        } catch (LostKeyException e) {
            Path aside = FormerEvidence.setAside(folder);
            lost = Optional.of("The evidence before this cannot be signed any more. " + e.getMessage());
            limits.add("ALARM: the evidence goes on under a new key, for that before it, now in " + aside
                    + ", cannot be signed any more. " + e.getMessage());
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, limits.getFirst(), e);
            EvidenceChain.make(folder);
            key = EvidenceKey.in(folder, tpm);
        }
        key.limit().ifPresent(limits::add);
        EvidenceChain chain = EvidenceChain.in(folder, key.key(), clock);
        if (chain.size() == 0) { // also after a crash between the two
            var former = FormerEvidence.body(folder, lost);
            if (former.isPresent()) {
                chain.append(CounterMark.KEY, former.get());
            }
        }
        Optional<EvidenceCounter> counter =
                tpm.isOff() ? Optional.empty() : Optional.of(new EvidenceCounter(chain, tpm, clock).start());
        var witnessed = new Witnessed(chain);
        witnessed.alarm().ifPresent(alarm -> {
            limits.add(alarm);
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, alarm);
        });
        return new Open(chain, witnessed, counter, List.copyOf(limits));
    }

    /**
     * The records; waits until they are open.
     *
     * @throws AirgapException where they cannot be
     */
    EvidenceChain chain() throws AirgapException {
        try {
            return opened.get().chain();
        } catch (ExecutionException | CancellationException e) {
            throw none(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AirgapException("The role is being stopped.", e);
        }
    }

    private static AirgapException none(Exception cause) {
        return new AirgapException("There is no evidence: omni airgap status says why.", cause);
    }

    private Open soon() throws AirgapException {
        try {
            return opened.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | CancellationException e) {
            throw none(e);
        } catch (TimeoutException e) {
            throw new AirgapException("There is no evidence yet: " + OPENING + ". Try again in a minute.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AirgapException("The role is being stopped.", e);
        }
    }

    /**
     * All that a proof says of it.
     *
     * @param witnessed the newest checkpoint that came back cosigned
     * @param counter what the TPM's counter stands at, in the box's word
     */
    record Shown(EvidenceChain chain, Checkpoint checkpoint, Optional<String> witnessed, Optional<String> counter) {}

    /** For a proof; waits for what is slow, but not long. */
    Shown shown() throws AirgapException {
        Open open = soon();
        Optional<String> counter = open.counter().flatMap(EvidenceCounter::word);
        // Asked for before the checkpoint: neither must be newer than what stands beside it.
        Optional<String> note = open.witnessed().note();
        return new Shown(open.chain(), open.chain().checkpoint(), note, counter);
    }

    /** As {@link Witnessed#keep}. */
    Checkpoint keep(String note) throws AirgapException {
        return soon().witnessed().keep(note);
    }

    /** Writes down a try to lift that was judged, and wrong; where it is not open yet, once it is. */
    void refused(String cause) {
        if (opened.isDone()) {
            write(cause);
        } else {
            Thread.ofVirtual().name("refused").start(() -> write(cause));
        }
    }

    private void write(String cause) {
        append(EvidenceChain.REFUSED, EvidenceChain.body().put("cause", cause));
    }

    /**
     * Appends a record, once it is open, and returns when the disk has it. One that cannot be written is told in the log, by
     * {@link #limits}, and in a record of its own as soon as one can be.
     *
     * @return whether it was written
     */
    boolean append(String kind, ObjectNode body) {
        return attempt(chain -> chain.append(kind, body));
    }

    /** Tells of what could not be written, where that was so and now one can. */
    void catchUp() {
        Lost now = lost.get();
        if (now.records() > now.told() && opened.state() == Future.State.SUCCESS) {
            writing.lock();
            try {
                tellLost(opened.resultNow().chain());
            } catch (AirgapException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "Still none can be written", e);
            } finally {
                writing.unlock();
            }
        }
    }

    /** Writes to the chain. */
    private interface Writing {
        void to(EvidenceChain chain) throws AirgapException;
    }

    private boolean attempt(Writing work) {
        try {
            EvidenceChain chain = chain();
            writing.lock();
            try {
                tellLost(chain);
                work.to(chain);
            } finally {
                writing.unlock();
            }
            return true;
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "No evidence was written", e);
            lost(e.getMessage());
        } catch (RuntimeException e) { // a fault here is no reason to write nothing from now on
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "No evidence was written", e);
            lost("a fault of this program: " + e);
        }
        return false;
    }

    private void lost(String why) {
        String at = clock.instant().toString();
        var _ = lost.updateAndGet(before -> before.more(at, why));
    }

    private void tellLost(EvidenceChain chain) throws AirgapException {
        Lost now = lost.get();
        if (now.records() > now.told()) {
            ObjectNode body = EvidenceChain.body().put("records", now.records() - now.told());
            chain.append(
                    UNWRITTEN, body.put("from", now.from()).put("to", now.to()).put("cause", now.why()));
            var _ = lost.updateAndGet(later -> later.toldOf(now.records()));
        }
    }

    /** Of what could not be written since the role started, a line; nothing where all was. Waits for nothing. */
    Optional<String> notWritten() {
        Lost now = lost.get();
        return now.records() == 0
                ? Optional.empty()
                : Optional.of("records of the evidence that could not be written since this role started: "
                        + now.records() + ", the last at " + now.to() + ": " + now.why());
    }

    /** This box's key, by which a proof is told to be its own; nothing until the evidence is open. Waits for nothing. */
    Optional<String> key() {
        return opened.state() == Future.State.SUCCESS
                ? Optional.of(Proof.key(opened.resultNow().chain().publicKey()))
                : Optional.empty();
    }

    /** What it cannot do here, and what does not fit, a line each. Waits for nothing. */
    List<String> limits() {
        return Stream.concat(told().stream(), notWritten().stream()).toList();
    }

    private List<String> told() {
        return switch (opened.state()) {
            case RUNNING -> System.nanoTime() - startNanos > SLOW.toNanos() ? List.of(OPENING) : List.of();
            case SUCCESS -> {
                Open open = opened.resultNow();
                List<String> limits = new ArrayList<>(open.limits());
                open.counter().flatMap(EvidenceCounter::limit).ifPresent(limits::add);
                alarms().forEach(alarm -> limits.add("ALARM: " + alarm));
                yield limits;
            }
            case FAILED ->
                List.of("no evidence is written: " + opened.exceptionNow().getMessage());
            case CANCELLED -> List.of();
        };
    }

    /** What the TPM's counter told of records that are not there, the newest last. Waits for nothing. */
    List<String> alarms() {
        return opened.state() == Future.State.SUCCESS
                ? opened.resultNow().chain().alarms().stream()
                        .map(mark -> mark.time() + ", found at record " + mark.record() + ": "
                                + mark.alarm().orElse(""))
                        .toList()
                : List.of();
    }

    /** Counts no more, and opens nothing any more. */
    @Override
    public void close() {
        if (!opened.cancel(true) && opened.state() == Future.State.SUCCESS) {
            opened.resultNow().counter().ifPresent(EvidenceCounter::close);
        }
    }
}
