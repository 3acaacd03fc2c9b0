package omni.bus;

import java.nio.file.Path;

/** Stage one. */
public final class BusServer implements AutoCloseable {
    private BusServer() {}

    public static Builder at(Path socket) {
        return new Builder();
    }

    @Override
    public void close() {}

    /** Stage one. */
    public static final class Builder {
        private Builder() {}

        public Builder service(Service service) {
            return this;
        }

        public Builder limits(BusLimits limits) {
            return this;
        }

        public Builder allowUser(String user) {
            return this;
        }

        public Builder identity(String vendor, String product, String version, String url) {
            return this;
        }

        public BusServer start() {
            return new BusServer();
        }
    }
}
