package omni.bus;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import tools.jackson.databind.JsonNode;

/**
 * One accepted connection: a virtual thread that reads and one that answers.
 *
 * <p>Two threads, because the end of the stream is how a caller cancels, and it has to be seen while a handler
 * computes. Calls of one connection are answered in their order, as Varlink wants; the number of unanswered ones is
 * bounded by {@code pendingCallsMax} behind the current one. Replies are written by the answering thread straight to
 * the socket: a slow reader blocks the handler, and nothing queues up here.
 */
final class ServerConnection {
    private static final Logger LOG = System.getLogger(ServerConnection.class.getPackageName());

    private final SocketChannel channel;
    private final Peer peer;
    private final Optional<Introduction> introduction;
    private final BusLimits limits;
    private final Json json;
    private final VarlinkService services;
    private final Warnings warnings;
    /** Calls to answer; an empty one ends the answering thread. */
    private final BlockingQueue<Optional<Request>> requests = new LinkedBlockingQueue<>();

    /** Calls whose handler has not ended. */
    private final AtomicInteger unfinished = new AtomicInteger();
    /** Calls whose last reply is not on its way: once a caller can have it, it may make the next one. */
    private final AtomicInteger unanswered = new AtomicInteger();

    private final AtomicReference<Optional<WireCall>> current = new AtomicReference<>(Optional.empty());
    private final AtomicBoolean gone = new AtomicBoolean();
    private final AtomicBoolean abandoned = new AtomicBoolean();
    private final AtomicBoolean sending = new AtomicBoolean();
    private final AtomicLong progressNanos = new AtomicLong(System.nanoTime());
    private final Thread answering;

    ServerConnection(
            SocketChannel channel,
            Peer peer,
            Optional<Introduction> introduction,
            BusLimits limits,
            Json json,
            VarlinkService services,
            Warnings warnings) {
        this.channel = channel;
        this.peer = peer;
        this.introduction = introduction;
        this.limits = limits;
        this.json = json;
        this.services = services;
        this.warnings = warnings;
        answering = Thread.ofVirtual().name("bus-answer").unstarted(this::answer);
    }

    /** Who calls: for the answering thread. */
    Peer peer() {
        return new Peer(peer.user(), peer.group(), introduction.flatMap(Introduction::role));
    }

    /** This side of the proof of who calls; nothing where this server knows nobody. */
    Optional<Introduction> introduction() {
        return introduction;
    }

    /** Reads until the caller leaves, and returns when its calls have ended too. */
    void serve() throws InterruptedException {
        read();
        answering.join();
    }

    private void read() {
        var frames = new Frames(channel, limits.messageBytesMax());
        answering.start();
        try {
            boolean open = true;
            while (open) {
                open = acceptNext(frames);
            }
        } catch (BusException fault) {
            warnings.warn("Closing a connection of {0}: {1}", peer.user(), fault.getMessage());
        } catch (IOException ended) {
            LOG.log(Level.DEBUG, "A connection ended", ended);
        } finally {
            leave();
        }
    }

    /** Takes the next call, of which nothing stays here while the one after it is awaited; false at the end. */
    private boolean acceptNext(Frames frames) throws IOException {
        Optional<byte[]> frame = frames.next();
        if (frame.isPresent()) {
            accept(Request.of(json.parse(frame.get())));
        }
        return frame.isPresent();
    }

    private void accept(Request request) {
        if (unanswered.incrementAndGet() > limits.pendingCallsMax() + 1) {
            throw new BusException.Limit("Over pendingCallsMax, " + limits.pendingCallsMax()
                    + ", calls wait for their answer: read replies, or open another connection");
        }
        unfinished.incrementAndGet();
        progressNanos.set(System.nanoTime());
        requests.add(Optional.of(request));
    }

    /** The last reply of a call is about to be sent. */
    void answered() {
        unanswered.decrementAndGet();
    }

