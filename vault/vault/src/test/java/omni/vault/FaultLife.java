package omni.vault;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import omni.vault.VaultException.Reason;

/** What is done at one point of {@link FaultMain}, and what is found afterwards. */
abstract class FaultLife {
    final List<String> wrong = new ArrayList<>();
    final List<String> refusals = new ArrayList<>();
    int acknowledged;

    /** What cannot be read may as well be damaged, for all that is known of it then. */
    final boolean ofReads;

    FaultLife(boolean ofReads) {
        this.ofReads = ofReads;
    }

    /** Something that is done, and is acknowledged where it returns. */
    interface Step {
        void run() throws IOException;
    }

    /** While a call fails. */
    abstract void work();

    /** With a disk that works again. */
    abstract void check() throws IOException;

    /** Whether it was acknowledged; where not, the reason must be clear. */
    final boolean step(Step step) {
        try {
            step.run();
            acknowledged++;
            return true;
        } catch (VaultException e) {
            if (e.reason() != Reason.FAILED && !(ofReads && e.reason() == Reason.DAMAGED)) {
                wrong.add("an error of the disk is called " + e.reason() + ": " + e.getMessage() + " " + e.getCause());
            }
            refusals.add(e.getMessage());
        } catch (IOException | RuntimeException e) {
            if (e instanceof RuntimeException || e.getMessage() == null) {
                wrong.add("an error of the disk is " + e + " at " + e.getStackTrace()[0]);
            }
            refusals.add(String.valueOf(e.getMessage()));
        }
        return false;
    }

    final void require(boolean holds, String otherwise) {
        if (!holds) {
            wrong.add(otherwise);
        }
    }
}
