package omni.airgap;

import java.util.Map;

/** The kernel refused a call. The error number is Linux's (errno(3)). */
final class KernelException extends AirgapException {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int ENXIO = 6;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int EEXIST = 17;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EOPNOTSUPP = 95;
    static final int ENOBUFS = 105;

    private static final long serialVersionUID = 1L;
    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "not permitted"),
            Map.entry(ENOENT, "no such thing"),
            Map.entry(ESRCH, "no such process"),
            Map.entry(EAGAIN, "nothing there yet"),
            Map.entry(EACCES, "permission denied"),
            Map.entry(EBUSY, "busy"),
            Map.entry(EEXIST, "exists already"),
            Map.entry(ENODEV, "no such link"),
            Map.entry(EINVAL, "invalid argument"),
            Map.entry(28, "no space left"),
            Map.entry(93, "protocol not supported"),
            Map.entry(95, "not supported by this kernel"),
            Map.entry(97, "address family not supported"),
            Map.entry(ENOBUFS, "messages were lost"));

    private final int errno;

    KernelException(String call, int errno) {
        super(call + ": " + NAMES.getOrDefault(errno, "error") + " (errno " + errno + ")");
        this.errno = errno;
    }

    /** Whether what was called for is not there any more: a file, a process, or one of its descriptors. */
    boolean gone() {
        return errno == ENOENT || errno == ESRCH || errno == EBADF;
    }

    int errno() {
        return errno;
    }
}
