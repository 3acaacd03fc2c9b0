package omni.runtime;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A copy of a signed jar without its signature. Java reads the digests of all of a signed jar's files, and checks each class that it
 * loads, at every start, against a signature that is the jar's own; Maven has compared the jar with its repository's checksum, and {@code SHA256SUMS} has the
 * copy's sum.
 */
final class Unsigned {
    private static final String META = "META-INF/";

    private Unsigned() {}

    /** Whether Java would check that jar's signature. */
    static boolean isSigned(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.stream().anyMatch(entry -> isOfASignature(entry.getName()));
        }
    }

    /** Files that the JAR file specification gives to signatures. */
    private static boolean isOfASignature(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return upper.startsWith(META)
                && upper.indexOf('/', META.length()) < 0
                && (upper.endsWith(".SF") || upper.endsWith(".RSA") || upper.endsWith(".DSA") || upper.endsWith(".EC"));
    }

    /** Copies it; the manifest keeps its main section, for the others are the files' digests. */
    static void copy(Path signed, Path copy) throws IOException {
        try (ZipFile zip = new ZipFile(signed.toFile());
                OutputStream out = Files.newOutputStream(copy);
                ZipOutputStream to = new ZipOutputStream(out)) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                if (!isOfASignature(entry.getName())) {
                    byte[] bytes = zip.getInputStream(entry).readAllBytes();
                    put(to, entry, entry.getName().equals(JarFile.MANIFEST_NAME) ? mainSection(bytes) : bytes);
                }
            }
        }
    }

    private static byte[] mainSection(byte[] manifest) throws IOException {
        var all = new Manifest(new ByteArrayInputStream(manifest));
        all.getEntries().clear();
        var bytes = new ByteArrayOutputStream();
        all.write(bytes);
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream to, ZipEntry entry, byte[] bytes) throws IOException {
        var copied = new ZipEntry(entry.getName());
        copied.setTime(entry.getTime());
        if (entry.getMethod() == ZipEntry.STORED) {
            var crc = new CRC32();
            crc.update(bytes);
            copied.setMethod(ZipEntry.STORED);
            copied.setSize(bytes.length);
            copied.setCrc(crc.getValue());
        }
        to.putNextEntry(copied);
        to.write(bytes);
        to.closeEntry();
    }
}
