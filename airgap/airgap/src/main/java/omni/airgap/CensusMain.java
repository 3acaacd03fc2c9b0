package omni.airgap;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import omni.airgap.CensusWire.Kind;
import omni.role.Native;

/**
 * The child process that reads what the kernel and other programs have written of sockets: questions on its standard input, answers on its
 * standard output ({@link CensusWire}), until the input ends. It has no capability, or ends at once; it opens no file but those of its code,
 * and no socket but the one by which a virtual machine looks whether there is IPv6.
 */
final class CensusMain {
    /** It has capabilities, or could get some. */
    static final int EXIT_CAPABLE = 10;
    /** What must be given up could not be. */
    static final int EXIT_EXPOSED = 11;
    /** Who has started it is gone. */
    static final int EXIT_ORPHANED = 12;
    /** It was asked what is no question. */
    static final int EXIT_NO_QUESTION = 13;

    private static final int EXIT_DONE = 0;

    private CensusMain() {}

    /**
     * Is the process.
     *
     * @param args the id of the process that started this one
     */
    public static void main(String[] args) {
        Runtime.getRuntime().halt(run(Long.parseLong(args[0]))); // nothing of this process is worth waiting for
    }

    private static int run(long parent) {
        Native.dieWithParent();
        if (Native.parentPid() != parent) {
            return EXIT_ORPHANED;
        }
        try {
            if (!Capabilities.none(Files.readString(Path.of("/proc/self/status")))) {
                return EXIT_CAPABLE;
            }
        } catch (IOException e) {
            return EXIT_CAPABLE; // for all that is known
        }
        if (!Native.forbidCoreDump() || !Native.renounceUrgency()) {
            return EXIT_EXPOSED;
        }
        return serve();
    }

    private static int serve() {
        try (var in = new FileInputStream(FileDescriptor.in);
                var out = new FileOutputStream(FileDescriptor.out)) {
            FrameReader questions = new FrameReader(in);
            FrameWriter answers = new FrameWriter(out);
            var _ =
                    InetAddress
                            .getLoopbackAddress(); // it looks for IPv6 now, and not in the middle of the first census
            answers.frame(Kind.READY);
            answers.flush();
            while (questions.next()) {
                answer(questions, answers);
                answers.flush();
            }
            return EXIT_DONE;
        } catch (IOException e) {
            return EXIT_NO_QUESTION; // or nobody there any more who asks; there is nobody to tell, either way
        }
    }

    /**
     * Answers the question whose first frame was read.
     *
     * @throws IOException where it is none
     */
    static void answer(FrameReader questions, FrameWriter answers) throws IOException {
        CensusAnswer answer = new CensusAnswer();
        ListParser parser = new ListParser(answer);
        Optional<UnreadableException> unreadable = Optional.empty();
        boolean ended = false;
        while (!ended) {
            ended = questions.kind() == Kind.END;
            if (unreadable.isEmpty()) {
                try {
                    parser.take(questions.kind(), questions.body());
                } catch (UnreadableException e) {
                    unreadable = Optional.of(e);
                }
            }
            if (!ended && !questions.next()) {
                throw new IOException("The question has no end.");
            }
        }
        if (unreadable.isPresent()) {
            answers.frame(Kind.FAILED, unreadable.get().list().index());
        } else {
            answer.writeTo(answers);
        }
    }
}
