package omni.engine;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of tokens into text that may be shown: whole characters only, and nothing of a stop string.
 *
 * <p>A token may be a part of a character, and a stop string may begin in one token and end in another. Bytes of an
 * unfinished character wait in {@code carry}; text that may be the beginning of a stop string waits in {@code held}.
 * What is emitted does not depend on where the token borders are: of several stop strings, the one that is complete
 * first wins, and the longest of those.
 *
 * <p>Not thread-safe: it belongs to its sequence, and so to the decode thread.
 */
final class TextAssembler {
    private final List<String> stops;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private ByteBuffer carry = ByteBuffer.allocate(64).limit(0);
    private CharBuffer decoded = CharBuffer.allocate(64);
    private final StringBuilder held = new StringBuilder();
    private @Nullable String stopped;

    TextAssembler(List<String> stops) {
        this.stops = List.copyOf(stops);
    }

    /** Adds a token's bytes and returns the text that is now sure, perhaps none. */
    String accept(byte[] piece) {
        if (stopped()) {
            return "";
        }
        decode(piece, false);
        return release(false);
    }

    /** Returns what was held back; to be called once, when generation has ended for another reason than a stop. */
    String finish() {
        if (stopped()) {
            return "";
        }
        decode(new byte[0], true);
        return release(true);
    }

    /** Whether a stop string was met. Nothing is emitted after that. */
    boolean stopped() {
        return stopped != null;
    }

    /** The stop string that was met. */
    @Nullable
    String stoppedBy() {
        return stopped;
    }

    private void decode(byte[] piece, boolean last) {
        carry.compact();
        if (carry.remaining() < piece.length) {
            carry = ByteBuffer.allocate(carry.position() + piece.length + 64).put(carry.flip());
        }
        carry.put(piece).flip();
        if (decoded.capacity() < carry.remaining() + 2) {
            decoded = CharBuffer.allocate(carry.remaining() + 64);
        }
        decoded.clear();
        CoderResult result = decoder.decode(carry, decoded, last);
        if (result.isUnderflow() && last) {
            result = decoder.flush(decoded);
        }
        if (!result.isUnderflow()) {
            throw new IllegalStateException("A character buffer sized for its bytes was too small.");
        }
        held.append(decoded.flip());
    }

    private String release(boolean last) {
        int keep = 0;
        if (!stops.isEmpty()) {
            int start = firstStop();
            if (start >= 0) {
                String text = held.substring(0, start);
                held.setLength(0);
                return text;
            }
            keep = last ? 0 : heldBack();
        }
        int end = held.length() - keep;
        if (end == 0) {
            return "";
        }
        String text = held.substring(0, end);
        held.delete(0, end);
        return text;
    }

    /** Returns where the stop string begins that is complete first, and keeps which it is; or -1. */
    private int firstStop() {
        int bestStart = -1;
        int bestEnd = Integer.MAX_VALUE;
        for (String stop : stops) {
            int start = held.indexOf(stop);
            if (start >= 0) {
                int end = start + stop.length();
                if (end < bestEnd || (end == bestEnd && start < bestStart)) {
                    bestStart = start;
                    bestEnd = end;
                    stopped = stop;
                }
            }
        }
        return bestStart;
    }

    /** Returns how many characters at the end may be the beginning of a stop string. */
    private int heldBack() {
        int longest = 0;
        for (String stop : stops) {
            int from = Math.max(0, held.length() - stop.length() + 1);
            for (int at = from; held.length() - at > longest; at++) {
                if (beginsAt(stop, at)) {
                    longest = held.length() - at;
                }
            }
        }
        return longest;
    }

    private boolean beginsAt(String stop, int at) {
        for (int i = at; i < held.length(); i++) {
            if (held.charAt(i) != stop.charAt(i - at)) {
                return false;
            }
        }
        return true;
    }
}
