package omni.bus;

/** Writes the typed client of an interface. */
final class ClientWriter {
    private final Idl idl;
    private final SourceText out;

    ClientWriter(Idl idl, SourceText out) {
        this.idl = idl;
        this.out = out;
    }

    static String methodConstant(Idl.Method method) {
        return "METHOD_" + JavaNames.constant(method.name());
    }

    void write() {
        out.doc("", "Calls the interface; as thread-safe as the client under it, which it does not close.");
        out.open("public static final class Client");
        out.line("private final omni.bus.BusClient bus;");
        out.open("private Client(omni.bus.BusClient bus)")
                .line("this.bus = bus;")
                .close();
        out.doc("", "One over a client of the role's socket.");
        out.open("public static Client of(omni.bus.BusClient bus)")
                .line("return new Client(bus);")
                .close();
        idl.methods().forEach(this::method);
        out.close();
    }

    private void method(Idl.Method method) {
        String name = JavaNames.method(method.name());
        String reply = method.name() + "Reply";
        String params = method.name() + "Params";
        String constant = methodConstant(method);
        out.doc(method.doc(), method.name() + ".");
        out.open("public " + reply + " " + name + "(" + params + " in)");
        out.line("return bus.call(" + constant + ", in);").close();
        out.doc("", method.name() + " with \"more\": a stream of replies.");
        out.open("public omni.bus.ReplyStream<" + reply + "> " + name + "More(" + params + " in)");
        out.line("return bus.more(" + constant + ", in);").close();
        out.doc("", method.name() + " without waiting for a reply.");
        out.open("public void " + name + "Oneway(" + params + " in)");
        out.line("bus.oneway(" + constant + ", in);").close();
    }
}
