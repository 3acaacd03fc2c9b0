package omni.airgap;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A child without a process: it answers what {@link CensusMain} does, in this process, or whatever a test has it say. Counts how often
 * it was ended.
 */
final class FakeChild implements ParserChild {
    private final ByteArrayOutputStream asked = new ByteArrayOutputStream();
    private final FrameWriter questions = new FrameWriter(asked);
    private final FrameReader answers;
    private int ended;

    private FakeChild(InputStream answers) {
        this.answers = new FrameReader(answers);
    }

    /** One that says this, whatever it is asked. */
    static FakeChild saying(byte[] bytes) {
        return new FakeChild(new ByteArrayInputStream(bytes));
    }

    /** One that answers as the process does. */
    static FakeChild honest() {
        var answers = new Answers();
        FakeChild child = new FakeChild(answers);
        answers.asked = child.asked;
        return child;
    }

    /** What is answered, once somebody reads it. */
    private static final class Answers extends InputStream {
        private ByteArrayOutputStream asked = new ByteArrayOutputStream();
        private InputStream answer = InputStream.nullInputStream();

        @Override
        public int read() {
            throw new UnsupportedOperationException("Frames are read by the piece");
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = answer.read(into, offset, length);
            if (read < 0 && asked.size() > 0) {
                byte[] question = asked.toByteArray();
                asked.reset();
                answer = new ByteArrayInputStream(answerTo(question));
                return answer.read(into, offset, length);
            }
            return read;
        }
    }

    /** What the process answers to a question, whose end need not be there. */
    static byte[] answerTo(byte[] question) throws IOException {
        FrameReader questions = new FrameReader(new ByteArrayInputStream(question));
        var bytes = new ByteArrayOutputStream();
        FrameWriter answers = new FrameWriter(bytes);
        while (questions.next()) {
            CensusMain.answer(questions, answers);
        }
        answers.flush();
        return bytes.toByteArray();
    }

    int ended() {
        return ended;
    }

    @Override
    public FrameWriter questions() {
        return questions;
    }

    @Override
    public FrameReader answers() {
        return answers;
    }

    @Override
    public AirgapException failure(IOException cause) {
        close();
        return new AirgapException("It has ended.", cause);
    }

    @Override
    public void close() {
        ended++;
    }
}
