package omni.dialogue;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells apart what a model writes while it writes it: thoughts ({@code <think>…</think>} at the beginning), text, and calls
 * of functions ({@code <tool_call>{"name": …, "arguments": {…}}</tool_call>}, as Hermes and Qwen models write them).
 *
 * <p>Every character is looked at by itself, so what comes out does not depend on the pieces in which the text comes in.
 * Nothing is an error: what is no call of a function that may be called is text. A call is told as soon as its function is
 * known and its arguments begin; where they turn out to be broken later, the call ends there, and what follows is text. A call
 * within thoughts ends them.
 *
 * <p>For one thread. Keeps back the beginning of a mark, white space that may be no part of the answer, and a call until it
 * is told: at most {@value #CALL_CHARACTERS_MAX} characters.
 */
public final class AnswerParser implements AutoCloseable {
    /** Calls in one answer; what would be a further one is text. */
    public static final int CALLS_MAX = 128;

    /** Characters of one call; it is broken where it has more. */
    public static final int CALL_CHARACTERS_MAX = 1 << 20;

    /** White space that is kept back around the marks of a call; more is text. */
    static final int SPACE_MAX = 1024;

    static final String THINK = "<think>";
    static final String THINK_END = "</think>";
    static final String CALL = "<tool_call>";
    static final String CALL_END = "</tool_call>";

    private final boolean marksThoughts;
    private final Set<String> functions;
    private final boolean callsWithinThoughts;
    private final Deltas deltas = new Deltas();

    /** What is not told yet. */
    private final StringBuilder held = new StringBuilder();
    /** Of that, the arguments of a call whose function is not known yet. */
    private final StringBuilder early = new StringBuilder();

    private State state;
    private @Nullable CallReader call;
    /** What the text around it is. */
    private Deltas.Kind around = Deltas.Kind.CONTENT;

    private int calls;
    private int wholeCalls;
    private int callCharacters;
    private boolean told;

    /** How a model's answer begins. */
    public enum Thoughts {
        /** Without thoughts: their marks are text. */
        NONE,
        /** With thoughts, if it begins with {@code <think>}. */
        MARKED,
        /** Within thoughts: the prompt ended with {@code <think>}. */
        BEGUN
    }

    private enum State {
        /** White space, and perhaps the mark of thoughts. */
        BEGINNING,
        /** White space behind the mark of thoughts. */
        THOUGHTS_BEGINNING,
        THOUGHTS,
        /** White space behind the thoughts. */
        THOUGHTS_ENDED,
        CONTENT,
        /** White space behind the mark of a call. */
        CALL_BEGINNING,
        CALL,
        /** Behind the JSON of a call: white space and the other mark. */
        CALL_ENDING,
        /** White space behind a call. */
        CALL_ENDED
    }

    /**
     * A parser for one answer.
     *
     * @param functions that may be called; where there are none, marks of calls are text
     */
    public AnswerParser(Thoughts thoughts, Set<String> functions) {
        this(thoughts, functions, true);
    }

    /**
     * The same.
     *
     * @param callsWithinThoughts whether the mark of a call counts within thoughts; else it is one of them
     */
    public AnswerParser(Thoughts thoughts, Set<String> functions, boolean callsWithinThoughts) {
        this.callsWithinThoughts = callsWithinThoughts;
        this.marksThoughts = thoughts == Thoughts.MARKED;
        this.functions = Set.copyOf(functions);
        this.state = thoughts == Thoughts.BEGUN
                ? State.THOUGHTS_BEGINNING
                : marksThoughts || !functions.isEmpty() ? State.BEGINNING : State.CONTENT;
    }

    /** Reads some more of the answer; returns what is sure now. */
    public List<Delta> accept(String piece) {
        for (var i = 0; i < piece.length(); i++) {
            step(piece.charAt(i));
        }
        return deltas.take();
    }

    /** The answer has ended: returns what was kept back, but for white space and half a mark that ends a call. */
    public List<Delta> finish() {
        switch (state) {
            case BEGINNING, CONTENT -> release(Deltas.Kind.CONTENT, held.length());
            case THOUGHTS -> release(Deltas.Kind.REASONING, held.length());
            case CALL_BEGINNING, CALL -> {
                if (!told) {
                    giveUp();
                }
            }
            case THOUGHTS_BEGINNING, THOUGHTS_ENDED, CALL_ENDING, CALL_ENDED -> {}
        }
        held.setLength(0);
        close();
        return deltas.take();
    }

    /** How many calls have been told. */
    public int calls() {
        return calls;
    }

    /** Whether calls have been told, and each of them to its end: none was cut short, and none was broken. */
    public boolean callsAreWhole() {
        return calls > 0 && wholeCalls == calls;
    }

    @Override
    public void close() {
        if (call != null) {
            call.close();
            call = null;
        }
    }

    private void step(char c) {
        switch (state) {
            case BEGINNING -> beginning(c);
            case THOUGHTS_BEGINNING -> {
                if (!isSpace(c)) {
                    state = State.THOUGHTS;
                    thoughts(c);
                }
            }
            case THOUGHTS -> thoughts(c);
            case THOUGHTS_ENDED -> {
                if (!isSpace(c)) {
                    state = State.CONTENT;
                    content(c);
                }
            }
            case CONTENT -> content(c);
            case CALL_BEGINNING -> callBeginning(c);
            case CALL -> call(c);
            case CALL_ENDING -> callEnding(c);
            case CALL_ENDED -> callEnded(c);
        }
    }

    private void beginning(char c) {
        if (held.isEmpty() && isSpace(c)) {
            return;
        }
        held.append(c);
        if (!marksThoughts || !isBeginning(0, THINK)) {
            state = State.CONTENT;
            again();
        } else if (held.length() == THINK.length()) {
            held.setLength(0);
            state = State.THOUGHTS_BEGINNING;
        }
    }

    private void thoughts(char c) {
        held.append(c);
        var mayCall = callsWithinThoughts && mayCall();
        while (!isBeginning(0, THINK_END) && !(mayCall && isBeginning(0, CALL))) {
            release(Deltas.Kind.REASONING, 1);
        }
        if (THINK_END.contentEquals(held)) {
            held.setLength(0);
            state = State.THOUGHTS_ENDED;
        } else if (CALL.contentEquals(held)) {
            beginCall(Deltas.Kind.REASONING);
        }
    }

    private void content(char c) {
        held.append(c);
        var mayCall = mayCall();
        while (!held.isEmpty() && !(mayCall && isBeginning(0, CALL))) {
            release(Deltas.Kind.CONTENT, 1);
        }
        if (held.length() == CALL.length()) {
            beginCall(Deltas.Kind.CONTENT);
        }
    }

    private boolean mayCall() {
        return !functions.isEmpty() && calls < CALLS_MAX;
    }

    private void beginCall(Deltas.Kind within) {
        state = State.CALL_BEGINNING;
        around = within;
        early.setLength(0);
        callCharacters = 0;
        told = false;
    }

    private void callBeginning(char c) {
        if (isSpace(c) && callCharacters < CALL_CHARACTERS_MAX) {
            callCharacters++;
            held.append(c);
            return;
        }
        close();
        call = new CallReader(functions);
        state = State.CALL;
        call(c);
    }

    private void call(char c) {
        var reader = call;
        callCharacters++;
        if (reader == null || callCharacters > CALL_CHARACTERS_MAX) {
            broken(c);
            return;
        }
        switch (reader.accept(c)) {
            case FRAME -> {
                held.append(c);
                tell(reader);
            }
            case ARGUMENTS -> {
                if (told) {
                    deltas.arguments(calls - 1, Character.toString(c));
                } else {
                    held.append(c);
                    early.append(c);
                    tell(reader);
                }
            }
            case END -> {
                held.setLength(0);
                wholeCalls++;
                state = State.CALL_ENDING;
            }
            case BROKEN -> broken(c);
        }
    }

    private void tell(CallReader reader) {
        if (!told && !early.isEmpty() && reader.function().isPresent()) {
            deltas.call(calls, reader.function().get());
            deltas.arguments(calls, early.toString());
            calls++;
            told = true;
            around = Deltas.Kind.CONTENT;
            held.setLength(0);
        }
    }

    private void broken(char c) {
        giveUp();
        step(c);
    }

    /**
     * What was held of a call is text as that around it, thoughts up to their end. It is not looked through for calls again: that
     * could take long.
     */
    private void giveUp() {
        state = State.CONTENT;
        if (around == Deltas.Kind.REASONING) {
            var end = held.indexOf(THINK_END);
            release(Deltas.Kind.REASONING, end < 0 ? held.length() : end);
            if (end < 0) {
                state = State.THOUGHTS;
            } else {
                held.delete(0, THINK_END.length());
                held.delete(0, skipSpace());
                state = held.isEmpty() ? State.THOUGHTS_ENDED : State.CONTENT;
            }
        }
        release(Deltas.Kind.CONTENT, held.length());
    }

    private void callEnding(char c) {
        held.append(c);
        var mark = skipSpace();
        if (mark > SPACE_MAX || !isBeginning(mark, CALL_END)) {
            state = State.CONTENT;
            again();
        } else if (held.length() - mark == CALL_END.length()) {
            held.setLength(0);
            state = State.CALL_ENDED;
        }
    }

    private void callEnded(char c) {
        held.append(c);
        var mark = skipSpace();
        if (mark > SPACE_MAX || (calls == CALLS_MAX && mark < held.length()) || !isBeginning(mark, CALL)) {
            state = State.CONTENT;
            again();
        } else if (held.length() - mark == CALL.length()) {
            held.delete(0, mark);
            state = State.CONTENT;
            again();
        }
    }

    /** Reads what is held once more, as what the state is now. */
    private void again() {
        var all = held.toString();
        held.setLength(0);
        for (var i = 0; i < all.length(); i++) {
            step(all.charAt(i));
        }
    }

    private void release(Deltas.Kind kind, int count) {
        deltas.text(kind, held.substring(0, count));
        held.delete(0, count);
    }

    /** The place of the first character held that is no white space. */
    private int skipSpace() {
        var at = 0;
        while (at < held.length() && isSpace(held.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Whether what is held from that place on is the mark's beginning, or all of it; nothing is a beginning, too. */
    private boolean isBeginning(int from, String mark) {
        var length = held.length() - from;
        return length <= mark.length() && mark.startsWith(held.substring(from));
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
}
