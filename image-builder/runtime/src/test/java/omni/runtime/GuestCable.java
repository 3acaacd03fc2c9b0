package omni.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The other end of the guest's network card: {@code tap0} in a network namespace that nobody else is in, and who counts there. */
final class GuestCable implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Pattern FRAMES = Pattern.compile("frames (\\d+) .*");

    private final String network = "omni-guest-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
    private final Path log;
    private final Process capture;

    GuestCable(Path work) throws IOException, InterruptedException {
        log = work.resolve("cable.log");
        ip("netns", "add", network);
        within("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"); // so that what is counted is the guest's
        ip("-n", network, "tuntap", "add", "tap0", "mode", "tap");
        ip("-n", network, "link", "set", "tap0", "up");
        Path program = Guest.compile("capture", work.resolve("capture"), log);
        capture = new ProcessBuilder("nsenter", "--net=/run/netns/" + network, program.toString())
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        if (!"ready".equals(capture.inputReader().readLine())) {
            throw new IOException("The capture does not start; see " + log);
        }
    }

    String network() {
        return network;
    }

    /** Frames of any kind since the last call. */
    long frames() throws IOException {
        capture.outputWriter().write("count\n");
        capture.outputWriter().flush();
        String line = String.valueOf(capture.inputReader().readLine());
        Matcher matcher = FRAMES.matcher(line);
        if (!matcher.matches()) {
            throw new IOException("The capture says " + line);
        }
        return Long.parseLong(matcher.group(1));
    }

    private void ip(String... words) throws IOException, InterruptedException {
        run("ip", words);
    }

    private void within(String... words) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("netns", "exec", network));
        line.addAll(List.of(words));
        run("ip", line.toArray(String[]::new));
    }

    private void run(String program, String... words) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(program));
        line.addAll(List.of(words));
        Guest.run(line, log);
    }

    @Override
    public void close() throws IOException {
        capture.destroyForcibly();
        try {
            ip("netns", "del", network);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
