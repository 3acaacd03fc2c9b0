package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Somebody at the guest's keyboard, an American one: QEMU's PS/2 keyboard, pressed through QMP, its protocol for the machine's owner.
 * For one thread.
 */
final class GuestKeyboard implements AutoCloseable {
    private static final String GREETING = "{\"QMP\"";
    private static final String DONE = "{\"return\": {}";
    private static final int HELD_MS = 20;

    private final SocketChannel control;
    private final BufferedReader answers;
    private final Set<String> answered = new HashSet<>();

    private GuestKeyboard(SocketChannel control) throws IOException {
        this.control = control;
        answers = new BufferedReader(Channels.newReader(control, StandardCharsets.UTF_8));
        await(GREETING);
        order("{\"execute\":\"qmp_capabilities\"}");
    }

    /** Waits until the guest's machine listens. */
    static GuestKeyboard to(Path socket) {
        AtomicReference<GuestKeyboard> connected = new AtomicReference<>();
        Await.until("the guest's keyboard", () -> {
            try {
                connected.set(new GuestKeyboard(SocketChannel.open(UnixDomainSocketAddress.of(socket))));
            } catch (IOException e) {
                System.getLogger("omni.runtime").log(System.Logger.Level.DEBUG, "Not there yet", e);
            }
            return connected.get() != null;
        });
        return connected.get();
    }

    /** Types that, with Enter, the first time that what the guest has said has this line. */
    void answer(String said, String line, String text) throws IOException {
        if (said.contains(line) && answered.add(line)) {
            for (int i = 0; i < text.length(); i++) {
                press(text.charAt(i));
            }
            press('\n');
        }
    }

    private void press(char sign) throws IOException {
        String key = switch (sign) {
            case '\n' -> "ret";
            case ' ' -> "spc";
            case '-', '_' -> "minus";
            default -> String.valueOf(Character.toLowerCase(sign));
        };
        assertTrue(key.matches("[a-z0-9]+"), () -> "no such key: " + sign);
        String shift = Character.isUpperCase(sign) || sign == '_' ? "{\"type\":\"qcode\",\"data\":\"shift\"}," : "";
        order("{\"execute\":\"send-key\",\"arguments\":{\"hold-time\":" + HELD_MS + ",\"keys\":[" + shift
                + "{\"type\":\"qcode\",\"data\":\"" + key + "\"}]}}");
    }

    private void order(String order) throws IOException {
        control.write(StandardCharsets.UTF_8.encode(order + "\n"));
        await(DONE);
    }

    /** Passes over what happens to the machine meanwhile. */
    private void await(String start) throws IOException {
        String line = answers.readLine();
        while (line != null && !line.startsWith(start)) {
            assertTrue(!line.startsWith("{\"error\""), line);
            line = answers.readLine();
        }
        assertTrue(line != null, "the machine has gone");
    }

    @Override
    public void close() throws IOException {
        control.close();
    }
}
