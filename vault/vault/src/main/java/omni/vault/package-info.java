/**
 * The role that holds the owner's keys and everything the owner wrote or was told. It starts sealed; a person unlocks it by a
 * password; to lock is to end the process.
 *
 * <p>Root key: unwrapped by a child process that exits, never in this one. Data keys, one for each {@code Purpose} and
 * version, stand in memory outside of the Java heap ({@code DataKeys}). Records are in a database of SQLCipher pages, large
 * things in files of Tink's streaming AEAD, and what happened to both in a chain of signed lines.
 *
 * <p>Threads: what is open to many says so; a connection to the database belongs to one thread at a time.
 *
 * <p>Limits and formats are told where they belong; decisions 0300 and on say why.
 */
@NullMarked
package omni.vault;

import org.jspecify.annotations.NullMarked;
