package omni.api;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/** A machine whose name and addresses change as a test says. */
final class FakeMachine implements Machine {
    volatile String name = "box";
    volatile List<InetAddress> addresses = List.of();

    FakeMachine(String... addresses) {
        has(addresses);
    }

    void has(String... next) {
        addresses = Stream.of(next).map(InetAddress::ofLiteral).toList();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<InetAddress> addresses() {
        return addresses;
    }
}
