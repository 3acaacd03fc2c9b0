package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import omni.vault.ApiKeys.Standing;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Who writes in the file of API keys while the vault is locked is noticed when it opens, over a whole vault that is opened again. */
final class ApiKeysTest {
    private static final ApiKeys.Key ONE = key(1, "a");
    private static final ApiKeys.Key TWO = key(2, "a");

    @TempDir
    Path folder;

    private BackupVault vault;

    @BeforeEach
    void make() throws IOException {
        vault = BackupVault.make(folder).vault();
    }

    @AfterEach
    void close() throws VaultException {
        vault.close();
    }

    /** The n-th key, whose entry says that. */
    private static ApiKeys.Key key(int n, String entry) {
        return new ApiKeys.Key(String.format(Locale.ROOT, "%012x", n), entry.repeat(43));
    }

    private static List<ApiKeys.Key> keys(int count) {
        return IntStream.range(0, count).mapToObj(n -> key(n, "a")).toList();
    }

    private ApiKeys keys() {
        return vault.open.apiKeys();
    }

    private void lockAndUnlock() throws IOException {
        vault.close();
        vault = BackupVault.at(folder);
    }

    /** What the audit log says of keys, in order. */
    private List<String> told() throws VaultException {
        List<String> told = new ArrayList<>();
        for (AuditRow row : new AuditTable(vault.open.records()).read(1, 1000)) {
            AuditLine line = AuditLine.read(row.line());
            Map<String, String> details = line.details();
            if (line.event() == AuditEvent.API_KEYS) {
                told.add(details.get("what") + ": " + details.get("keys"));
            } else if (line.event() == AuditEvent.ALARM) {
                told.add(String.valueOf(details.get("what")));
            }
        }
        return told;
    }

    private static Reason reason(Executable call) {
        return assertThrows(VaultException.class, call).reason();
    }

    @Test
    void theFirstTimeAllAreTakenAndAFileThatNobodyEditedShowsNothing() throws IOException {
        assertEquals(List.of(Standing.KNOWN, Standing.KNOWN), keys().compare(List.of(ONE, TWO)));
        lockAndUnlock();
        assertEquals(List.of(Standing.KNOWN, Standing.KNOWN), keys().compare(List.of(TWO, ONE)));
        assertEquals(0, keys().strangers());
        assertEquals(List.of("taken: " + ONE.id() + " " + TWO.id()), told());
        assertEquals(List.of(), vault.open.audit().alarms());
    }

    @Test
    void noKeyIsTakenWhereThereWasNoneTheFirstTime() throws IOException {
        assertEquals(List.of(), keys().compare(List.of()));
        assertEquals(List.of(), told());
        lockAndUnlock();
        assertEquals(List.of(Standing.MADE_WHILE_LOCKED), keys().compare(List.of(ONE)));
    }

    @Test
    void whatWasMadeOrChangedMeanwhileIsSeenAtEachUnlockUntilItIsAccepted() throws IOException {
        keys().compare(List.of(ONE));
        lockAndUnlock();
        ApiKeys.Key changed = key(1, "b");
        for (int i = 0; i < 2; i++) { // a daemon that starts again asks again
            assertEquals(
                    List.of(Standing.CHANGED_WHILE_LOCKED, Standing.MADE_WHILE_LOCKED),
                    keys().compare(List.of(changed, TWO)));
        }
        assertEquals(2, keys().strangers());
        String alarm = "The entry of an API key was changed while the vault was locked: " + ONE.id();
        assertEquals(List.of(alarm), vault.open.audit().alarms());
        List<String> once = List.of("taken: " + ONE.id(), "made-while-locked: " + TWO.id(), alarm);
        assertEquals(once, told());

        lockAndUnlock();
        assertEquals(
                List.of(Standing.KNOWN, Standing.MADE_WHILE_LOCKED),
                keys().compare(List.of(ONE, TWO)),
                "as it was before");
        keys().know(TWO, true);
        keys().know(TWO, true);
        keys().know(changed, true);
        assertEquals(0, keys().strangers());
        lockAndUnlock();
        assertEquals(List.of(Standing.KNOWN, Standing.KNOWN), keys().compare(List.of(changed, TWO)));
        List<String> more = List.of("made-while-locked: " + TWO.id(), "accepted: " + TWO.id(), "accepted: " + ONE.id());
        assertEquals(more, told().subList(once.size(), told().size()));
    }

    /** Two with one id are one that is known and one that is not, in whatever order. */
    @Test
    void aKeyThatHasTheIdOfAnotherIsNotTakenForIt() throws IOException {
        keys().compare(List.of(ONE));
        lockAndUnlock();
        assertEquals(List.of(Standing.CHANGED_WHILE_LOCKED, Standing.KNOWN), keys().compare(List.of(key(1, "x"), ONE)));
    }

