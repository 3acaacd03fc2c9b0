package omni.bus;

import java.util.regex.Pattern;

/**
 * The tokens of an interface description, one ahead.
 *
 * <p>Comments belong to what follows them directly; an empty line cuts them off.
 */
final class IdlLexer {
    private static final Pattern INTERFACE_NAME =
            Pattern.compile("[A-Za-z](-*[A-Za-z0-9])*(\\.[A-Za-z0-9](-*[A-Za-z0-9])*)+");
    private static final Pattern MEMBER_NAME = Pattern.compile("[A-Z][A-Za-z0-9]*");
    private static final Pattern FIELD_NAME = Pattern.compile("[A-Za-z](_?[A-Za-z0-9])*");
    private static final int NAME_CHARS_MAX = 255;

    private final String text;
    private int next;
    private int lineOfNext = 1;
    private String token = "";
    private int tokenStart;
    private int tokenLine = 1;
    private final StringBuilder comment = new StringBuilder();

    IdlLexer(String text) {
        this.text = text;
        advance();
    }

    static boolean isMemberName(String word) {
        return MEMBER_NAME.matcher(word).matches();
    }

    static boolean isFieldName(String word) {
        return FIELD_NAME.matcher(word).matches();
    }

    /** The token ahead; empty at the end. */
    String peek() {
        return token;
    }

    /** The line of the token ahead, counted from 1. */
    int line() {
        return tokenLine;
    }

    /** The comment directly above the token ahead, without the hash signs; lines joined by line feeds. */
    String doc() {
        return comment.toString().strip();
    }

    boolean atEnd() {
        return token.isEmpty();
    }

    /** The token ahead, and on to the one after. */
    String take() {
        if (atEnd()) {
            throw new IdlException(tokenLine, "The description ends too early");
        }
        String taken = token;
        advance();
        return taken;
    }

    boolean accept(String wanted) {
        if (!token.equals(wanted)) {
            return false;
        }
        advance();
        return true;
    }

    void expect(String wanted) {
        if (!accept(wanted)) {
            String found = atEnd() ? "the end" : "\"" + token + "\"";
            throw new IdlException(tokenLine, "Expected \"" + wanted + "\", found " + found);
        }
    }

    /** Interface names hold dots and hyphens, which no other token does. */
    String interfaceName() {
        int line = tokenLine;
        int end = tokenStart;
        while (end < text.length() && (isWord(text.charAt(end)) || ".-".indexOf(text.charAt(end)) >= 0)) {
            end++;
        }
        String name = text.substring(tokenStart, end);
        if (name.length() > NAME_CHARS_MAX || !INTERFACE_NAME.matcher(name).matches()) {
            throw new IdlException(line, "Expected an interface name such as omni.Engine");
        }
        next = end;
        advance();
        return name;
    }

    private void advance() {
        skipSpaceAndComments();
        tokenLine = lineOfNext;
        tokenStart = next;
        if (next == text.length()) {
            token = "";
            return;
        }
        int end = next;
        while (end < text.length() && isWord(text.charAt(end))) {
            end++;
        }
        if (end == next) {
            end = text.startsWith("->", next) ? next + 2 : next + Character.charCount(text.codePointAt(next));
        }
        token = text.substring(next, end);
        if (token.length() > NAME_CHARS_MAX) {
            throw new IdlException(tokenLine, "A name is over " + NAME_CHARS_MAX + " characters");
        }
        next = end;
    }

    private void skipSpaceAndComments() {
        comment.setLength(0);
        int lineFeeds = 0;
        while (next < text.length()) {
            char c = text.charAt(next);
            if (c == '#') {
                readComment();
                lineFeeds = 0;
            } else if (c == '\n') {
                lineOfNext++;
                next++;
                if (++lineFeeds > 1) {
                    comment.setLength(0);
                }
            } else if (c == ' ' || c == '\t' || c == '\r') {
                next++;
            } else {
                return;
            }
        }
    }

    private void readComment() {
        int end = text.indexOf('\n', next);
        end = end < 0 ? text.length() : end;
        comment.append(text.substring(next + 1, end).strip()).append('\n');
        next = end;
    }

    private static boolean isWord(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
}
