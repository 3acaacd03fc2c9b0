package omni.api;

import java.nio.charset.StandardCharsets;

/** The whole response to a client that did not send its request in time. */
final class LateResponse {
    /** Status line, headers and body. */
    static final byte[] BYTES = bytes();

    private LateResponse() {}

    private static byte[] bytes() {
        var body = Json.bytes(
                ApiError.body(ErrorCode.REQUEST_TIMEOUT, "The request did not arrive in time. Send it again.", null));
        var head = "HTTP/1.1 408 Request Timeout\r\nServer: omni\r\nContent-Type: application/json\r\n"
                + "Connection: close\r\nContent-Length: " + body.length + "\r\n\r\n";
        var start = head.getBytes(StandardCharsets.US_ASCII);
        var all = new byte[start.length + body.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(body, 0, all, start.length, body.length);
        return all;
    }
}
