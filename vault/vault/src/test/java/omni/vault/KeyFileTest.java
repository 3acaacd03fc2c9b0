package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The text of a key file: what it holds, and all that it is not. */
final class KeyFileTest {
    private final KeyWork work = new KeyWork(Made::quick);
    private final KeyWork.Outcome made;
    private final KeyFile file;
    private final String text;

    KeyFileTest() throws VaultException {
        made = work.create(Made.password(Made.PASSWORD), Made.LEAST);
        file = made.file().orElseThrow();
        text = new String(file.json(), StandardCharsets.US_ASCII);
    }

    private static KeyFile read(String text) throws VaultException {
        return KeyFile.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String refusal(String text) {
        VaultException refused = assertThrows(VaultException.class, () -> read(text));
        assertEquals(VaultException.Reason.DAMAGED, refused.reason());
        assertTrue(refused.getMessage().startsWith("keys.json is damaged: "), refused.getMessage());
        return refused.getMessage();
    }

    @Test
    void whatIsWrittenIsReadAgain() throws VaultException {
        assertEquals(file, read(text));
        assertTrue(text.endsWith("}\n"));
    }

    @Test
    void noKeyIsInIt() {
        String hex = java.util.HexFormat.of().formatHex(file.json());
        for (KeyWork.PlainKey key : made.keys()) {
            assertFalse(hex.contains(java.util.HexFormat.of().formatHex(key.key())));
            assertFalse(text.contains(Base64Text.of(key.key())));
        }
    }

    /** Both ways to open it, tried on each file that differs in one bit. */
    @Test
    void everyBitThatIsFlippedIsRefusedOrChangesNothing() {
        byte[] whole = file.json();
        int refused = 0;
        List<String> unchanged = new ArrayList<>();
        for (int i = 0; i < whole.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = whole.clone();
                flipped[i] ^= (byte) (1 << bit);
                boolean byPassword = isRefused(flipped, Made.password(Made.PASSWORD));
                boolean byRecovery =
                        isRefused(flipped, Made.recovery(made.words().orElseThrow()));
                assertEquals(byPassword, byRecovery);
                if (byPassword) {
                    refused++;
                } else {
                    unchanged.add(new String(new byte[] {whole[i], flipped[i]}, StandardCharsets.ISO_8859_1));
                }
            }
        }
        assertTrue(refused > whole.length * 7, refused + " of " + whole.length * 8);
        unchanged.forEach(pair -> assertTrue(pair.isBlank() || pair.contains("\n"), "blanks alone: " + pair));
    }

    private boolean isRefused(byte[] json, Secret secret) {
        try {
            KeyFile read = KeyFile.of(json);
            List<KeyWork.PlainKey> keys = work.open(read, secret).keys();
            assertEquals(file, read);
            assertEquals(made.keys().size(), keys.size());
            for (int i = 0; i < keys.size(); i++) {
                assertEquals(made.keys().get(i).purpose(), keys.get(i).purpose());
                assertEquals(
                        Base64Text.of(made.keys().get(i).key()),
                        Base64Text.of(keys.get(i).key()));
            }
            return false;
        } catch (VaultException e) {
            assertTrue(e.reason() == VaultException.Reason.DAMAGED
                    || e.reason() == VaultException.Reason.DENIED
                    || e.reason() == VaultException.Reason.INVALID);
            return true;
        }
    }

    @Test
    void aFileThatWasCutIsRefused() {
        for (int length = 0; length < text.length() - 2; length++) {
            refusal(text.substring(0, length));
        }
    }

    private void refusedOnOpen(KeyFile changed) {
        for (Secret secret :
                List.of(Made.password(Made.PASSWORD), Made.recovery(made.words().orElseThrow()))) {
            VaultException refused = assertThrows(VaultException.class, () -> work.open(changed, secret));
            assertTrue(
                    refused.reason() == VaultException.Reason.DAMAGED
                            || refused.reason() == VaultException.Reason.DENIED,
                    refused.getMessage());
        }
    }

    private KeyFile with(KeyFile.PasswordSlot password, Wrap recovery, List<KeyFile.DataKey> keys) {
        return new KeyFile(file.vault(), password, recovery, keys, file.seal());
    }

    @Test
    void wrapsThatAreExchangedAreRefused() {
        KeyFile.DataKey first = file.keys().get(0);
        KeyFile.DataKey second = file.keys().get(1);
        List<KeyFile.DataKey> keys = new ArrayList<>(file.keys());
        keys.set(0, new KeyFile.DataKey(first.purpose(), 1, second.wrap()));
        keys.set(1, new KeyFile.DataKey(second.purpose(), 1, first.wrap()));
        refusedOnOpen(with(file.password(), file.recovery(), keys));
        KeyFile.PasswordSlot slot =
                new KeyFile.PasswordSlot(file.password().argon2(), false, Optional.empty(), file.recovery());
        refusedOnOpen(with(slot, file.password().wrap(), file.keys()));
    }

