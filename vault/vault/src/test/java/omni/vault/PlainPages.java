package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Every page of a database and its journal, decrypted with the raw key: what a thief of files and key would have. */
final class PlainPages {
    private static final int PAGE = 4096;
    private static final int RESERVED = 80;
    private static final int FRAME_HEADER = 24;

    private PlainPages() {}

    /** All of them, whether anything still points to them or not; frames that are left from earlier rounds, too. */
    static List<byte[]> of(Path folder, byte[] key) throws IOException, GeneralSecurityException {
        List<byte[]> pages = new ArrayList<>();
        byte[] database = Files.readAllBytes(folder.resolve("records.db"));
        for (int at = 0; at + PAGE <= database.length; at += PAGE) {
            pages.add(decrypt(Arrays.copyOfRange(database, at, at + PAGE), at / PAGE + 1, key));
        }
        Path journal = folder.resolve("records.db-wal");
        byte[] frames = Files.exists(journal) ? Files.readAllBytes(journal) : new byte[0];
        for (int at = 32; at + FRAME_HEADER + PAGE <= frames.length; at += FRAME_HEADER + PAGE) {
            int from = at + FRAME_HEADER;
            byte[] page = Arrays.copyOfRange(frames, from, from + PAGE);
            pages.add(decrypt(page, ByteBuffer.wrap(frames).getInt(at), key));
        }
        return pages;
    }

    private static byte[] decrypt(byte[] page, int number, byte[] key) throws GeneralSecurityException {
        int from = number == 1 ? 16 : 0;
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(page, PAGE - RESERVED, 16));
        return cipher.doFinal(page, from, PAGE - RESERVED - from);
    }

    /** How many of the words stand in the pages, in whatever case. */
    static long found(List<byte[]> pages, List<String> words) {
        List<String> texts = pages.stream()
                .map(page -> new String(page, StandardCharsets.ISO_8859_1).toLowerCase(java.util.Locale.ROOT))
                .toList();
        return words.stream()
                .filter(word -> texts.stream().anyMatch(text -> text.contains(word)))
                .count();
    }
}
