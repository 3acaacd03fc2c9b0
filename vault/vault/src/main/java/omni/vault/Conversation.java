package omni.vault;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a conversation beside its items.
 *
 * @param changed when something was last added to it, taken from it or said of it
 * @param keep how long after that it is kept; empty where the vault's own rule holds
 * @param items how many it has
 */
record Conversation(
        String id, Instant created, Instant changed, Optional<Duration> keep, int items, Map<String, String> metadata) {
    Conversation {
        metadata = Map.copyOf(metadata);
    }
}
