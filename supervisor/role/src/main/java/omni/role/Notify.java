package omni.role;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Tells systemd how this process is: sd_notify(3), spoken directly.
 *
 * <p>The protocol is one datagram of {@code KEY=value} lines to the Unix socket that {@code NOTIFY_SOCKET} names, sent by
 * the main process itself, so that units can keep {@code NotifyAccess=main}. The JDK has no Unix datagram sockets, hence
 * libc through the FFM API. Each call opens, sends and closes: no descriptor is held. Any thread may call.
 *
 * <p>Where {@code NOTIFY_SOCKET} is absent (not under systemd) every method does nothing and answers true.
 */
public final class Notify {

    /** Longest datagram we send; systemd itself reads at most 4096 bytes. */
    private static final int MESSAGE_BYTES_MAX = 4096;

    /** Longest status line; a longer one is cut, never refused, for it is only read by people. */
    private static final int STATUS_CHARS_MAX = 512;

    private static final System.Logger LOG = System.getLogger(Notify.class.getName());

    private final Optional<byte[]> address;
    private final Optional<Duration> watchdogTimeout;

    private Notify(Optional<byte[]> address, Optional<Duration> watchdogTimeout) {
        this.address = address;
        this.watchdogTimeout = watchdogTimeout;
    }

    /**
     * The service manager that started this process, as its environment tells.
     *
     * @param environment usually {@code System.getenv()}; read are NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID
     * @throws IllegalArgumentException if one of them is set to what sd_notify(3) and sd_watchdog_enabled(3) do not allow
     */
    public static Notify from(Map<String, String> environment) {
        String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
        return new Notify(socket.isEmpty() ? Optional.empty() : Optional.of(address(socket)), watchdog(environment));
    }

    /** Whether a service manager listens. */
    public boolean isPresent() {
        return address.isPresent();
    }

    /** How long systemd waits for a {@link #watchdog} before it kills this process, or nothing if it does not watch. */
    public Optional<Duration> watchdogTimeout() {
        return watchdogTimeout;
    }

    /** Start-up is over. Answers whether the message was taken. */
    public boolean ready(String status) {
        return send("READY=1\nSTATUS=" + oneLine(status));
    }

    /** Sets the line that {@code systemctl status} shows. Answers whether the message was taken. */
    public boolean status(String status) {
        return send("STATUS=" + oneLine(status));
    }

    /** A sign of life; due well within {@link #watchdogTimeout}. Answers whether the message was taken. */
    public boolean watchdog() {
        return send("WATCHDOG=1");
    }

    /** The end has begun. Answers whether the message was taken. */
    public boolean stopping(String status) {
        return send("STOPPING=1\nSTATUS=" + oneLine(status));
    }

    private boolean send(String lines) {
        if (address.isEmpty()) {
            return true;
        }
        byte[] message = lines.getBytes(StandardCharsets.UTF_8);
        if (message.length > MESSAGE_BYTES_MAX) {
            throw new IllegalArgumentException("a message to the service manager is too long; shorten its status");
        }
        int errno = UnixDatagram.send(address.get(), message);
        if (errno != 0) {
            LOG.log(System.Logger.Level.WARNING, "systemd did not take a message: errno {0}", errno);
        }
        return errno == 0;
    }

    private static String oneLine(String status) {
        String flat = status.codePoints()
                .map(c -> Character.isISOControl(c) ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return flat.length() <= STATUS_CHARS_MAX ? flat : flat.substring(0, STATUS_CHARS_MAX - 1) + "…";
    }

    /** The bytes of {@code sun_path}: a path, or a name in the abstract space, whose first byte is NUL in place of '@'. */
    private static byte[] address(String socket) {
        if (!socket.startsWith("/") && !socket.startsWith("@")) {
            throw new IllegalArgumentException(
                    "NOTIFY_SOCKET must begin with / or @: vsock and relative sockets are not supported");
        }
        byte[] name = socket.getBytes(StandardCharsets.UTF_8);
        boolean isAbstract = name[0] == '@';
        // A path needs room for its final NUL; an abstract name has none.
        if (name.length > (isAbstract ? UnixDatagram.NAME_BYTES_MAX : UnixDatagram.NAME_BYTES_MAX - 1)) {
            throw new IllegalArgumentException("NOTIFY_SOCKET is longer than a Unix socket's name can be");
        }
        if (isAbstract) {
            name[0] = 0;
        }
        return name;
    }

    private static Optional<Duration> watchdog(Map<String, String> environment) {
        String micros = environment.getOrDefault("WATCHDOG_USEC", "");
        String pid = environment.getOrDefault("WATCHDOG_PID", "");
        if (micros.isEmpty()
                || (!pid.isEmpty() && number(pid) != ProcessHandle.current().pid())) {
            return Optional.empty();
        }
        long value = number(micros);
        if (value == 0) {
            throw new IllegalArgumentException("WATCHDOG_USEC must be above 0; unset it where nothing watches");
        }
        return Optional.of(Duration.ofNanos(Math.multiplyExact(value, 1000L)));
    }

    private static long number(String digits) {
        if (!digits.matches("[0-9]{1,15}")) {
            throw new IllegalArgumentException("WATCHDOG_USEC and WATCHDOG_PID must be plain decimal numbers");
        }
        return Long.parseLong(digits);
    }
}
