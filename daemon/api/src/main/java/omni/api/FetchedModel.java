package omni.api;

import omni.engine.EngineProtocol.ImportFile;
import omni.engine.EngineProtocol.ImportParams;
import omni.engine.EngineProtocol.Sampling;
import omni.engine.EngineProtocol.Source;
import omni.engine.EngineProtocol.SourceKind;
import omni.fetch.FetchProtocol.Brought;
import omni.fetch.FetchProtocol.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * What the role that fetches has brought, as the engine is asked to take it in: by its files' hashes, with all that the source said of
 * it. The role itself hands nothing over; whoever asked it does.
 */
public final class FetchedModel {
    private FetchedModel() {}

    /** The order to take it in under that name. */
    public static ImportParams order(Brought brought, String name) {
        return new ImportParams(
                brought.files().stream()
                        .map(file -> new ImportFile(file.path(), file.sha256()))
                        .toList(),
                name,
                new Source(kind(brought), brought.source(), brought.revision()),
                brought.licence(),
                brought.template(),
                sampling(brought.parameters()));
    }

    private static SourceKind kind(Brought brought) {
        return switch (brought.kind()) {
            case HUGGINGFACE -> SourceKind.HUGGINGFACE;
            case OLLAMA -> SourceKind.OLLAMA;
            case OCI -> SourceKind.OCI;
            case URL -> SourceKind.URL;
        };
    }

    private static @Nullable Sampling sampling(@Nullable Parameters said) {
        return said == null
                ? null
                : new Sampling(said.temperature(), said.topP(), said.topK(), said.minP(), said.seed(), null);
    }
}
