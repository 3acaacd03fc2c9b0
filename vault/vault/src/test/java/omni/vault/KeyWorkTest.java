package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a child does with the root key, done here. */
final class KeyWorkTest {
    private static final byte[] KEY_FILE = new byte[Secret.KEY_FILE_BYTES_MIN];

    private final KeyWork work = new KeyWork(Made::quick);

    private static VaultException refused(VaultException.Reason reason, Executable call) {
        VaultException refused = assertThrows(VaultException.class, call);
        assertEquals(reason, refused.reason(), refused.getMessage());
        return refused;
    }

    private static List<String> keys(KeyWork.Outcome outcome) {
        return outcome.keys().stream()
                .map(key -> key.purpose() + "/" + key.version() + "=" + Base64Text.of(key.key()))
                .toList();
    }

    @Test
    void aNewVaultOpensByEitherSecret() throws VaultException {
        KeyWork.Outcome made = work.create(Made.password(Made.PASSWORD), Made.LEAST);
        KeyFile file = made.file().orElseThrow();
        assertEquals(Purpose.values().length, made.keys().size());
        assertEquals(keys(made), keys(work.open(file, Made.password(Made.PASSWORD))));
        assertEquals(keys(made), keys(work.open(file, Made.recovery(made.words().orElseThrow()))));
        assertTrue(work.check(file, Made.password(Made.PASSWORD)).keys().isEmpty());
        refused(VaultException.Reason.DENIED, () -> work.open(file, Made.password(Made.PASSWORD + " ")));
        refused(VaultException.Reason.DENIED, () -> work.check(file, Made.password("correct horse batterz")));
        byte[] another = RecoveryWords.encode(new byte[RecoveryWords.KEY_BYTES]);
        refused(VaultException.Reason.DENIED, () -> work.open(file, Made.recovery(another)));
        refused(VaultException.Reason.INVALID, () -> work.open(file, Made.recovery(new byte[] {'x'})));
    }

