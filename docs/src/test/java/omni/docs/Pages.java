package omni.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The Markdown pages of the repository. */
final class Pages {
    private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```");
    private static final Pattern LINK = Pattern.compile("(?<!!)\\[[^\\]\\n]+\\]\\(([^)\\s]+)\\)");

    /**
     * A fenced block.
     *
     * @param page the page it stands on, relative to the root
     * @param language the word behind the opening fence, or an empty text
     * @param text what stands between the fences
     */
    record Block(String page, String language, String text) {}

    /**
     * A link.
     *
     * @param page the page it stands on, relative to the root
     * @param target what it points to
     */
    record Link(String page, String target) {}

    private Pages() {}

    /** Returns the root of the checkout. */
    static Path root() {
        return Path.of(System.getProperty("omni.root"));
    }

    /** Returns every page that belongs to the repository, sorted. */
    static List<Path> all() {
        try (var walk = Files.walk(root())) {
            return walk.filter(p -> p.toString().endsWith(".md"))
                    .filter(p -> {
                        var name = "/" + root().relativize(p);
                        return !name.contains("/target/") && !name.contains("/node_modules/");
                    })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the fenced blocks of all pages in the named language. */
    static List<Block> blocks(String language) {
        var found = new ArrayList<Block>();
        for (var page : all()) {
            FENCE.matcher(text(page))
                    .results()
                    .filter(r -> r.group(1).equals(language))
                    .forEach(r -> found.add(new Block(name(page), r.group(1), r.group(2))));
        }
        return found;
    }

    /** Returns the links of all pages, those inside fenced blocks aside. */
    static List<Link> links() {
        var found = new ArrayList<Link>();
        for (var page : all()) {
            LINK.matcher(FENCE.matcher(text(page)).replaceAll(""))
                    .results()
                    .forEach(r -> found.add(new Link(name(page), r.group(1))));
        }
        return found;
    }

    private static String name(Path page) {
        return root().relativize(page).toString();
    }

    private static String text(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
