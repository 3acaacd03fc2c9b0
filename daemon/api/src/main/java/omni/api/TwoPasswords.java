package omni.api;

import java.nio.ByteBuffer;

/** A password and the one that is to take its place, as views of a body that has a line feed between them, and no other one. */
record TwoPasswords(ByteBuffer current, ByteBuffer next) {
    /** Of such a body. */
    static final int BYTES_MAX = 2 * VaultRoutes.PASSWORD_BYTES_MAX + 1;

    private static final byte LINE_FEED = '\n';

    /**
     * The two.
     *
     * @throws ApiError INVALID_VALUE where one is missing, or there are more; BODY_TOO_LARGE where one is too long
     */
    static TwoPasswords of(ByteBuffer body) {
        var end = body.position();
        while (end < body.limit() && body.get(end) != LINE_FEED) {
            end++;
        }
        var current = body.slice(body.position(), end - body.position());
        var next = end == body.limit() ? ByteBuffer.allocate(0) : body.slice(end + 1, body.limit() - end - 1);
        requireOne(current);
        requireOne(next);
        return new TwoPasswords(current, next);
    }

    private static void requireOne(ByteBuffer password) {
        if (password.remaining() > VaultRoutes.PASSWORD_BYTES_MAX) {
            throw ApiError.of(
                    ErrorCode.BODY_TOO_LARGE, "A password has at most " + VaultRoutes.PASSWORD_BYTES_MAX + " bytes.");
        }
        var feeds = 0;
        for (var i = 0; i < password.remaining(); i++) {
            feeds += password.get(i) == LINE_FEED ? 1 : 0;
        }
        if (!password.hasRemaining() || feeds > 0) {
            throw ApiError.of(
                    ErrorCode.INVALID_VALUE,
                    "Send the current password, a line feed and the new password, and no line feed behind it.");
        }
    }
}
