package omni.airgap;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A Mac under control: all of it, for macOS has one network stack. Untested on hardware. {@link #down} and {@link #problems}
 * are for any thread; the rest is called by one thread at a time.
 */
final class MacWard implements NetworkStack {
    private static final int ROUNDS_MAX = 3;

    private final MacLinks links;
    private final PacketFilter filter;
    private final Former former;

    /**
     * Changes nothing yet.
     *
     * @param file where it is written down what was up before
     */
    MacWard(Programs programs, Path file) {
        links = new MacLinks(programs);
        filter = new PacketFilter(programs);
        former = new Former(file);
    }

    /** As in {@link Report}: the machine as a whole. */
    @Override
    public long number() {
        return 0;
    }

    /** Writes down what is up, and takes it down. One that does not go keeps no other from going. */
    @Override
    public void down() throws AirgapException {
        MacLinks.Interfaces up = links.up();
        former.links(up.names());
        List<String> problems = new ArrayList<>();
        for (String name : up.names()) {
            try {
                links.change(name, false);
            } catch (AirgapException e) {
                problems.add(e.getMessage());
            }
        }
        if (!problems.isEmpty()) {
            throw new AirgapException(String.join("; ", problems));
        }
    }

    /**
     * After {@link #down}. The quick first: networksetup can take seconds. The links are confirmed last, for as long as Wi-Fi
     * has power its daemons bring some of them up again.
     */
    @Override
    public void shut(Report report, Gap.Faults faults) {
        report.step("filter", this::shutFilter);
        faults.at("filter confirmed");
        report.step("sockets", this::destroySockets);
        faults.at("sockets destroyed");
        report.step("radios", this::shutRadios);
        faults.at("radios confirmed");
        report.step("links", this::shutLinks);
        faults.at("links confirmed");
        report.step("memory", former::problems);
    }

    private List<String> shutLinks() throws AirgapException {
        MacLinks.Interfaces up = links.up();
        String why = "";
        for (int i = 0; i < ROUNDS_MAX && !up.names().isEmpty(); i++) {
            try {
                down();
            } catch (AirgapException e) { // what vanished meanwhile does not go down, and is none that is up
                why = ": " + e.getMessage();
            }
            up = links.up();
        }
        String reason = why;
        return up.asProblems().stream().map(line -> line + reason).toList();
    }

    private List<String> shutRadios() throws AirgapException {
        List<String> problems = new ArrayList<>();
        for (String device : links.radios()) {
            try {
                if (!silent(device)) {
                    problems.add("Wi-Fi " + device + " has power");
                }
            } catch (AirgapException e) {
                problems.add(e.getMessage());
            }
        }
        return problems;
    }

    private boolean silent(String device) throws AirgapException {
        if (links.power(device)) {
            former.radio(device);
            links.power(device, false);
            return !links.power(device);
        }
        return true;
    }

    /** The rules first: pf is not enabled before they are there. Omni's own reference, for others give theirs back. */
    private List<String> shutFilter() throws AirgapException {
        filter.load();
        Set<String> references = filter.references();
        if (former.token().filter(references::contains).isEmpty()) {
            former.token(filter.enable(references));
        }
        return filter.problems();
    }

    /**
     * Makes pf forget every connection. macOS has no way to destroy the sockets themselves: those {@link MacSockets} names,
     * and they stand in the way of a lift.
     */
    @Override
    public List<String> destroySockets() throws AirgapException {
        int states = 1;
        for (int i = 0; i < ROUNDS_MAX && states > 0; i++) {
            filter.flushStates();
            states = filter.states();
        }
        return states == 0 ? List.of() : List.of(states + " states of pf are left");
    }

    /** Wi-Fi's power is not asked for each time: without it no interface comes up, and that is seen. */
    @Override
    public List<String> problems() throws AirgapException {
        List<String> problems = new ArrayList<>(links.up().asProblems());
        problems.addAll(filter.problems());
        problems.addAll(former.problems());
        return problems;
    }

    /** The file goes last in a lift, so that it tells alone where pf cannot be asked. */
    @Override
    public boolean marked() {
        if (former.present()) {
            return true;
        }
        try {
            return filter.present();
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "pf cannot be asked", e);
            return false;
        }
    }

    /** Wi-Fi first: its interface is of no use without power. What has vanished meanwhile is passed over. */
    @Override
    public void restoreLinks() throws AirgapException {
        former.restore();
        if (!former.radios().isEmpty()) {
            Set<String> there = links.radios();
            for (String device : former.radios()) {
                if (there.contains(device)) {
                    links.power(device, true);
                    if (!links.power(device)) {
                        throw new AirgapException("Wi-Fi " + device + " gets no power.");
                    }
                }
            }
        }
        List<String> there = links.all().names();
        for (String name : former.links()) {
            if (there.contains(name)) {
                try {
                    links.change(name, true);
                } catch (AirgapException e) {
                    if (links.all().names().contains(name)) {
                        throw e;
                    }
                }
            }
        }
    }

    @Override
    public void removeTables() throws AirgapException {
        filter.unload();
        Optional<String> token = former.token();
        if (token.isPresent()) {
            filter.release(token.get());
        }
        former.forget();
    }

    @Override
    public Map<String, Sent> sentFrames() throws AirgapException {
        Map<String, Sent> sent = new TreeMap<>();
        links.sent().forEach((name, frames) -> sent.put(name, new Sent(name, frames)));
        sent.keySet().removeIf(name -> name.startsWith("lo"));
        return sent;
    }

    /** Nothing is open. */
    @Override
    public void close() {}
}
