package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CpuSetTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0-3,8|0-3,8|5", "0|0|1", "1,2,3|1-3|3", "''|''|0", "3-1|''|0", "a,2,-1|2|1"})
    void readsAndWritesAsTheKernel(String text, String written, int size) {
        var set = CpuSet.parse(text);
        assertEquals(written, set.toString());
        assertEquals(size, set.size());
    }

    @Test
    void isBounded() {
        assertEquals(CpuSet.PROCESSORS_MAX, CpuSet.parse("0-99999999999").size());
        assertTrue(CpuSet.parse("99999999999").isEmpty());
        assertEquals(CpuSet.PROCESSORS_MAX, CpuSet.first(Integer.MAX_VALUE).size());
    }

    @Test
    void computes() {
        assertEquals(CpuSet.of(2), CpuSet.parse("0-2").and(CpuSet.parse("2-4")));
        assertEquals(CpuSet.parse("0-1"), CpuSet.parse("0-2").minus(CpuSet.parse("2-4")));
    }
}
