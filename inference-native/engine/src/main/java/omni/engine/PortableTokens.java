package omni.engine;

import java.util.List;
import omni.bus.BusException;

/** Texts and tokens, by java-llama.cpp; what it cannot do as asked is refused. Thread-safe. */
final class PortableTokens {
    /** No more of one text at once: its tokens have to come back in one message. */
    static final int CHARACTERS_MAX = 1 << 20;

    private final PortableProtocol.Client client;
    private final PortableText text;

    PortableTokens(PortableProtocol.Client client, PortableText text) {
        this.client = client;
        this.text = text;
    }

    /** Tells a caller what this binding lacks. */
    static EngineException.Invalid lacks(String parameter, String what) {
        return new EngineException.Invalid(parameter, "This box has the portable binding, which " + what + ".");
    }

    /** As {@link LoadedModel#holdsTo}: to none. */
    static boolean holdsTo(Form form) {
        if (form.mayBeLeftOut()) {
            return false;
        }
        throw lacks("grammar", "does without grammars");
    }

    /** As {@link LoadedModel#tokenize}. */
    int[] tokenize(String parameter, String given, boolean addBos, boolean special) {
        if (given.length() > CHARACTERS_MAX) {
            throw new EngineException.Invalid(parameter, "Give at most " + CHARACTERS_MAX + " characters.");
        }
        if (given.indexOf('\0') >= 0) {
            throw lacks(parameter, "takes a zero character for the end of the text: leave it out");
        }
        if (!special && text.hasControl(given)) {
            throw lacks(parameter, "takes the name of a control token in a text for that token: leave it out");
        }
        List<Long> tokens;
        try {
            tokens = client.tokenize(new PortableProtocol.TokenizeParams(given)).tokens();
        } catch (BusException _) {
            throw new EngineException.Failed("The text could not be tokenized: java-llama.cpp's process has ended.");
        }
        int first = addBos && text.addsBos() ? 1 : 0;
        int[] result = new int[first + tokens.size()];
        if (first > 0) {
            result[0] = text.bosToken();
        }
        for (int i = 0; i < tokens.size(); i++) {
            result[first + i] = tokens.get(i).intValue();
        }
        return result;
    }

    /** Returns the text of tokens of the vocabulary. */
    String detokenize(int[] tokens) {
        try {
            return client.detokenize(new PortableProtocol.DetokenizeParams(Wording.longs(tokens)))
                    .text();
        } catch (BusException _) {
            throw new EngineException.Failed("The tokens have no text: java-llama.cpp's process has ended.");
        }
    }
}
