package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import omni.airgap.Capture.Ethertype;
import omni.airgap.raw.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The drop tables alone, with no watch and with every link up: what they hold by themselves. Those of a kernel that has no chain
 * for every link are the control; of them what is seen here is all that they can.
 */
class DropTableBoxTest {
    private static final int WINDOW_MILLIS = 1000;

    /** The sender brings it up in the moment in which it is there, again and again. */
    @Test
    void aNewLinkIsBornWithItsChain() throws Exception {
        assertNothingLeaves("by chains of links that are there a new one sends", Tables::plugs);
    }

    @Test
    void aLinkThatIsRenamedKeepsItsChain() throws Exception {
        assertNothingLeaves("by chains at a link's name a renamed one sends", Tables::renames);
    }

    /** What a sender does from then on. */
    private interface Deed {
        void in(Tables tables) throws Exception;
    }

    private static void assertNothingLeaves(String control, Deed deed) throws Exception {
        try (Tables old = new Tables(DropTable::ofOldKernel)) {
            deed.in(old);
            old.capture.awaitFlow(control, Ethertype.OTHER);
            old.assertNoPacketOfIp();
        }
        try (Tables every = new Tables(DropTable::new)) {
            Tools.assertEveryLink(every.table);
            deed.in(every); // what comes from its first moment on is counted
            Tools.pause(WINDOW_MILLIS);
            Capture.Count count = every.capture.count();
            assertEquals(0, count.frames(), count.toString());
            every.table.remove();
            every.capture.awaitFlow("without the tables", Ethertype.OTHER);
        }
    }

    @Test
    void theLoopbackIsOpenAndNoOtherLinkByItsName() throws Exception {
        try (Tables trial = new Tables(DropTable::new)) {
            trial.street.inBox("python3", "-c", """
                    import socket
                    for family, address in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
                        server = socket.create_server((address, 0), family=family)
                        socket.create_connection(server.getsockname()[:2], timeout=10).sendall(b"x")
                        assert server.accept()[0].recv(1) == b"x"
                    """);
            trial.street.inBox("ip", "link", "set", "lo", "name", "loop");
            trial.street.inBox("ip", "link", "set", "eth0", "name", "lo");
            trial.street.inBox("ip", "link", "set", "lo", "up");
            trial.send("packet", "lo");
            Capture.Count count = trial.capture.during(WINDOW_MILLIS);
            assertEquals(0, count.frames(), count.toString());
            trial.table.remove();
            trial.capture.awaitFlow("without the tables", Ethertype.OTHER);
        }
    }

    /** In the words of nft(8); those for chains that are for every link are in AdversaryBoxTest. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "add table netdev omni_gap { flags dormant ; }",
                "add rule netdev omni_gap out-LINK accept",
                "delete chain netdev omni_gap in-LINK",
                "delete chain netdev omni_gap out-LINK",
                "add chain netdev omni_gap out-LINK { policy accept ; }",
                "add chain netdev omni_gap in-LINK { policy accept ; }",
                "delete table netdev omni_gap",
            })
    void chainsOfAnOldKernelThatAreChangedAreSeenAndMadeAnew(String change) throws Exception {
        try (Tables old = new Tables(DropTable::ofOldKernel)) {
            assertTrue(old.whole());
            Link link = old.links.list().values().stream()
                    .filter(each -> !each.loopback())
                    .findFirst()
                    .orElseThrow();
            old.street.inBox("nft", change.replace("LINK", Integer.toString(link.index())));
            assertFalse(old.whole(), change);
            old.table.install(old.links.list().values());
            assertTrue(old.whole(), change);
        }
    }

    /** An older Omni has left the tables: what is there is put in their place. */
    @Test
    void oneKindOfTablesIsPutInThePlaceOfTheOther() throws Exception {
        try (Tables old = new Tables(DropTable::ofOldKernel);
                DropTable every = old.namespace.inside(DropTable::new)) {
            assertFalse(every.problems(old.links.list().values()).isEmpty());
            every.install(old.links.list().values());
            assertTrue(every.problems(old.links.list().values()).isEmpty());
            assertFalse(old.whole());
            old.table.install(old.links.list().values());
            assertTrue(old.whole());
        }
    }