    @Test
    void aKeyThatWasRevokedWhileItWasOpenDoesNotComeBack() throws IOException {
        keys().compare(List.of(ONE, TWO));
        keys().revoke(ONE.id());
        keys().revoke(ONE.id());
        assertEquals(Reason.REFUSED, reason(() -> keys().know(ONE, false)));
        lockAndUnlock();
        assertEquals(List.of(Standing.REVOKED, Standing.KNOWN), keys().compare(List.of(ONE, TWO)), "an old file");
        assertEquals(
                List.of("An API key that had been revoked was there again: " + ONE.id()),
                vault.open.audit().alarms());
        assertEquals(Reason.REFUSED, reason(() -> keys().know(ONE, true)));
        assertEquals(
                List.of(Standing.REVOKED, Standing.KNOWN),
                keys().compare(List.of(key(1, "b"), TWO)),
                "under another name");
        lockAndUnlock();
        assertEquals(List.of(Standing.KNOWN), keys().compare(List.of(TWO)));
        assertEquals(List.of(), vault.open.audit().alarms(), "the control");
    }

    @Test
    void aKeyThatWentMeanwhileIsAStrangerWhenItComesBack() throws IOException {
        keys().compare(List.of(ONE, TWO));
        lockAndUnlock();
        assertEquals(List.of(Standing.KNOWN), keys().compare(List.of(TWO)));
        lockAndUnlock();
        assertEquals(List.of(Standing.MADE_WHILE_LOCKED, Standing.KNOWN), keys().compare(List.of(ONE, TWO)));
        assertTrue(told().contains("gone-while-locked: " + ONE.id()), told()::toString);
    }

    @Test
    void asManyKeysAsMayBeFitAndOneMoreIsRefused() throws IOException {
        List<ApiKeys.Key> most = keys(ApiKeys.KEYS_MAX);
        keys().compare(most);
        lockAndUnlock();
        assertEquals(Collections.nCopies(most.size(), Standing.KNOWN), keys().compare(most));
        ApiKeys.Key more = key(ApiKeys.KEYS_MAX, "a");
        assertEquals(Reason.REFUSED, reason(() -> keys().know(more, false)));
        assertEquals(Reason.INVALID, reason(() -> keys().compare(keys(ApiKeys.KEYS_MAX + 1))));
        keys().revoke(most.getFirst().id());
        keys().know(more, false);
    }

    @Test
    void theLastThatWereRevokedAreRemembered() throws IOException {
        keys().compare(List.of());
        Settings settings = new Settings(vault.open.records());
        List<String> ids =
                keys(ApiKeys.REVOKED_MAX).stream().map(ApiKeys.Key::id).toList();
        settings.put(ApiKeys.REVOKED, "[\"" + String.join("\",\"", ids) + "\"]"); // one by one takes minutes
        assertEquals(Standing.REVOKED, keys().compare(List.of(key(0, "a"))).getFirst());
        keys().revoke(key(ApiKeys.REVOKED_MAX, "a").id());
        lockAndUnlock();
        assertEquals(
                List.of(Standing.MADE_WHILE_LOCKED, Standing.REVOKED, Standing.REVOKED),
                keys().compare(List.of(key(0, "a"), key(1, "a"), key(ApiKeys.REVOKED_MAX, "a"))));
    }

    /** As many lines as there is to tell, each within the bounds of a line. */
    @Test
    void allOfManyAreWrittenDown() throws IOException {
        keys().compare(List.of(ONE));
        lockAndUnlock();
        keys().compare(keys(100));
        List<String> told = told().stream()
                .filter(line -> line.startsWith("made-while-locked: "))
                .flatMap(line ->
                        List.of(line.substring("made-while-locked: ".length()).split(" ", -1)).stream())
                .toList();
        assertEquals(99, told.size());
    }

    @Test
    void whatIsNoKeyIsRefused() throws IOException {
        assertEquals(Reason.INVALID, reason(() -> keys().know(ONE, true)), "nothing was compared");
        keys().compare(List.of(ONE));
        for (ApiKeys.Key wrong : List.of(
                new ApiKeys.Key("", ONE.digest()),
                new ApiKeys.Key("00000000000", ONE.digest()),
                new ApiKeys.Key("0000000000000", ONE.digest()),
                new ApiKeys.Key("00000000000G", ONE.digest()),
                new ApiKeys.Key(ONE.id(), ""),
                new ApiKeys.Key(ONE.id(), ONE.digest() + "a"),
                new ApiKeys.Key(ONE.id(), ONE.digest().substring(1)))) {
            assertEquals(Reason.INVALID, reason(() -> keys().compare(List.of(wrong))));
            assertEquals(Reason.INVALID, reason(() -> keys().know(wrong, false)));
        }
        assertEquals(Reason.INVALID, reason(() -> keys().revoke("laptop")));
    }

    @Test
    void aSettingThatIsNotTheVaultsIsDamage() throws IOException {
        Settings settings = new Settings(vault.open.records());
        for (String wrong : List.of("", "[]", "{")) {
            settings.put(ApiKeys.KNOWN, wrong);
            assertEquals(Reason.DAMAGED, reason(() -> keys().compare(List.of(ONE))));
        }
        settings.put(ApiKeys.KNOWN, "{}");
        settings.put(ApiKeys.REVOKED, "{}");
        assertEquals(Reason.DAMAGED, reason(() -> keys().compare(List.of(ONE))));
    }
}
