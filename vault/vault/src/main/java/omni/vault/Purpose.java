package omni.vault;

import java.util.Locale;

/** What a data key is for. One key is for one thing, and all are of 32 bytes. */
enum Purpose {
    /** The pages of the database (SQLCipher's raw key). */
    RECORDS,
    /** Wraps the key of each conversation, so that deleting a conversation is deleting its key. */
    CONVERSATIONS,
    /** Files of streaming AEAD. */
    FILES,
    /** Seed of the Ed25519 key that signs the audit log. */
    AUDIT,
    /** State of conversations in the engine (KV cache): handed to the engine, which may read nothing else. */
    KV;

    /** As in the key file, and in what a key is bound to. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
