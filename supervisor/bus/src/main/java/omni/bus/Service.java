package omni.bus;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** An interface with its implementation, ready to be served. Generated code makes it from a handler. */
public final class Service {
    private final String name;
    private final String description;
    private final Map<String, Erased> methods;

    private Service(String name, String description, Map<String, Erased> methods) {
        this.name = name;
        this.description = description;
        this.methods = Map.copyOf(methods);
    }

    /** What answers the calls of one method, on a virtual thread of its own. */
    @FunctionalInterface
    public interface Body<P, R> {
        /** Ends with {@link Call#reply} or throws. */
        void run(P in, Call<R> call);
    }

    /** A method without its types. */
    @FunctionalInterface
    interface Erased {
        /** Reads the parameters, and returns the work left to do. */
        Runnable bind(JsonNode parameters, Call<JsonNode> call);
    }

    /** Starts a service by interface name and description, the text of its .varlink file. */
    public static Builder builder(String name, String description) {
        return new Builder(name, description);
    }

    /** The interface's full name. */
    public String name() {
        return name;
    }

    String description() {
        return description;
    }

    Map<String, Erased> methods() {
        return methods;
    }

    /** Collects the methods. */
    public static final class Builder {
        private final String name;
        private final String description;
        private final Map<String, Erased> methods = new LinkedHashMap<>();

        private Builder(String name, String description) {
            this.name = name;
            this.description = description;
        }

        /** Adds a method. */
        public <P, R> Builder method(BusMethod<P, R> method, Body<P, R> body) {
            methods.put(method.name(), (parameters, call) -> {
                P in = method.parameters().read(parameters, "");
                return () -> body.run(in, new TypedCall<>(call, method.writeReply()));
            });
            return this;
        }

        /** The service. */
        public Service build() {
            return new Service(name, description, methods);
        }
    }

    /** A call whose replies are written as JSON. */
    private record TypedCall<R>(Call<JsonNode> wire, Function<R, JsonNode> writer) implements Call<R> {
        @Override
        public boolean wantsMore() {
            return wire.wantsMore();
        }

        @Override
        public void next(R reply) {
            wire.next(writer.apply(reply));
        }

        @Override
        public void reply(R last) {
            wire.reply(writer.apply(last));
        }

        @Override
        public boolean isCancelled() {
            return wire.isCancelled();
        }

        @Override
        public void onCancel(Runnable action) {
            wire.onCancel(action);
        }

        @Override
        public Peer peer() {
            return wire.peer();
        }
    }
}
