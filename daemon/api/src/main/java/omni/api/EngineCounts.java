package omni.api;

import java.util.Optional;
import omni.engine.EngineProtocol.CountersReply;

/**
 * What the engine said when it was asked for its counts.
 *
 * @param up whether it is there
 * @param counts empty where it did not say
 */
record EngineCounts(boolean up, Optional<CountersReply> counts) {}
