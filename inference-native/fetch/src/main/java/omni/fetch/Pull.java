package omni.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.File;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.ProgressPhase;
import omni.fetch.FetchProtocol.Reason;
import org.jspecify.annotations.Nullable;

/** One pull with its plan: file after file, each fetched, checked and kept. Used once, by one thread. */
final class Pull {
    /** Wrong bytes are fetched once more from the beginning; wrong again they are an error. */
    private static final int FETCHES_MAX = 2;

    private final PullFolder folder;
    private final Http http;
    private final FetchConfig config;
    private final Meter meter;
    private final Cancellation cancellation;
    private final Plan plan;
    private final Optional<String> claimed;

    /** What the caller says that the one file is, in {@code claimed}. */
    Pull(
            PullFolder folder,
            Http http,
            FetchConfig config,
            Meter meter,
            Cancellation cancellation,
            Plan plan,
            Optional<String> claimed) {
        this.folder = folder;
        this.http = http;
        this.config = config;
        this.meter = meter;
        this.cancellation = cancellation;
        this.plan = plan;
        this.claimed = claimed;
    }

    /** Brings every file. {@code roomBytes} counts what is here already as room. */
    Brought run(long roomBytes, Optional<String> revision) throws IOException {
        checkClaim();
        if (plan.bytes() > roomBytes) {
            throw new FetchException(
                    Reason.SPACE,
                    "The model has " + Units.bytes(plan.bytes()) + " and the disk has room for "
                            + Units.bytes(Math.max(0, roomBytes)) + " (" + Units.bytes(config.diskReserveBytes())
                            + " stay free): make room.");
        }
        folder.create();
        List<PullFolder.Known> known = known(folder.read());
        remember(known, revision);
        meter.plan(plan.items().size(), plan.bytes());
        List<File> files = new ArrayList<>();
        for (int number = 0; number < plan.items().size(); number++) {
            Plan.Item item = plan.items().get(number);
            PullFolder.Known before = known.get(number);
            String hash;
            if (before.whole()) {
                hash = before.sha256();
                meter.correct(item.bytes());
            } else {
                hash = bring(number, item);
                known.set(
                        number,
                        new PullFolder.Known(
                                item.remoteName(), item.name(), item.bytes(), item.identity(), hash, true));
                remember(known, revision);
            }
            files.add(new File(item.name(), folder.whole(item.name()).toString(), item.bytes(), hash, assurance(item)));
        }
        return brought(files);
    }

    private void checkClaim() {
        if (claimed.isEmpty()) {
            return;
        }
        if (plan.items().size() != 1) {
            throw new FetchException(
                    Reason.INVALID,
                    "A SHA-256 is for one file, and this model has "
                            + plan.items().size() + ".");
        }
        Optional<String> told = plan.items().getFirst().sha256();
        if (told.isPresent() && !told.equals(claimed)) {
            throw new FetchException(
                    Reason.CONTENT,
                    "The source has a file of another SHA-256 (" + told.get() + "): nothing was fetched.");
        }
    }

    private FileAssurance assurance(Plan.Item item) {
        return claimed.isPresent() ? FileAssurance.CALLER : item.assurance();
    }

    private List<PullFolder.Known> known(Optional<PullFolder.State> earlier) throws IOException {
        List<PullFolder.Known> known = new ArrayList<>();
        for (int number = 0; number < plan.items().size(); number++) {
            Plan.Item item = plan.items().get(number);
            int at = number;
            Optional<PullFolder.Known> same = earlier.flatMap(state -> state.same(at, item));
            Path whole = folder.whole(item.name());
            boolean here = same.isPresent()
                    && same.get().whole()
                    && Files.isRegularFile(whole)
                    && Files.size(whole) == item.bytes()
                    && item.isResumable();
            known.add(new PullFolder.Known(
                    item.remoteName(),
                    item.name(),
                    item.bytes(),
                    item.identity(),
                    here ? same.get().sha256() : "",
                    here));
        }
        return known;
    }

    private void remember(List<PullFolder.Known> known, Optional<String> revision) throws IOException {
        folder.write(new PullFolder.State(plan.source(), revision.orElse(null), known));
    }

    /** Fetches a file and checks it; returns its SHA-256. */
    private String bring(int number, Plan.Item item) throws IOException {
        Optional<String> expected = claimed.isPresent() ? claimed : item.sha256();
        for (int fetches = 1; ; fetches++) {
            meter.enter(ProgressPhase.FETCHING, item.name(), number + 1, expected.orElse(""));
            boolean resume = item.isResumable() && fetches == 1;
            long here;
            try (Journal journal = Journal.open(
                    folder.data(number),
                    folder.journal(number),
                    item.bytes(),
                    config.partBytes(),
                    item.identity(),
                    resume)) {
                here = journal.done();
                meter.correct(here);
                new Download(http, item, plan.authorizer(), journal, config.connections(), meter, cancellation).run();
            }
            meter.enter(ProgressPhase.CHECKING, item.name(), number + 1, expected.orElse(""));
            String hash = Hash.of(folder.data(number), _ -> cancellation.check());
            if (expected.isEmpty() || expected.get().equals(hash)) {
                checkKind(number, item);
                folder.keep(number, item.name());
                return hash;
            }
            folder.drop(number);
            meter.correct(-item.bytes());
            if (fetches == FETCHES_MAX) {
                throw new FetchException(
                        Reason.CONTENT,
                        item.name() + " has the SHA-256 " + hash + " and should have " + expected.get()
                                + ", after two attempts: its bytes were deleted.");
            }
            meter.note("wrong bytes came: fetching " + item.name() + " once more");
        }
    }

    /** What is no GGUF file need not wait for the engine to be refused: an address often answers with a page. */
    private void checkKind(int number, Plan.Item item) throws IOException {
        byte[] begin;
        try (InputStream in = Files.newInputStream(folder.data(number))) {
            begin = in.readNBytes(4);
        }
        if (!new String(begin, StandardCharsets.ISO_8859_1).equals("GGUF")) {
            folder.drop(number);
            throw new FetchException(Reason.CONTENT, item.name() + " is no GGUF file: it was deleted.");
        }
    }

    private Brought brought(List<File> files) {
        @Nullable String revision = plan.revision().orElse(null);
        return new Brought(
                folder.id(),
                plan.kind(),
                plan.source(),
                revision,
                plan.name(),
                plan.licence().orElse(null),
                plan.template().orElse(null),
                plan.parameters().orElse(null),
                files);
    }
}
