package omni.airgap;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/** What a proof shows by the count of the box's TPM: its records of it, against what the box says the counter stood at. For one thread. */
final class CounterCheck {
    private static final int ALARMS_MAX = 20;

    private final Optional<CounterWord> word;
    private final List<String> problems = new ArrayList<>();
    private final List<String> alarms = new ArrayList<>();
    private long untold;
    private Optional<CounterMark> last = Optional.empty();
    /** The last one of the records that there were when the word was said. */
    private Optional<CounterMark> atWord = Optional.empty();

    /** With what the box says that the counter stood at, where it says so. */
    CounterCheck(Optional<CounterWord> word) {
        this.word = word;
    }

    /** Takes the next record, which the box has signed. */
    void add(JsonNode record, int number) {
        CounterMark.of(record, number).ifPresent(this::mark);
    }

    private void mark(CounterMark mark) {
        boolean rises = last.isEmpty()
                || !last.get().tpm().equals(mark.tpm())
                || mark.count() > last.get().count()
                || (mark.count() == 0 && last.get().count() == 0) // a crash as it began
                || mark.alarm().isPresent();
        if (!rises && problems.isEmpty()) {
            problems.add("The TPM's counter does not rise in record " + mark.record() + ".");
        }
        mark.alarm().or(mark::unknown).ifPresent(text -> alarm(mark.record(), text));
        last = Optional.of(mark);
        if (word.isPresent() && mark.record() < word.get().records()) {
            atWord = last;
        }
    }

    private void alarm(int record, String text) {
        if (alarms.size() < ALARMS_MAX) {
            alarms.add("that nothing is missing before record " + record + ", where this box says: " + text);
        } else {
            untold++;
        }
    }

    /** What is wrong. To be asked at the end, as all that follows. */
    List<String> problems() {
        List<String> all = new ArrayList<>(problems);
        if (word.isPresent()) {
            judge(word.get()).ifPresent(all::add);
        }
        return all;
    }

    private Optional<String> judge(CounterWord said) {
        if (atWord.isEmpty()
                || !atWord.get().tpm().equals(said.tpm())
                || !atWord.get().index().equals(said.index())) {
            return Optional.of("The records do not tell of the counter that this box says its TPM has.");
        }
        return EvidenceCounter.judged(atWord, said.tpm(), OptionalLong.of(said.count()));
    }

    /** How many records, from the first, the counter holds, by the box's word. */
    int held() {
        return word.isPresent() && atWord.isPresent() && atWord.get().count() > 0
                ? atWord.get().record() + 1
                : 0;
    }

    /** What it proves, in words. */
    List<String> shown() {
        return held() == 0
                ? List.of()
                : List.of("that none of the first " + held() + " records had been cut off or changed at "
                        + word.map(CounterWord::time).orElse("")
                        + ", by this box's word and clock: the counter of its TPM, which nothing brings back, stood where"
                        + " the last of them says");
    }

    /** What it does not prove, in words. */
    List<String> notShown() {
        List<String> not = new ArrayList<>(alarms);
        if (untold > 0) {
            not.add("more of the kind: " + untold);
        }
        if (held() > 0) {
            not.add(
                    "that the TPM's counter stood there: that is this box's word, signed by the key of its records, and no"
                            + " signature of the TPM's");
        } else if (last.isPresent()) {
            not.add(
                    "what the counter of the box's TPM stood at when this proof was made: it was not asked, or did not answer");
        }
        return not;
    }
}
