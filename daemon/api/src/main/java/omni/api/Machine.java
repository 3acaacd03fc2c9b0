package omni.api;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What this machine is called, and its addresses, as they are at the moment. */
interface Machine {
    /** Its host name in lower case; empty where it has none. */
    String name();

    /** Its addresses, without the links that they are on. */
    List<InetAddress> addresses();

    /** The one that this process runs on. */
    static Machine real() {
        return new Machine() {
            // Linux: proc_sys_kernel(5), for to ask the JDK is to ask DNS as well.
            private static final Path NAME = Path.of("/proc/sys/kernel/hostname");

            @Override
            public String name() {
                try {
                    var name = Files.isReadable(NAME)
                            ? Files.readString(NAME)
                            : InetAddress.getLocalHost().getHostName();
                    return name.strip().toLowerCase(Locale.ROOT);
                } catch (UnknownHostException e) {
                    Log.debug("this machine has no name", e);
                    return "";
                } catch (IOException e) {
                    Log.debug("this machine does not tell its name", e);
                    return "";
                }
            }

            @Override
            public List<InetAddress> addresses() {
                try {
                    return NetworkInterface.networkInterfaces()
                            .flatMap(NetworkInterface::inetAddresses)
                            .map(Reach::unscoped)
                            .distinct()
                            .toList();
                } catch (SocketException e) {
                    Log.debug("this machine does not tell its addresses", e);
                    return List.of();
                }
            }
        };
    }
}
