package omni.airgap;

import java.io.IOException;

/**
 * How a census talks with the process that reads its lists: frames of a kind, a length and so many bytes. Both ends are of one build.
 *
 * <pre>
 *   frame     kind: u8 | length: i32, at most 65,536 | so many bytes                      all numbers big-endian
 *   question  (NAMESPACE (LIST(which: u8) (AGAIN | PART(bytes))*)*)+ END                  of lists
 *             (GROUP(bytes) COMMAND(bytes))+ END                                          of owners
 *   answer    (ENTRIES(entry*)* NAMESPACE(closed ends: i32))+ END  |  FAILED(which: u8)   of lists
 *             OWNERS((unit: text, role: text)*)* END                                      of owners
 *   entry     which: u8 | flags: u8 | inode: i64 | queued: i32 | uid: i32 | state: text | local: text | remote: text
 *   text      length: u16 | UTF-8
 * </pre>
 *
 * Once it is ready, the process says READY. A PART is one message of sock_diag, or a piece of a file; AGAIN takes back all of a list
 * that was sent so far.
 */
final class CensusWire {
    static final int FRAME_BYTES_MAX = 1 << 16;
    /** Of a list: so that nobody fills a process's memory with sockets of theirs. */
    static final int LINES_MAX = 100_000;
    /** Of all lists of a look. */
    static final int SOCKETS_MAX = 100_000;

    static final int NAMESPACES_MAX = 10_000;
    /** Who hold them. */
    static final int PROCESSES_MAX = 50_000;

    static final int STATE_BYTES_MAX = 16;
    /** "[…]:65535" around an IPv6 address of 39 characters. */
    static final int ADDRESS_BYTES_MAX = 48;
    /** Of struct sockaddr_un. */
    static final int UNIX_NAME_BYTES_MAX = 108;
    /** Each of its bytes may have become a replacement character, which takes three. */
    static final int LOCAL_BYTES_MAX = 3 * UNIX_NAME_BYTES_MAX;
    /** A control group's name is a file's, of 255 bytes. */
    static final int UNIT_BYTES_MAX = 3 * 255;

    static final int ROLE_BYTES_MAX = 64;

    static final int OUTWARD = 1;
    static final int WAITING = 2;

    private CensusWire() {}

    /** What a frame is. */
    enum Kind {
        READY,
        NAMESPACE,
        LIST,
        AGAIN,
        PART,
        GROUP,
        COMMAND,
        END,
        ENTRIES,
        OWNERS,
        FAILED;

        private static final Kind[] ALL = values();

        /** Its number in a frame. */
        @SuppressWarnings("EnumOrdinal") // both ends are of one build
        int code() {
            return ordinal();
        }

        static Kind of(int number) throws IOException {
            if (number >= ALL.length) {
                throw new IOException("No kind of frame has the number " + number);
            }
            return ALL[number];
        }
    }
}
