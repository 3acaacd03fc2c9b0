package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import omni.airgap.AirgapProtocol.EngageParams;
import omni.airgap.AirgapProtocol.FailedReason;
import omni.airgap.AirgapProtocol.StatusParams;
import omni.bus.BusClient;
import omni.bus.BusServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The role's answers on the bus, over a gap that has nothing to close. */
class AirgapServiceTest {
    @TempDir
    Path folder;

    @Test
    void whereNothingIsInScopeNothingIsClosedAndNothingRemembered() throws Exception {
        try (Gap gap = gap("");
                BusServer _ = serve(gap);
                BusClient bus = BusClient.to(folder.resolve("airgap.sock"))) {
            var client = AirgapProtocol.Client.of(bus);
            var refused = assertThrows(AirgapProtocol.Failed.class, () -> client.engage(new EngageParams("a test")));
            assertEquals(FailedReason.REFUSED, refused.reason());
            assertTrue(refused.message().contains("airgap.scope"), refused.message());
            assertEquals(
                    AirgapProtocol.GapState.OPEN,
                    client.status(new StatusParams()).gap().state());
            assertFalse(TestGap.store(folder).closed());
        }
    }

    @Test
    void aNetworkThatIsStillToComeIsClosedAndRemembered() throws Exception {
        try (Gap gap = gap("/run/netns/omni-not-there");
                BusServer _ = serve(gap);
                BusClient bus = BusClient.to(folder.resolve("airgap.sock"))) {
            var closed = AirgapProtocol.Client.of(bus)
                    .engage(new EngageParams("a test"))
                    .gap();
            assertEquals(AirgapProtocol.GapState.BROKEN, closed.state());
            assertTrue(TestGap.store(folder).closed());
            try (Gap next = gap("")) {
                assertEquals("a test", next.status().cause());
                assertEquals(closed.since(), next.status().since().toString());
                assertTrue(next.status().state().closed());
            }
        }
    }

    /** A wrong try is in the evidence; one that is early is not, nor one that names no open one, for nothing makes those wait. */
    @Test
    void aLiftThatIsRefusedIsInTheEvidence() throws Exception {
        EvidenceChain evidence = EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC());
        try (Gap gap = gap("/run/netns/omni-not-there");
                BusServer _ = serve(gap, Evidence.of(evidence));
                BusClient bus = BusClient.to(folder.resolve("airgap.sock"))) {
            var client = AirgapProtocol.Client.of(bus);
            var _ = client.setStepUp(
                    new AirgapProtocol.SetStepUpParams(StepUpKey.make().publicKey(), null, null));
            var _ = client.engage(new EngageParams("a test"));
            var none = new AirgapProtocol.LiftParams("no such try", "", "000 000", null);
            var refused = assertThrows(AirgapProtocol.Failed.class, () -> client.lift(none));
            assertEquals(FailedReason.REFUSED, refused.reason());
            var begun = client.beginLift(new AirgapProtocol.BeginLiftParams());
            var wrong = new AirgapProtocol.LiftParams(begun.nonce(), "", "000 000", null);
            var denied = assertThrows(AirgapProtocol.Failed.class, () -> client.lift(wrong));
            assertEquals(FailedReason.DENIED, denied.reason());
            var early = assertThrows(AirgapProtocol.Failed.class, () -> client.lift(wrong));
            assertEquals(FailedReason.LATER, early.reason());
            String chain = Files.readString(evidence.file());
            assertEquals(2, chain.split("\"kind\":\"refused\"", -1).length, chain);
        }
    }

    @Test
    void aCauseIsOneLineOfPlainText() throws Exception {
        try (Gap gap = gap("/run/netns/omni-not-there");
                BusServer _ = serve(gap, Evidence.of(EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC())));
                BusClient bus = BusClient.to(folder.resolve("airgap.sock"))) {
            String cause = "full\u001b[31mRED\u0007\n\r\u2028The gap is open \u202eback";
            assertEquals(
                    "full [31mRED The gap is open  back",
                    AirgapProtocol.Client.of(bus)
                            .engage(new EngageParams(cause))
                            .gap()
                            .cause());
        }
    }

    /** By which who verifies knows whose proof it is; and whoever asks hears of what is not in it. */
    @Test
    void theKeyIsToldAndWhatCouldNotBeWritten() throws Exception {
        EvidenceChain chain = EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC());
        Evidence evidence = Evidence.of(chain);
        try (Gap gap = gap("");
                BusServer _ = serve(gap, evidence);
                BusClient bus = BusClient.to(folder.resolve("airgap.sock"))) {
            var client = AirgapProtocol.Client.of(bus);
            String key = Proof.key(chain.publicKey());
            assertEquals(key, client.status(new StatusParams()).gap().key());
            var whole = client.evidence(new AirgapProtocol.EvidenceParams());
            assertEquals(key, whole.publicKey());
            assertEquals(null, whole.notWritten());
            Files.createDirectory(chain.file());
            evidence.refused("a test");
            String lost = client.evidence(new AirgapProtocol.EvidenceParams()).notWritten();
            assertTrue(String.valueOf(lost).contains("could not be written since this role started: 1"), lost);
            assertTrue(client.status(new StatusParams()).gap().limits().contains(lost));
        }
    }

    private Gap gap(String scope) throws AirgapException {
        Gap gap = TestGap.gap(scope, folder, point -> {});
        gap.start();
        return gap;
    }

    private BusServer serve(Gap gap) throws Exception {
        return serve(gap, Evidence.of(EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC())));
    }

    private BusServer serve(Gap gap, Evidence evidence) throws Exception {
        Factors factors = new Factors(folder, text -> "nowhere", Owner.NOBODY, Clock.systemUTC());
        return BusServer.at(folder.resolve("airgap.sock"))
                .service(AirgapProtocol.service(
                        new AirgapService(gap, factors, evidence, Optional.empty(), "a test", List.of())))
                .start();
    }
}
