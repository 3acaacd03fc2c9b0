package omni.fetch;

import java.nio.file.Path;
import java.util.List;
import omni.role.Config;

/** The table as it is without a file. */
final class FetchConfigDefaults {
    FetchConfig config() {
        return Config.load(Path.of("there", "is", "no", "such.toml"), List.of(FetchConfig.SECTION))
                .get(FetchConfig.SECTION);
    }
}
