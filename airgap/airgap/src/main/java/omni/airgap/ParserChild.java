package omni.airgap;

import java.io.IOException;

/** A process that answers the questions of {@link CensusWire}, as who asks sees it. */
interface ParserChild extends AutoCloseable {
    FrameWriter questions();

    FrameReader answers();

    /** Ends it, and says why nothing more comes from it. */
    AirgapException failure(IOException cause);

    /** Ends it. */
    @Override
    void close();
}
