package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import omni.vault.VaultProtocol.Vault;
import omni.vault.VaultProtocol.VaultBoundTo;
import omni.vault.VaultProtocol.VaultState;
import omni.vault.VaultProtocol.WipeReply;
import omni.vault.VaultProtocol.WipeReplyTpm;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the vault's commands say to a person. */
final class VaultTextTest {
    private static String status(@Nullable VaultBoundTo boundTo) {
        var vault = new Vault(VaultState.SEALED, "2026-11-29T00:00:00Z", "started", List.of(), 0, 0, 0, boundTo);
        return VaultCommand.text(vault, Style.PLAIN);
    }

    @ParameterizedTest
    @CsvSource({
        "NONE,neither a TPM nor a key file",
        "TPM,this machine's TPM",
        "KEY_FILE,a key file",
        "BOTH,this machine's TPM and to a key file"
    })
    void theStatusSaysWhatThePasswordIsBoundTo(VaultBoundTo boundTo, String words) {
        assertTrue(status(boundTo).endsWith("the password is bound to " + words), status(boundTo));
    }

    @Test
    void withoutAVaultThereIsNoPasswordToSpeakOf() {
        assertEquals(-1, status(null).indexOf("password"), status(null));
    }

    /** The word for programs, and for people who can still read what. */
    @ParameterizedTest
    @CsvSource({
        "DESTROYED,destroyed,opens no copy of this disk any more",
        "NOT_ANSWERED,not_answered,clear the TPM in the setup of this machine's firmware",
        "NONE,none,learns the password or the recovery key",
        "UNKNOWN,unknown,copied this disk while that file was whole"
    })
    void aWipeSaysWhetherTheTpmHasDestroyedItsPart(WipeReplyTpm tpm, String word, String words) {
        var wiped = new WipeReply(4, tpm, List.of());
        assertEquals(word, wiped.toJson().get("tpm").asString());
        assertTrue(VaultWipeCommand.text(wiped).contains(words), VaultWipeCommand.text(wiped));
    }
}
