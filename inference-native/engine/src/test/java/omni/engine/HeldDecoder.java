package omni.engine;

import java.util.concurrent.CountDownLatch;

/** A decoder whose decode calls wait until a test lets them go on. */
final class HeldDecoder extends DecoderProxy {
    private final CountDownLatch latch;

    HeldDecoder(Decoder real, CountDownLatch latch) {
        super(real);
        this.latch = latch;
    }

    @Override
    public Outcome decode() {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return super.decode();
    }
}
