package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may lock all that it maps. What the kernel then does is for {@link UrgencyBoxTest}. */
class LockedMemoryTest {
    private static final String OF_THE_MACHINE = "         0          0 4294967295\n";
    private static final String OF_ITS_OWN = "         0       1000          1\n";

    /** The columns are soft and hard limit, and what the process may do; no unit of Omni's has the capability. */
    @ParameterizedTest
    @CsvSource({
        "unlimited, unlimited, 0000000000281004, true",
        "8388608, 8388608, 0000000000004000, true",
        "8388608, 8388608, 000001fffeffffff, true",
        "8388608, 8388608, 000001fffeffbfff, false",
        "8388608, unlimited, 0000000000281004, false",
        "9223372036854771712, 9223372036854771712, 0000000000281004, false"
    })
    void nothingMustLimitIt(String soft, String hard, String effective, boolean allowed) {
        assertEquals(allowed, LockedMemory.allowed(limits(soft, hard), status(effective), OF_THE_MACHINE));
    }

    @ParameterizedTest
    @CsvSource({"8388608, false", "unlimited, true"})
    void aCapabilityOfItsOwnNamespaceIsNone(String limit, boolean allowed) {
        assertEquals(allowed, LockedMemory.allowed(limits(limit, limit), status("000001ffffffffff"), OF_ITS_OWN));
    }

    private static String limits(String soft, String hard) {
        return "Limit                     Soft Limit           Hard Limit           Units     \n"
                + "Max resident set          unlimited            unlimited            bytes     \n"
                + "Max locked memory         %-20s %-20s bytes     \n".formatted(soft, hard)
                + "Max address space         unlimited            unlimited            bytes     \n";
    }

    private static String status(String effective) {
        return "CapPrm:\t000001ffffffffff\nCapEff:\t" + effective + "\nCapBnd:\t000001ffffffffff\n";
    }
}
