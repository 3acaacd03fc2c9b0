package omni.measure;

/**
 * What is asked.
 *
 * @param text the prompt
 * @param tokens of the answer at most
 * @param standing whether the text is what stands before a conversation (a system message), where it is a chat
 */
record Question(String text, int tokens, boolean standing) {
    static Question of(String text, int tokens) {
        return new Question(text, tokens, false);
    }
}