    /**
     * The caller left: tells the handler of the current call. Calls sent "oneway" go on, those that wait included: nobody
     * was to wait for them.
     */
    private void leave() {
        if (gone.compareAndSet(false, true)) {
            hangUp();
            requests.add(Optional.empty());
        }
        current.get().filter(call -> !call.isOneway()).ifPresent(WireCall::cancel);
    }

    /**
     * Shut down first: the JDK closes a channel that a virtual thread reads only once that thread has run, and until then
     * a caller could send into it what nobody will take.
     */
    private void hangUp() {
        try (channel) {
            channel.shutdownInput();
            channel.shutdownOutput();
        } catch (IOException fault) {
            LOG.log(Level.DEBUG, "Closing a connection failed", fault);
        }
    }

    /** Closes it and cancels every call. Any thread may do so. */
    void close() {
        abandoned.set(true);
        leave();
        current.get().ifPresent(WireCall::cancel);
    }

    /** Interrupts a handler that went on after its caller left. */
    void interrupt() {
        answering.interrupt();
    }

    /** Waits for the answering thread to end, and says whether it did. */
    boolean join(Duration time) throws InterruptedException {
        return answering.getState() == Thread.State.NEW || answering.join(time);
    }

    /** Whether no call is being answered or waits. */
    boolean isIdle() {
        return unfinished.get() == 0;
    }

    /** Whether it has lain without a call, or has been unable to send, for the limit's time. */
    boolean isOverdue() {
        boolean still = isIdle() || sending.get();
        return still && System.nanoTime() - progressNanos.get() > limits.idle().toNanos();
    }

    private void answer() {
        try {
            for (var next = requests.take(); next.isPresent(); next = requests.take()) {
                Request request = next.get();
                var call = new WireCall(request, this);
                current.set(Optional.of(call));
                if (abandoned.get() || (gone.get() && !request.oneway())) {
                    call.cancel();
                } else {
                    answer(request, call);
                }
                current.set(Optional.empty());
                progressNanos.set(System.nanoTime());
                unfinished.decrementAndGet();
            }
        } catch (InterruptedException end) {
            LOG.log(Level.DEBUG, "A handler was interrupted", end);
        } finally {
            leave();
        }
    }

    private void answer(Request request, WireCall call) {
        try {
            run(request, call);
        } catch (BusException.Cancelled left) {
            if (!call.isCancelled()) {
                failInternally(request, call, left);
            }
        } catch (RuntimeException fault) {
            failInternally(request, call, fault);
        }
    }

    private void run(Request request, WireCall call) {
        try {
            Runnable work;
            try {
                work = services.find(request.method()).bind(request.parameters(), call);
            } catch (Misfit misfit) {
                throw BusError.invalidParameter(misfit.parameter());
            }
            work.run();
            if (!call.isAnswered() && !call.isCancelled()) {
                throw new IllegalStateException("The handler ended without a reply");
            }
        } catch (BusError error) {
            call.fail(error);
        }
    }

    /** A fault of ours: the caller hears that there was one, the log says which. */
    private void failInternally(Request request, WireCall call, RuntimeException fault) {
        LOG.log(Level.ERROR, "The handler of " + request.method() + " failed", fault);
        if (call.isAnswered() || call.isCancelled()) {
            return;
        }
        try {
            call.fail(new BusError(VarlinkService.INTERNAL, Wire.out().toJson()));
        } catch (BusException left) {
            LOG.log(Level.DEBUG, "The caller left before it could be told", left);
        }
    }

    byte[] frame(JsonNode message) {
        return json.frame(message);
    }

    /** Sends a frame; a caller that left cancels the call. */
    void send(byte[] frame, WireCall call) {
        progressNanos.set(System.nanoTime());
        sending.set(true);
        try {
            Frames.write(channel, frame);
        } catch (IOException left) {
            leave();
            call.cancel();
            throw new BusException.Cancelled("The caller left", left);
        } finally {
            sending.set(false);
            progressNanos.set(System.nanoTime());
        }
    }

    /** Runs an action of a handler; its fault must not keep the others from running. */
    void runSafely(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException fault) {
            LOG.log(Level.ERROR, "An action on cancellation failed", fault);
        }
    }
}