    /** Without the seal over the whole, exchanged wraps are refused too: each is bound to its place. */
    @Test
    void aWrapOpensInItsPlaceAlone() throws VaultException {
        byte[] key = new byte[32];
        Wrap wrap = Wrap.of(key, key, "purpose=files");
        assertTrue(wrap.open(key, "purpose=files").isPresent());
        assertTrue(wrap.open(key, "purpose=kv").isEmpty());
        byte[] other = key.clone();
        other[31] = 1;
        assertTrue(wrap.open(other, "purpose=files").isEmpty());
        Wrap mixed = new Wrap(wrap.tag(), Wrap.of(key, other, "purpose=files").sealed());
        VaultException damaged = assertThrows(VaultException.class, () -> mixed.open(key, "purpose=files"));
        assertEquals(VaultException.Reason.DAMAGED, damaged.reason());
    }

    /** What an attacker without a secret can make of parts of two files of one vault. */
    @Test
    void partsOfAnOlderFileAreRefused() throws VaultException {
        KeyFile newer = work.addVersion(file, Made.password(Made.PASSWORD), Purpose.FILES)
                .file()
                .orElseThrow();
        refusedOnOpen(new KeyFile(file.vault(), file.password(), file.recovery(), file.keys(), newer.seal()));
        refusedOnOpen(new KeyFile(file.vault(), file.password(), file.recovery(), newer.keys(), file.seal()));
        KeyFile changed =
                work.newRecovery(newer, Made.password(Made.PASSWORD)).file().orElseThrow();
        refusedOnOpen(new KeyFile(file.vault(), changed.password(), file.recovery(), changed.keys(), changed.seal()));
        KeyFile stranger =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        refusedOnOpen(new KeyFile(stranger.vault(), file.password(), file.recovery(), file.keys(), file.seal()));
    }

    @Test
    void unknownMissingAndDoubledMembersAreRefused() {
        assertTrue(refusal(text.replaceFirst("\\{", "{\"more\": 1,")).contains("other members"));
        assertTrue(refusal(text.replaceFirst("\"keyFile\" : false,", "")).contains("other members"));
        assertTrue(refusal(text.replaceFirst("\"keyFile\" : false,", "\"keyFile\" : false, \"keyFile\" : false,"))
                .contains("no JSON"));
        assertTrue(refusal(text.replace("\"lanes\"", "\"lines\"")).contains("other members"));
        assertTrue(refusal(text + "{}").contains("no JSON"));
        assertTrue(refusal("[]").contains("other members"));
        assertTrue(refusal("").contains("other members"));
        assertTrue(refusal(text.replace("keys/1", "keys/2")).contains("its format is not"));
        assertTrue(refusal(text.replaceFirst("records", "record")).contains("does not know"));
    }

    @Test
    void valuesOfAnotherKindAreRefused() {
        assertTrue(
                refusal(text.replace("\"keyFile\" : false", "\"keyFile\" : 0")).contains("neither"));
        assertTrue(refusal(text.replace("\"lanes\" : 1", "\"lanes\" : 1.5")).contains("whole number"));
        assertTrue(refusal(text.replace("\"lanes\" : 1", "\"lanes\" : \"1\"")).contains("whole number"));
        assertTrue(refusal(text.replaceFirst("\"tag\" : \"[^\"]*\"", "\"tag\" : 1"))
                .contains("no text"));
        assertTrue(refusal(text.replaceFirst("(?s)\"keys\" : \\[.*\\]", "\"keys\" : {}"))
                .contains("no list"));
        assertTrue(refusal(text.replaceFirst("(?s)\"recovery\" : \\{.*?\\}", "\"recovery\" : null"))
                .contains("other members"));
    }

    /** A file cannot make the machine take more than the most. */
    @Test
    void aDerivationThatIsABombIsRefused() {
        for (String bomb : List.of("4194305", "2147483647", "1073741824")) {
            assertTrue(refusal(text.replaceFirst("\"memoryKib\" : \\d+", "\"memoryKib\" : " + bomb))
                    .contains("must be from"));
        }
        assertTrue(refusal(text.replaceFirst("\"memoryKib\" : \\d+", "\"memoryKib\" : 4294967296"))
                .contains("whole number"));
        assertTrue(refusal(text.replaceFirst("\"memoryKib\" : \\d+", "\"memoryKib\" : 12345678901"))
                .contains("no JSON"));
        assertTrue(refusal(text.replaceFirst("\"passes\" : \\d+", "\"passes\" : 65"))
                .contains("must be from"));
        assertTrue(refusal(text.replaceFirst("\"memoryKib\" : \\d+", "\"memoryKib\" : 8"))
                .contains("must be from"));
    }

