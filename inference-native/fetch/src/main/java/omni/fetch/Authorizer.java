package omni.fetch;

import java.util.Optional;

/** How a server's own address is asked: with what in the Authorization header. Thread-safe. */
interface Authorizer {
    /** The header's value for the next request. */
    Optional<String> header();

    /**
     * Takes a 401 in, and asks for another token where that makes sense.
     *
     * @param used the value that was refused
     * @return whether the same request with {@link #header} may fare better
     */
    boolean answer(Answer unauthorized, Optional<String> used, Cancellation cancellation) throws Again;

    /** A token that the owner has given, or none; there is no other one to ask for. */
    static Authorizer fixed(Optional<String> token) {
        Optional<String> header = token.map(text -> "Bearer " + text);
        return new Authorizer() {
            @Override
            public Optional<String> header() {
                return header;
            }

            @Override
            public boolean answer(Answer unauthorized, Optional<String> used, Cancellation cancellation) {
                return false;
            }
        };
    }
}
