package omni.vault;

import java.time.Instant;

/** Something that is remembered beyond one conversation. */
record Memory(String id, String name, String text, Instant created, Instant updated) {}
