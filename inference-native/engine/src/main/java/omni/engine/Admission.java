package omni.engine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import omni.gguf.Gguf;
import omni.gguf.GgufException;
import omni.gguf.GgufModel;

/**
 * The gate before llama.cpp: the files of a model, read and found to be what its loader can take. Open for as long as
 * the loader reads them, so that none is replaced unseen.
 */
final class Admission implements AutoCloseable {
    private final List<Path> paths;
    private final List<FileStamp> stamps = new ArrayList<>();
    private final List<FileChannel> channels = new ArrayList<>();
    private final List<Gguf> parts = new ArrayList<>();
    private final GgufModel model;

    private Admission(List<Path> paths) throws IOException {
        this.paths = List.copyOf(paths);
        boolean read = false;
        try {
            for (Path path : paths) {
                channels.add(FileChannel.open(path, StandardOpenOption.READ));
                stamps.add(FileStamp.of(path));
                parts.add(Gguf.read(channels.getLast()));
            }
            model = GgufModel.of(parts);
            read = true;
        } finally {
            if (!read) {
                close();
            }
        }
    }

    /**
     * Reads files.
     *
     * @throws GgufException if llama.cpp may not be given them
     * @throws IOException if one cannot be read
     */
    static Admission of(List<Path> paths) throws IOException {
        return new Admission(paths);
    }

    /**
     * Reads the files of a model in the store.
     *
     * @throws EngineException.LoadFailed if it is set aside, was changed since it was taken in, or may not be loaded
     */
    static Admission of(StoredModel stored) {
        if (stored.damaged()) {
            throw failed(stored, "its file is damaged; remove it and get it again");
        }
        try {
            Admission admission =
                    of(stored.files().stream().map(StoredFile::path).toList());
            List<FileStamp> known =
                    stored.files().stream().map(StoredFile::stamp).toList();
            if (!admission.stamps.equals(known)) {
                admission.close();
                throw failed(stored, "its file was changed since it was taken in: try omni models verify");
            }
            return admission;
        } catch (GgufException e) {
            throw failed(stored, e.getMessage());
        } catch (IOException e) {
            throw failed(stored, "its file cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    private static EngineException.LoadFailed failed(StoredModel stored, String reason) {
        return new EngineException.LoadFailed(stored.name(), reason);
    }

    GgufModel model() {
        return model;
    }

    /** Where each part of the model is among the files, the first part first. */
    List<Integer> order() {
        List<Integer> order = new ArrayList<>();
        for (Gguf part : model.parts()) {
            order.add(parts.indexOf(part));
        }
        return order;
    }

    /** What each file looked like when it was opened. */
    List<FileStamp> stamps() {
        return List.copyOf(stamps);
    }

    /** Whether every path is still the file that was read, and not written since. */
    boolean unchanged() {
        try {
            for (int i = 0; i < paths.size(); i++) {
                if (!FileStamp.of(paths.get(i)).equals(stamps.get(i))) {
                    return false;
                }
            }
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public void close() {
        for (FileChannel channel : channels) {
            try {
                channel.close();
            } catch (IOException e) {
                System.getLogger(Admission.class.getName())
                        .log(System.Logger.Level.DEBUG, "A file that was only read did not close.", e);
            }
        }
    }
}
