package omni.airgap;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two network namespaces made by a test, a box and its neighbour, with links between them: link N of the box is {@code
 * ethN}, 10.77.N.1 and fd77:N::1, and the neighbour's end has .2 and ::2. Nothing of it touches the machine's own network.
 */
final class Street implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String box = "omni-box-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
    private final String neighbour = box.replace("box", "peer");
    private final List<Process> running = new ArrayList<>();

    Street(int links) {
        Tools.run("ip", "netns", "add", box);
        Tools.run("ip", "netns", "add", neighbour);
        inBox("ip", "link", "set", "lo", "up");
        inNeighbour("ip", "link", "set", "lo", "up");
        for (int i = 0; i < links; i++) {
            link(i);
            up(i);
        }
    }

    /** Makes link N, down and without addresses at the box's end. */
    void link(int number) {
        Tools.run(
                "ip",
                "link",
                "add",
                "eth" + number,
                "netns",
                box,
                "type",
                "veth",
                "peer",
                "name",
                "eth" + number,
                "netns",
                neighbour);
        for (String setting : List.of("accept_dad=0", "router_solicitations=0")) {
            sysctl("net.ipv6.conf.eth" + number + "." + setting);
        }
        inNeighbour("ip", "addr", "add", "10.77." + number + ".2/24", "dev", "eth" + number);
        inNeighbour("ip", "addr", "add", "fd77:" + number + "::2/64", "dev", "eth" + number, "nodad");
        inNeighbour("ip", "link", "set", "eth" + number, "up");
    }

    /** Brings link N up at the box's end, with its addresses. */
    void up(int number) {
        inBox("ip", "addr", "add", "10.77." + number + ".1/24", "dev", "eth" + number);
        inBox("ip", "link", "set", "eth" + number, "up");
        inBox("ip", "addr", "add", "fd77:" + number + "::1/64", "dev", "eth" + number, "nodad");
    }

    /** Makes link N with its neighbour's end up from the first moment on: who brings the box's end up can send at once. */
    void plug(int number) {
        String name = "eth" + number;
        inNeighbour("ip", "link", "add", "plug", "type", "veth", "peer", "name", name);
        inNeighbour("ip", "addr", "add", "10.77." + number + ".2/24", "dev", name);
        inNeighbour("ip", "addr", "add", "fd77:" + number + "::2/64", "dev", name, "nodad");
        inNeighbour("ip", "link", "set", name, "up");
        inNeighbour("ip", "link", "set", "plug", "netns", box, "name", name);
    }

    /** The kernel keeps the IPv6 addresses of link N while it is down, as it keeps those of IPv4: a sender needs nobody to set them again. */
    void keepAddresses(int number) {
        sysctl("net.ipv6.conf.eth" + number + ".keep_addr_on_down=1");
    }

    private void sysctl(String setting) {
        inBox("sysctl", "-qw", setting);
        inNeighbour("sysctl", "-qw", setting);
    }

    String box() {
        return box;
    }

    String file() {
        return "/run/netns/" + box;
    }

    String neighbourFile() {
        return "/run/netns/" + neighbour;
    }

    String inBox(String... command) {
        return Tools.run(within(box, command));
    }

    String inNeighbour(String... command) {
        return Tools.run(within(neighbour, command));
    }

    Process startInBox(String... command) {
        return start(box, command);
    }

    Process startInNeighbour(String... command) {
        return start(neighbour, command);
    }

    private Process start(String namespace, String... command) {
        try {
            Process process = new ProcessBuilder(within(namespace, command))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            running.add(process);
            return process;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String[] within(String namespace, String... command) {
        List<String> line = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + namespace));
        line.addAll(List.of(command));
        return line.toArray(String[]::new);
    }

    @Override
    public void close() {
        running.forEach(Process::destroyForcibly);
        Tools.run("ip", "netns", "del", box);
        Tools.run("ip", "netns", "del", neighbour);
    }
}