    /** Of a kernel with chains for every link and of one without: a table that somebody owns under the name of one of the two. */
    @ParameterizedTest
    @CsvSource({"inet, false", "inet, true", "netdev, false", "netdev, true"})
    void aTableThatSomebodyOwnsIsLeftAndAnotherMade(String family, boolean old) throws Exception {
        try (Tables tables = new Tables(old ? DropTable::ofOldKernel : DropTable::new)) {
            Process owner = tables.street.startInBox("nft", "--interactive");
            owner.outputWriter()
                    .append("delete table F omni_gap ; add table F omni_gap { flags owner ; }\n".replace("F", family))
                    .flush();
            Tools.await("it is taken", () -> !tables.isWhole());
            assertTrue(tables.table.present(), "the other one is the gap's");
            tables.table.install(tables.links.list().values());
            assertTrue(tables.whole());
            tables.table.install(tables.links.list().values());
            assertEquals(1, tables.others(family).size(), "and one is enough");
            if (family.equals("inet")) {
                tables.street.inBox("nft", "delete table netdev omni_gap");
                tables.send("udp");
                assertEquals(0, tables.capture.during(WINDOW_MILLIS).ip());
                tables.table.remove();
                tables.capture.awaitFlow("without the table of another name", Ethertype.IP);
            }
            tables.table.remove();
            assertTrue(tables.others(family).isEmpty());
            assertFalse(tables.table.present(), "what somebody owns is no gap's");
            assertTrue(owner.isAlive());
        }
    }

    /** A street whose box has the tables, with its link up. */
    private static final class Tables implements AutoCloseable {
        private final Street street = new Street(1);
        private final Capture capture;
        private final Namespace namespace;
        private final DropTable table;
        private final Links links;

        private Tables(Callable<DropTable> tables) throws AirgapException {
            street.keepAddresses(0);
            capture = new Capture(street);
            namespace = Namespace.open(street.file());
            table = namespace.inside(tables);
            links = namespace.inside(Links::new);
            table.install(links.list().values());
            capture.awaitSilence();
        }

        private boolean isWhole() {
            try {
                return whole();
            } catch (KernelException e) {
                throw new IllegalStateException(e);
            }
        }

        /** The tables of that family under another name than the usual one. */
        private List<String> others(String family) throws AirgapException {
            int number = family.equals("inet") ? Kernel.NFPROTO_INET() : Kernel.NFPROTO_NETDEV();
            try (Netlink netfilter = namespace.inside(() -> Netlink.open(Kernel.NETLINK_NETFILTER()))) {
                return Standing.tables(netfilter, number).keySet().stream()
                        .filter(name -> name.startsWith(DropTable.NAME + "_"))
                        .toList();
            }
        }

        private boolean whole() throws KernelException {
            return table.problems(links.list().values()).isEmpty();
        }

        private void assertNoPacketOfIp() {
            Capture.Count count = capture.during(WINDOW_MILLIS);
            assertEquals(0, count.ip() + count.ipv6(), count.toString());
            assertTrue(count.other() > 0, count.toString());
        }

        private void plugs() throws Exception {
            send("re-up", "eth1");
            street.plug(1);
        }

        private void renames() throws Exception {
            send("re-name", "eth0");
        }

        private void send(String... kind) throws Exception {
            List<String> command = new ArrayList<>(List.of(Tools.probe("send").toString()));
            command.addAll(List.of(kind));
            Process sender = street.startInBox(command.toArray(String[]::new));
            assertEquals("ready", sender.inputReader().readLine());
        }

        @Override
        public void close() {
            links.close();
            table.close();
            namespace.close();
            capture.close();
            street.close();
        }
    }
}
