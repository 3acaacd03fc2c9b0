package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.Test;

/** How a TPM stands in the key file, and where in it the vault's things are. */
final class TpmSlotTest {
    private static final String KEY = Base64Text.of(new byte[TpmSlot.KEY_BYTES]);

    @Test
    void aVaultHasThreeIndexesOfTheOwnersAndNoOther() {
        assertEquals(0x01BFFFFE, TpmSlot.counter("fffff" + "0".repeat(27)));
        assertEquals(0x01800001, new TpmSlot(1, KEY).handle("00000" + "f".repeat(27)));
        assertThrows(IllegalArgumentException.class, () -> new TpmSlot(2, KEY));
        assertThrows(IllegalArgumentException.class, () -> new TpmSlot(-1, KEY));
        assertThrows(IllegalArgumentException.class, () -> new TpmSlot(0, Base64Text.of(new byte[63])));
    }

    /** What belongs to the password is under the seal as all the rest: it cannot be taken out of the file. */
    @Test
    void theKeyFileSaysItAndHoldsToIt() throws VaultException {
        KeyWork work = new KeyWork(Made::quick);
        KeyFile made =
                work.create(Made.password(Made.PASSWORD), Made.LEAST).file().orElseThrow();
        KeyFile.PasswordSlot slot = made.password();
        KeyFile.PasswordSlot bound =
                new KeyFile.PasswordSlot(slot.argon2(), false, Optional.of(new TpmSlot(1, KEY)), slot.wrap());
        byte[] root = new byte[32];
        KeyFile file = KeyFile.sealed(made.vault(), bound, made.recovery(), made.keys(), root);
        assertEquals(file, KeyFile.of(file.json()));
        assertTrue(file.isSealedBy(root));
        assertFalse(new KeyFile(made.vault(), slot, made.recovery(), made.keys(), file.seal()).isSealedBy(root));
        assertEquals(
                Reason.REFUSED,
                assertThrows(VaultException.class, () -> work.open(file, Made.password(Made.PASSWORD)))
                        .reason());
        assertEquals(
                Reason.REFUSED,
                assertThrows(
                                VaultException.class,
                                () -> work.bind(made, Made.password(Made.PASSWORD), Made.LEAST, true))
                        .reason());
    }
}
