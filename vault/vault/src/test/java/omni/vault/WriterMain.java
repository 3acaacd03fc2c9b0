package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes conversations for ever, each of two messages with its number, and prints the number of each that is acknowledged. Every
 * third deletes the one before it. The second argument, "off", lets it acknowledge what the disk does not have.
 */
final class WriterMain {
    private WriterMain() {}

    public static void main(String[] args) throws IOException {
        boolean synchronous = args.length < 2 || !args[1].equals("off");
        long count = args.length < 3 ? Long.MAX_VALUE : Long.parseLong(args[2]);
        RecordsOptions options = new RecordsOptions(true, synchronous, RecordsOptions.PRODUCT.pagesMax());
        try (TestVault vault = new TestVault(Path.of(args[0]), options)) {
            long number = vault.conversations.list(Optional.empty(), 1).entries().stream()
                    .mapToLong(last -> Long.parseLong(last.metadata().getOrDefault("number", "0")))
                    .findFirst()
                    .orElse(0);
            String before = "";
            for (long i = 0; i < count; i++) {
                number++;
                String id = vault.conversations
                        .create(
                                Map.of("number", Long.toString(number)),
                                List.of(TestVault.message("question " + number), TestVault.message("answer " + number)),
                                Optional.empty())
                        .id();
                System.out.println(number);
                if (number % 3 == 0 && !before.isEmpty()) {
                    vault.conversations.delete(before);
                    System.out.println(-(number - 1));
                }
                before = id;
            }
        }
    }
}