    @Test
    void textsOfAnotherLengthOrWritingAreRefused() {
        assertTrue(refusal(text.replace(file.vault(), file.vault().toUpperCase(Locale.ROOT) + "A"))
                .contains("hexadecimal"));
        assertTrue(
                refusal(text.replace(file.seal(), Base64Text.of(new byte[31]))).contains("seal is not 32"));
        assertTrue(
                refusal(text.replace(file.seal(), Base64Text.of(new byte[33]))).contains("seal is not 32"));
        String lax = Base64Text.of(new byte[32]).replace("A=", "B=");
        assertTrue(refusal(text.replace(file.seal(), lax)).contains("seal is not 32"));
        assertTrue(refusal(text.replace(file.seal(), "A".repeat(201))).contains("no JSON"));
    }

    private static List<KeyFile.DataKey> many(int count, Wrap wrap) {
        List<KeyFile.DataKey> keys = new ArrayList<>();
        for (int i = 1; i <= count - Purpose.values().length + 1; i++) {
            keys.add(new KeyFile.DataKey(Purpose.RECORDS, i, wrap));
        }
        for (Purpose purpose : List.of(Purpose.values()).subList(1, Purpose.values().length)) {
            keys.add(new KeyFile.DataKey(purpose, 1, wrap));
        }
        return keys;
    }

    @Test
    void theOrderAndTheCountOfKeysHold() throws VaultException {
        Wrap wrap = file.recovery();
        KeyFile full = with(file.password(), wrap, many(KeyFile.KEYS_MAX, wrap));
        assertEquals(full, KeyFile.of(full.json()));
        assertThrows(
                IllegalArgumentException.class, () -> with(file.password(), wrap, many(KeyFile.KEYS_MAX + 1, wrap)));
        List<KeyFile.DataKey> reversed = new ArrayList<>(file.keys());
        Collections.reverse(reversed);
        assertThrows(IllegalArgumentException.class, () -> with(file.password(), wrap, reversed));
        List<KeyFile.DataKey> gone = file.keys().subList(1, file.keys().size());
        assertThrows(IllegalArgumentException.class, () -> with(file.password(), wrap, gone));
        List<KeyFile.DataKey> later = new ArrayList<>(file.keys());
        later.set(0, new KeyFile.DataKey(Purpose.RECORDS, 7, wrap));
        assertEquals(later, with(file.password(), wrap, later).keys(), "the versions before are gone");
        List<KeyFile.DataKey> skipped = new ArrayList<>(later);
        skipped.add(1, new KeyFile.DataKey(Purpose.RECORDS, 9, wrap));
        assertThrows(IllegalArgumentException.class, () -> with(file.password(), wrap, skipped));
        List<KeyFile.DataKey> none = new ArrayList<>(file.keys());
        none.set(0, new KeyFile.DataKey(Purpose.RECORDS, 0, wrap));
        assertThrows(IllegalArgumentException.class, () -> with(file.password(), wrap, none));
        List<KeyFile.DataKey> doubled = new ArrayList<>(file.keys());
        doubled.add(0, file.keys().getFirst());
        assertThrows(IllegalArgumentException.class, () -> with(file.password(), wrap, doubled));
    }

    @Test
    void theBytesAreBounded() throws VaultException {
        String padded = text + " ".repeat(KeyFile.BYTES_MAX - text.length());
        assertEquals(file, read(padded));
        assertTrue(refusal(padded + " ").contains("more than"));
    }

    /** The example in the class's comment has the members that are read, in the order that they are written. */
    @Test
    void theExampleHasTheSameMembers() {
        List<String> members = Pattern.compile("\"(\\w+)\" :")
                .matcher(text)
                .results()
                .map(hit -> hit.group(1))
                .distinct()
                .toList();
        assertEquals(
                List.of(
                        "format",
                        "vault",
                        "password",
                        "argon2id",
                        "memoryKib",
                        "passes",
                        "lanes",
                        "salt",
                        "keyFile",
                        "tag",
                        "sealed",
                        "recovery",
                        "keys",
                        "purpose",
                        "version",
                        "seal"),
                members);
        assertEquals(Optional.of(KeyFile.FORMAT), Optional.of("omni-vault-keys/1"));
    }
}
