package omni.api;

import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.EngageParams;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.StatusParams;
import omni.bus.BusException;

/** The kill switch as the API needs it: asked, and closed. Never opened: that takes a person at the box. For any thread. */
final class AirgapLink {
    private static final int AWAY_SECONDS = 2;

    private final AirgapProtocol.Client airgap;

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

    /** Closes the gap; what comes of it stands in the status. */
    void engage(String cause) {
        try {
            airgap.engage(new EngageParams(cause));
        } catch (BusException e) {
            Log.error("The gap was not closed", e);
        }
    }
}
