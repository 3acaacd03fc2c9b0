package omni.vault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import omni.bus.RunDirectory;
import omni.bus.Service;
import omni.role.Attempts;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;
import omni.tpm.TpmDevice;

/** The role "vault": the owner's keys and records. Sealed at every start; locked by ending. */
public final class VaultRole implements Role {
    private static final Path SWAPS = Path.of("/proc/swaps");

    private final Supplier<KeyKeeper.Machine> machine;

    /** Called by the service loader. */
    public VaultRole() {
        this(KeyKeeper.Machine::ours);
    }

    /** With keys that are derived as on another machine. */
    VaultRole(Supplier<KeyKeeper.Machine> machine) {
        this.machine = machine;
    }

    @Override
    public String name() {
        return "vault";
    }

    @Override
    public List<Section<?>> sections() {
        return List.of(VaultConfig.SECTION);
    }

    @Override
    public Running start(RoleContext context) throws VaultException {
        VaultConfig config = context.config(VaultConfig.SECTION);
        Path folder = folder(context.home());
        Clock clock = Clock.systemUTC();
        TpmDevice tpm = VaultTpm.device(config.tpm());
        var keeper = new KeyKeeper(folder, context.runDir(), machine.get(), tpm);
        var vault = new Vault(
                folder,
                keeper,
                new Attempts(folder.resolve("attempts"), clock),
                clock,
                context::vanish,
                new TpmCounter(tpm));
        var _ = vault.onChange(status -> context.note(note(status)));
        context.note(note(vault.status()));
        SecretSocket secrets = SecretSocket.at(RunDirectory.socket(context.runDir(), SecretCall.SOCKET), vault);
        AutoLock autoLock = new AutoLock(vault, config.lockAfter(), clock).start();
        Optional<GapWatch> gap = config.lockInGap()
                ? Optional.of(new GapWatch(vault, System::nanoTime).start(context.provenPeer("airgap")))
                : Optional.empty();
        var schedule = new BackupSchedule(vault, config, clock).start();
        return new Keeping(
                vault,
                secrets,
                autoLock,
                gap,
                schedule,
                new VaultService(vault, config.lockAfter(), () -> limits(SWAPS)));
    }

    private static Path folder(Path home) throws VaultException {
        Path folder = home.resolve("vault");
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return folder;
        } catch (IOException e) {
            throw new VaultException(VaultException.Reason.FAILED, "The folder " + folder + " cannot be made.", e);
        }
    }

    /** What the machine does not give the vault, a line each: swap can be turned on at any time. */
    static List<String> limits(Path swaps) {
        List<String> limits = new ArrayList<>();
        try {
            if (Files.readString(swaps, StandardCharsets.US_ASCII).lines().count() > 1) {
                limits.add(
                        "this machine has swap: what the vault holds on its heap while it is open may reach the disk; turn"
                                + " it off, or encrypt it");
            }
        } catch (IOException e) {
            limits.add(
                    "whether this machine has swap is not known: what the vault holds on its heap may reach the disk");
        }
        return limits;
    }

    private static String note(Vault.Status status) {
        return status.state().name().toLowerCase(Locale.ROOT);
    }

    /** The role at work. Its end is a lock. */
    private record Keeping(
            Vault vault,
            SecretSocket secrets,
            AutoLock autoLock,
            Optional<GapWatch> gap,
            BackupSchedule schedule,
            VaultService service)
            implements Running {
        @Override
        public List<Service> services() {
            return List.of(
                    VaultProtocol.service(service),
                    RecordsProtocol.service(new RecordsService(vault, vault.permits())),
                    BackupsProtocol.service(new BackupService(vault, schedule)));
        }

        @Override
        public void stop(Duration grace) {
            autoLock.close();
            gap.ifPresent(GapWatch::close);
            schedule.close();
            secrets.close();
            try {
                vault.stop();
            } catch (VaultException e) {
                System.getLogger("omni.vault").log(System.Logger.Level.WARNING, "The records did not close", e);
            }
        }
    }
}
