package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a TPM's count means against the records that tell of it, where both are given. */
final class CounterCheckTest {
    private static final String TPM = "0123456789abcdef0123456789abcdef";
    private static final String INDEX = "01800003";

    @TempDir
    Path folder;

    private EvidenceChain chain;

    @BeforeEach
    void begin() throws AirgapException {
        chain = EvidenceChain.in(folder, Clock.systemUTC());
    }

    private void counted(long count) throws AirgapException {
        chain.append(CounterMark.KIND, CounterMark.put(EvidenceChain.body(), TPM, INDEX, count));
    }

    private CounterWord word(long count) {
        return CounterWord.now(Instant.EPOCH, chain.mark().orElseThrow(), count, chain.size());
    }

    private Proof.Verdict verify(Optional<String> word) throws IOException {
        StringWriter out = new StringWriter();
        Proof.write(
                out,
                Proof.key(chain.publicKey()),
                chain.checkpoint().note().note(),
                word,
                Optional.empty(),
                Files.newInputStream(chain.file()));
        return Proofs.verify(out.toString());
    }

    /** By hand: what the record says, what the TPM does, and which sentence comes of it. */
    @ParameterizedTest
    @CsvSource({
        "5,5,''",
        "5,4,''",
        "5,6,counted 1 more than the records",
        "5,905,counted 900 more than the records",
        "5,3,behind the records",
        "5,,counter is gone",
        "0,,''",
        "0,77,''",
        ",,''",
        ",7,counted to 7 for evidence that this one does not go on from",
    })
    void whatFitsAndWhatDoesNot(@Nullable Long written, @Nullable Long counts, String sentence) throws Exception {
        if (written != null) {
            counted(written);
        }
        OptionalLong seen = counts == null ? OptionalLong.empty() : OptionalLong.of(counts);
        String said = EvidenceCounter.judged(chain.mark(), TPM, seen).orElse("");
        assertTrue(sentence.isEmpty() ? said.isEmpty() : said.contains(sentence), said);
        if (written != null) {
            assertTrue(EvidenceCounter.judged(chain.mark(), TPM.replace('0', '1'), seen)
                    .orElse("")
                    .contains("Another TPM"));
        }
    }

    @Test
    void aRecordOfTheCounterCountsInItsPlaceAlone() throws Exception {
        chain.append("closed", EvidenceChain.body());
        counted(3);
        byte[] line = Files.readAllBytes(chain.file());
        String whole = Files.readAllLines(chain.file()).getLast();
        assertEquals(3, chain.mark().orElseThrow().count());
        assertEquals(0, chain.uncounted());
        chain.append("watched", EvidenceChain.body());
        assertEquals(1, chain.uncounted());
        // The record before it cut out: what it names as the one before is not there.
        Files.writeString(chain.file(), whole + "\n");
        assertEquals(
                Optional.empty(), EvidenceChain.in(folder, Clock.systemUTC()).mark());
        Files.write(chain.file(), line);
        assertEquals(
                3,
                EvidenceChain.in(folder, Clock.systemUTC()).mark().orElseThrow().count(),
                "the control");
        Files.writeString(chain.file(), Files.readString(chain.file()).replace("\"count\":3", "\"count\":4"));
        assertEquals(
                Optional.empty(), EvidenceChain.in(folder, Clock.systemUTC()).mark(), "not signed");
    }

    @Test
    void aProofSaysInWordsWhatTheCounterHoldsAndWhoseWordThatIs() throws Exception {
        chain.append("closed", EvidenceChain.body());
        assertTrue(verify(Optional.empty()).notShown().getFirst().startsWith("that no records are missing at the end"));
        counted(8);
        chain.append("watched", EvidenceChain.body());
        Proof.Verdict verdict = verify(Optional.of(chain.signed(word(8))));
        assertEquals(List.of(), verdict.problems());
        assertEquals(2, verdict.counted());
        assertEquals(0, verdict.held(), "nobody else has seen it");
        assertTrue(
                verdict.shown().getLast().startsWith("that none of the first 2 records had been cut off"),
                verdict::toString);
        assertTrue(verdict.notShown().getFirst().startsWith("without this box's own word"), verdict::toString);
        assertTrue(verdict.notShown().toString().contains("no signature of the TPM's"), verdict::toString);

        Proof.Verdict stripped = verify(Optional.empty());
        assertEquals(0, stripped.counted());
        assertTrue(stripped.notShown().toString().contains("was not asked, or did not answer"), stripped::toString);
    }

    @Test
    void aWordThatDoesNotFitOrIsNotTheBoxsIsAProblem() throws Exception {
        counted(8);
        assertEquals(List.of(), verify(Optional.of(chain.signed(word(7)))).problems(), "as a crash leaves it");
        assertTrue(
                verify(Optional.of(chain.signed(word(9)))).problems().getFirst().contains("counted 1 more"));
        assertTrue(
                verify(Optional.of(chain.signed(word(6)))).problems().getFirst().contains("behind the records"));
        String signed = chain.signed(word(8));
        for (String forged : List.of("", "x", signed.replace("\"count\":8", "\"count\":7"), signed.substring(1))) {
            assertFalse(verify(Optional.of(forged)).problems().isEmpty(), forged);
        }
        CounterWord elsewhere = new CounterWord(Instant.EPOCH.toString(), TPM, "01800007", 8, chain.size());
        assertFalse(verify(Optional.of(chain.signed(elsewhere))).problems().isEmpty());
        String record = Files.readAllLines(chain.file()).getLast();
        assertFalse(verify(Optional.of(record)).problems().isEmpty(), "a record is no word");
        counted(8);
        assertTrue(verify(Optional.empty()).problems().getFirst().contains("does not rise in record 1"));
    }

    /** The record that it begins, twice, as a crash between it and the count leaves it. */
    @Test
    void aCountThatBeginsTwiceIsNoProblem() throws Exception {
        counted(0);
        assertEquals(0, verify(Optional.of(chain.signed(word(0)))).counted(), "by itself it holds nothing");
        counted(0);
        counted(8);
        Proof.Verdict verdict = verify(Optional.of(chain.signed(word(8))));
        assertEquals(List.of(), verdict.problems());
        assertEquals(3, verdict.counted());
    }

    /** A count that came between the word and the checkpoint does not make it wrong. */
    @Test
    void aWordIsForTheRecordsThatThereWere() throws Exception {
        counted(8);
        String word = chain.signed(word(8));
        for (long count : List.of(9L, 10L, 11L)) {
            counted(count);
        }
        Proof.Verdict verdict = verify(Optional.of(word));
        assertEquals(List.of(), verdict.problems());
        assertEquals(1, verdict.counted());
    }
}
