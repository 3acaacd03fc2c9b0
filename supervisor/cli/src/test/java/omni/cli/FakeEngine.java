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
    public void stats(StatsParams in, Call<StatsReply> call) {
        call.reply(new StatsReply(
                "llama.cpp v0.5.0", "CPU (haswell)", List.of(new ModelStats(ID, 1, 8, 0, 2048, 10, 4, 100, 200))));
    }
}