    @Test
    void noTwoKeysAreTheSame() throws VaultException {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            KeyWork.Outcome made = work.create(Made.password(Made.PASSWORD), Made.LEAST);
            made.keys().forEach(key -> assertTrue(seen.add(Base64Text.of(key.key()))));
            assertTrue(seen.add(made.file().orElseThrow().vault()));
            assertTrue(seen.add(made.file().orElseThrow().password().argon2().salt()));
            assertTrue(seen.add(Arrays.toString(made.words().orElseThrow())));
        }
        assertEquals(3 * (Purpose.values().length + 3), seen.size());
    }

    @Test
    void aKeyFileIsNeededWhereThereIsOne() throws VaultException {
        KeyWork.Outcome made = work.create(Made.password(Made.PASSWORD, KEY_FILE), Made.LEAST);
        KeyFile file = made.file().orElseThrow();
        assertEquals(keys(made), keys(work.open(file, Made.password(Made.PASSWORD, KEY_FILE))));
        refused(VaultException.Reason.DENIED, () -> work.open(file, Made.password(Made.PASSWORD)));
        byte[] longer = Arrays.copyOf(KEY_FILE, KEY_FILE.length + 1);
        refused(VaultException.Reason.DENIED, () -> work.open(file, Made.password(Made.PASSWORD, longer)));
        refused(VaultException.Reason.DENIED, () -> work.open(file, Made.password("another one", KEY_FILE)));
        assertEquals(keys(made), keys(work.open(file, Made.recovery(made.words().orElseThrow()))));
        KeyFile without =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        refused(VaultException.Reason.INVALID, () -> work.open(without, Made.password(Made.PASSWORD, KEY_FILE)));
    }

    @Test
    void anotherPasswordTakesTheOldOnesPlace() throws VaultException {
        KeyWork.Outcome made = work.create(Made.password(Made.PASSWORD), Made.LEAST);
        KeyFile file = made.file().orElseThrow();
        KeyFile changed = work.changePassword(
                        file, Made.password(Made.PASSWORD), Made.password("another password"), Made.LEAST)
                .file()
                .orElseThrow();
        assertEquals(keys(made), keys(work.open(changed, Made.password("another password"))));
        refused(VaultException.Reason.DENIED, () -> work.open(changed, Made.password(Made.PASSWORD)));
        assertEquals(
                keys(made), keys(work.open(changed, Made.recovery(made.words().orElseThrow()))));
        KeyFile again = work.changePassword(
                        changed,
                        Made.recovery(made.words().orElseThrow()),
                        Made.password("a third one", KEY_FILE),
                        Made.LEAST)
                .file()
                .orElseThrow();
        assertEquals(keys(made), keys(work.open(again, Made.password("a third one", KEY_FILE))));
        refused(
                VaultException.Reason.DENIED,
                () -> work.changePassword(file, Made.password("wrong wrong"), Made.password("whatever"), Made.LEAST));
    }

    @Test
    void anotherRecoveryKeyTakesTheOldOnesPlace() throws VaultException {
        KeyWork.Outcome made = work.create(Made.password(Made.PASSWORD), Made.LEAST);
        KeyWork.Outcome renewed = work.newRecovery(made.file().orElseThrow(), Made.password(Made.PASSWORD));
        KeyFile changed = renewed.file().orElseThrow();
        assertEquals(
                keys(made),
                keys(work.open(changed, Made.recovery(renewed.words().orElseThrow()))));
        assertEquals(keys(made), keys(work.open(changed, Made.password(Made.PASSWORD))));
        refused(
                VaultException.Reason.DENIED,
                () -> work.open(changed, Made.recovery(made.words().orElseThrow())));
    }

    @Test
    void anotherVersionStandsBesideTheOld() throws VaultException {
        KeyWork.Outcome made = work.create(Made.password(Made.PASSWORD), Made.LEAST);
        KeyWork.Outcome more = work.addVersion(made.file().orElseThrow(), Made.password(Made.PASSWORD), Purpose.FILES);
        assertEquals(keys(more), keys(work.open(more.file().orElseThrow(), Made.password(Made.PASSWORD))));
        assertTrue(keys(more).containsAll(keys(made)));
        assertEquals(made.keys().size() + 1, more.keys().size());
        List<KeyWork.PlainKey> files = more.keys().stream()
                .filter(key -> key.purpose() == Purpose.FILES)
                .toList();
        KeyWork.PlainKey first = files.getFirst();
        KeyWork.PlainKey second = files.getLast();
        assertEquals(1, first.version());
        assertEquals(2, second.version());
        assertFalse(Arrays.equals(first.key(), second.key()));
    }

    @Test
    void theOldVersionsGoAndTheOthersStay() throws VaultException {
        KeyFile made =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        KeyWork.Outcome two = work.addVersion(made, Made.password(Made.PASSWORD), Purpose.FILES);
        KeyWork.Outcome dropped = work.dropOld(two.file().orElseThrow(), Made.password(Made.PASSWORD), Purpose.FILES);
        assertEquals(List.of(), dropped.keys());
        KeyFile left = dropped.file().orElseThrow();
        assertEquals(made.keys().size(), left.keys().size());
        List<String> expected =
                keys(two).stream().filter(key -> !key.startsWith("FILES/1=")).toList();
        assertEquals(keys(two).size() - 1, expected.size());
        assertEquals(expected, keys(work.open(left, Made.password(Made.PASSWORD))));
        KeyFile same = work.dropOld(left, Made.password(Made.PASSWORD), Purpose.FILES)
                .file()
                .orElseThrow();
        assertEquals(left.keys(), same.keys());
        refused(VaultException.Reason.DENIED, () -> work.dropOld(left, Made.password("another"), Purpose.FILES));
    }

    @Test
    void aVersionOfEachAtOnceAndTheOldOnesOfSome() throws VaultException {
        KeyFile made =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        KeyWork.Outcome two = work.addVersion(made, Made.password(Made.PASSWORD), Purpose.values());
        KeyFile more = KeyFile.of(two.file().orElseThrow().json());
        assertEquals(2 * Purpose.values().length, more.keys().size());
        assertEquals(keys(two), keys(work.open(more, Made.password(Made.PASSWORD))));
        KeyFile left = work.dropOld(more, Made.password(Made.PASSWORD), Purpose.RECORDS, Purpose.KV)
                .file()
                .orElseThrow();
        List<String> expected = keys(two).stream()
                .filter(key -> !key.startsWith("RECORDS/1=") && !key.startsWith("KV/1="))
                .toList();
        assertEquals(more.keys().size() - 2, expected.size());
        assertEquals(expected, keys(work.open(left, Made.password(Made.PASSWORD))));
    }

    /** Those of files and of the audit log stay, so that there is an end to it. */
    @Test
    void thereIsRoomForAHundredAndTwentyRotations() throws VaultException {
        KeyFile file =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        for (int rotation = 1; rotation <= 124; rotation++) {
            file = work.addVersion(file, Made.password(Made.PASSWORD), Purpose.values())
                    .file()
                    .orElseThrow();
            file = work.dropOld(file, Made.password(Made.PASSWORD), Purpose.RECORDS, Purpose.CONVERSATIONS, Purpose.KV)
                    .file()
                    .orElseThrow();
            assertEquals(Purpose.values().length + 2 * rotation, file.keys().size());
        }
        KeyFile full = KeyFile.of(file.json());
        refused(
                VaultException.Reason.REFUSED,
                () -> work.addVersion(full, Made.password(Made.PASSWORD), Purpose.values()));
    }

    /** A file with all the keys that fit. */
    private static KeyFile full(KeyFile file) throws VaultException {
        Argon2 argon2 = file.password().argon2();
        byte[] derived = Made.quick(Made.PASSWORD.getBytes(StandardCharsets.US_ASCII), argon2);
        byte[] root = file.password()
                .wrap()
                .open(derived, KeyFile.PasswordSlot.context(file.vault(), argon2, false, Optional.empty()))
                .orElseThrow();
        List<KeyFile.DataKey> keys = new ArrayList<>(file.keys());
        for (int version = 2; keys.size() < KeyFile.KEYS_MAX; version++) {
            String context = KeyFile.DataKey.context(file.vault(), Purpose.KV, version);
            keys.add(new KeyFile.DataKey(Purpose.KV, version, Wrap.of(new byte[Wrap.KEY_BYTES], root, context)));
        }
        return KeyFile.sealed(file.vault(), file.password(), file.recovery(), keys, root);
    }

    @Test
    void theVersionsAreBounded() throws VaultException {
        KeyFile file =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        KeyFile full = KeyFile.of(full(file).json());
        assertEquals(
                KeyFile.KEYS_MAX,
                work.open(full, Made.password(Made.PASSWORD)).keys().size());
        refused(
                VaultException.Reason.REFUSED,
                () -> work.addVersion(full, Made.password(Made.PASSWORD), Purpose.FILES));
        KeyFile room = work.dropOld(full, Made.password(Made.PASSWORD), Purpose.KV)
                .file()
                .orElseThrow();
        assertEquals(Purpose.values().length, room.keys().size());
    }

    @Test
    void aNewPasswordIsLongEnoughAndText() throws VaultException {
        work.create(Made.password("äöüäöüäö"), Made.LEAST);
        work.create(Made.password("\uD83D\uDD11".repeat(8)), Made.LEAST);
        assertTrue(refused(VaultException.Reason.INVALID, () -> work.create(Made.password("äöüäöüä"), Made.LEAST))
                .getMessage()
                .contains("at least 8 characters"));
        refused(VaultException.Reason.INVALID, () -> work.create(Made.password("\uD83D\uDD11".repeat(7)), Made.LEAST));
        byte[] latin = {'g', 'r', (byte) 0xfc, 'n', 'g', 'r', 'u', 'n', 'd'};
        assertTrue(refused(
                        VaultException.Reason.INVALID,
                        () -> work.create(new Secret.Password(ByteBuffer.wrap(latin), Optional.empty()), Made.LEAST))
                .getMessage()
                .contains("UTF-8"));
    }

    @Test
    void theBoundsOfSecretsHold() throws VaultException {
        Made.password("x").requireBounds();
        Made.password("x".repeat(Secret.PASSWORD_BYTES_MAX), KEY_FILE).requireBounds();
        Made.password("x", new byte[Secret.KEY_FILE_BYTES_MAX]).requireBounds();
        Made.recovery(new byte[RecoveryWords.INPUT_BYTES_MAX]).requireBounds();
        for (Secret wrong : List.of(
                Made.password(""),
                Made.password("x".repeat(Secret.PASSWORD_BYTES_MAX + 1)),
                Made.password("x", new byte[Secret.KEY_FILE_BYTES_MIN - 1]),
                Made.password("x", new byte[Secret.KEY_FILE_BYTES_MAX + 1]),
                Made.recovery(new byte[0]),
                Made.recovery(new byte[RecoveryWords.INPUT_BYTES_MAX + 1]))) {
            refused(VaultException.Reason.INVALID, wrong::requireBounds);
        }
    }

    /** With the real derivation, once. */
    @Test
    void theRealDerivationDoesTheSame() throws VaultException {
        KeyWork real = new KeyWork(Argon2::stretch);
        KeyWork.Outcome made = real.create(Made.password(Made.PASSWORD), Made.LEAST);
        KeyFile file = made.file().orElseThrow();
        assertEquals(Argon2.MEMORY_KIB_MIN, file.password().argon2().memoryKib());
        assertArrayEquals(
                made.keys().getFirst().key(),
                real.open(file, Made.password(Made.PASSWORD)).keys().getFirst().key());
    }
}
