package omni.api;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.EngageParams;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.GapState;
import omni.airgap.AirgapProtocol.StatusParams;
import omni.bus.BusError;
import omni.bus.BusException;

/** The kill switch as the API needs it: asked, and closed. Never opened: that takes a person at the box. For any thread. */
final class AirgapLink {
    private static final int AWAY_SECONDS = 2;
    /** How long an engage that was promised is tried while the role starts again. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final AirgapProtocol.Client airgap;
    private final ReentrantLock engaging = new ReentrantLock();
    /** Whether an engage waits for one that is under way. */
    private final AtomicBoolean waiting = new AtomicBoolean();

    AirgapLink(AirgapProtocol.Client airgap) {
        this.airgap = airgap;
    }

    /** Where the gap stands. */
    Gap status() {
        try {
            return airgap.status(new StatusParams()).gap();
        } catch (BusException e) {
            throw ApiError.later(
                    ErrorCode.AIRGAP_UNAVAILABLE,
                    AWAY_SECONDS,
                    "The kill switch's process is not there at the moment: nothing was changed. Try again.",
                    e);
        }
    }

    /**
     * Returns where nothing is cut off.
     *
     * @throws ApiError AIRGAP_CLOSED; AIRGAP_UNAVAILABLE where nobody can say
     */
    void requireOpen() {
        if (status().state() != GapState.OPEN) {
            throw ApiError.of(
                    ErrorCode.AIRGAP_CLOSED,
                    "The air gap is closed, and nothing is fetched. Only a person at the box opens it: omni airgap lift.");
        }
    }

    /**
     * Closes the gap; what comes of it stands in the status. Where the role is away it is asked until it is back, for a minute. One that
     * is yet to be sent stands for all that are asked for meanwhile: a client that asks a thousand times costs two.
     */
    void engage(String cause) {
        if (!waiting.compareAndSet(false, true)) {
            return;
        }
        engaging.lock();
        try {
            waiting.set(false); // whoever asks from now on may have seen a lift that this one came before
            ask(cause);
        } finally {
            engaging.unlock();
        }
    }

    private void ask(String cause) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                airgap.engage(new EngageParams(cause));
                return;
            } catch (BusError e) { // the role has said no
                Log.error("The gap was not closed", e);
                return;
            } catch (BusException e) { // to engage twice is to engage once
                if (System.nanoTime() > end) {
                    Log.error("The gap was not closed", e);
                    return;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }
}
