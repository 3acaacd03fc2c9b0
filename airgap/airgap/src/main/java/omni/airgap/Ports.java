package omni.airgap;

/** The parts of an address as {@link SocketEntry} has it: {@code 192.0.2.7:443} or {@code [2001:db8::7]:443}. */
final class Ports {
    /** Where Linux's own range for ports that nobody has asked for begins: ip_local_port_range. */
    private static final int FIRST_DEALT_OUT = 32768;

    private Ports() {}

    /** Whether the port is one that a kernel gives to who calls; also where there is none. */
    static boolean dealtOut(String address) {
        String port = port(address);
        return port.isEmpty() || Integer.parseInt(port) >= FIRST_DEALT_OUT || port.equals("0");
    }

    /** The port, or nothing. */
    static String port(String address) {
        int colon = address.lastIndexOf(':');
        boolean behindAddress = colon > 0 && (address.charAt(colon - 1) == ']' || address.indexOf(':') == colon);
        String port = address.substring(colon + 1);
        return behindAddress && port.matches("\\d{1,5}") ? port : "";
    }

    /** The address without its port. */
    static String host(String address) {
        return port(address).isEmpty() ? address : address.substring(0, address.lastIndexOf(':'));
    }
}
