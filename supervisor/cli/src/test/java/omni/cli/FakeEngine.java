package omni.cli;

import java.util.ArrayList;
import java.util.List;
import omni.bus.BusError;
import omni.bus.Call;
import omni.engine.EngineProtocol;
import omni.engine.EngineProtocol.*;

/** An engine without models: it keeps a list of names and notes what it is told. */
class FakeEngine implements EngineProtocol.Handler {
    static final String ID = "ab".repeat(32);

    final List<String> told = new ArrayList<>();
    final List<Model> models = new ArrayList<>(List.of(model("omni-seed", ID, true)));

    static Model model(String name, String id, boolean seed) {
        return new Model(
                id,
                name,
                seed,
                seed,
                seed,
                "llama",
                11_700_000,
                1_790_000_000,
                5_770_000L,
                2048L,
                null,
                "F16",
                false,
                ModelState.SOUND);
    }

    private static BusError unused() {
        return BusError.invalidParameter("unused");
    }

    @Override
    public void generate(GenerateParams in, Call<GenerateReply> call) {
        throw unused();
    }

    @Override
    public void tokenize(TokenizeParams in, Call<TokenizeReply> call) {
        throw unused();
    }

    @Override
    public void detokenize(DetokenizeParams in, Call<DetokenizeReply> call) {
        throw unused();
    }

    @Override
    public void embed(EmbedParams in, Call<EmbedReply> call) {
        throw unused();
    }

    @Override
    public synchronized void models(ModelsParams in, Call<ModelsReply> call) {
        call.reply(new ModelsReply(models));
    }

    @Override
    public void template(TemplateParams in, Call<TemplateReply> call) {
        throw unused();
    }

    @Override
    public void countTokens(CountTokensParams in, Call<CountTokensReply> call) {
        throw unused();
    }

    @Override
    public void unload(UnloadParams in, Call<UnloadReply> call) {
        throw unused();
    }

    @Override
    public synchronized void import_(ImportParams in, Call<ImportReply> call) {
        told.add("import " + in.files().getFirst().path() + " " + in.name());
        call.next(new ImportReply(null, 50, 100, null));
        var model = model(in.name() == null ? "big" : in.name(), "cd".repeat(32), false);
        models.add(model);
        call.reply(new ImportReply(model, 100, 100, ImportReplyTaken.LINKED));
    }

    @Override
    public synchronized void remove(RemoveParams in, Call<RemoveReply> call) {
        told.add("remove " + in.model());
        if (models.stream().noneMatch(m -> m.name().equals(in.model()))) {
            throw new NoSuchModel(in.model(), List.of("omni-seed"));
        }
        call.reply(new RemoveReply());
    }

    @Override
    public synchronized void use(UseParams in, Call<UseReply> call) {
        told.add("use " + in.model());
        call.reply(new UseReply());
    }

    @Override
    public synchronized void show(ShowParams in, Call<ShowReply> call) {
        told.add("show " + in.model());
        var found = models.stream()
                .filter(m ->
                        m.name().equals(in.model()) || m.id().substring(0, 8).equals(in.model()))
                .findFirst()
                .orElseThrow(() -> new NoSuchModel(String.valueOf(in.model()), List.of("omni-seed")));
        var source = new Source(SourceKind.HUGGINGFACE, "owner/repo:F16", "0123abcd");
        var files = List.of(new StoredFile("model.gguf", found.id(), found.sizeBytes()));
        var details = new ModelDetails(files, source, "apache-2.0", null, null, null, List.of("it is the default"));
        var fit =
                new ModelFit(8192, 11_000_000, 16_000_000, 9_000_000, 20_000_000, false, List.of("context 2048 fits"));
        call.reply(new ShowReply(found, details, fit, null, false));
    }

    @Override
    public synchronized void verify(VerifyParams in, Call<VerifyReply> call) {
        told.add("verify " + in.model());
        call.next(new VerifyReply(50, 100, null));
        call.reply(new VerifyReply(100, 100, in.model().equals("big") ? List.of("model.gguf") : List.of()));
    }

    @Override
    public synchronized void pin(PinParams in, Call<PinReply> call) {
        told.add("pin " + in.model() + " " + in.pinned());
        call.reply(new PinReply());
    }

    @Override
    public void counters(CountersParams in, Call<CountersReply> call) {
        call.reply(new CountersReply(List.of(), null, null));
    }

    @Override
    public void stats(StatsParams in, Call<StatsReply> call) {
        call.reply(new StatsReply(
                new Library(
                        "llama.cpp v0.5.0",
                        "cpu-haswell",
                        "cpu",
                        "The package has code for x86_64 of every generation.",
                        List.of("cuda: The CUDA driver is not installed."),
                        false),
                List.of(new ModelStats(
                        ID,
                        1,
                        8,
                        0,
                        2048,
                        10,
                        4,
                        100,
                        200,
                        List.of(new CallerStats("0123456789ab", Priority.BACKGROUND, 3, 1, 12_000))))));
    }
}
