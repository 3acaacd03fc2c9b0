package omni.bus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Turns interface descriptions into Java at build time: {@code Codegen IN OUT PACKAGE} writes one class for each
 * {@code .varlink} file of the folder IN below the folder OUT.
 *
 * <p>{@code omni.Foo.varlink} becomes {@code FooProtocol} with, nested in it: a record a struct (an anonymous one is
 * named after its owner and field), an enum an enumeration, {@code XParams} and {@code XReply} a method, an exception
 * an error, {@code Handler}, {@code service} and {@code Client}. int is long, float double, "?" boxed and nullable,
 * [] an unmodifiable List, [string] an unmodifiable Map, object a JsonNode.
 */
public final class Codegen {
    private Codegen() {}

    /** Generates; on a fault in a description prints {@code file: line n: what} and exits with 1. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            System.err.println("usage: Codegen IN OUT PACKAGE");
            System.exit(2);
        }
        try {
            generate(Path.of(arguments[0]), Path.of(arguments[1]), arguments[2]);
        } catch (BusException fault) {
            System.err.println(fault.getMessage());
            System.exit(1);
        }
    }

    /** Writes the classes; a file whose content would not change is left as it is, so that nothing rebuilds. */
    static void generate(Path in, Path out, String packageName) throws IOException {
        Path folder = out.resolve(packageName.replace('.', '/'));
        Files.createDirectories(folder);
        List<Path> files;
        try (Stream<Path> listed = Files.list(in)) {
            files = listed.filter(file -> file.toString().endsWith(".varlink"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            String text = Files.readString(file);
            Idl idl = parse(file, text);
            Path target = folder.resolve(JavaNames.protocol(idl.name()) + ".java");
            String source = write(file, idl, text, packageName);
            if (!Files.exists(target) || !Files.readString(target).equals(source)) {
                Files.writeString(target, source);
            }
        }
    }

    private static Idl parse(Path file, String text) {
        try {
            Idl idl = IdlParser.parse(text);
            if (!file.endsWith(idl.name() + ".varlink")) {
                throw new IdlException(1, "The file of " + idl.name() + " is called " + idl.name() + ".varlink");
            }
            return idl;
        } catch (IdlException fault) {
            throw new BusException(file + ": " + fault.getMessage(), fault);
        }
    }

    private static String write(Path file, Idl idl, String text, String packageName) {
        try {
            return JavaWriter.write(idl, text, packageName);
        } catch (IdlException fault) {
            throw new BusException(file + ": " + fault.getMessage(), fault);
        }
    }
}
