package omni.fetch;

import java.util.List;
import java.util.Optional;

/** Where models are: turns a reference into a plan by asking. Thread-safe. */
interface Source<R extends Reference> {
    /**
     * Asks what is to be fetched.
     *
     * @param question what else is known
     * @throws FetchException where the source refuses, has no such thing, or breaks a bound
     */
    Plan resolve(R reference, Question question);

    /**
     * What a source needs beside the reference.
     *
     * @param earlier the remote names that an earlier run of this pull took; empty on the first
     * @param room what fits here
     * @param sha256 what the caller says that the one file is
     * @param asker who waits for the plan
     */
    record Question(List<String> earlier, Quant.Room room, Optional<String> sha256, Asker asker) {}
}
