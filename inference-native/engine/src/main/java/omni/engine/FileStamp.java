package omni.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;

/**
 * What tells that a file was not written since: as long as all three are the same, so is the content, unless somebody
 * set the clock of the file back.
 *
 * @param sizeBytes its length
 * @param modifiedNanos when it was last written, nanoseconds since 1970
 * @param inode which file of its disk it is
 */
record FileStamp(long sizeBytes, long modifiedNanos, long inode) {
    static FileStamp of(Path file) throws IOException {
        FileTime modified = Files.getLastModifiedTime(file);
        Object inode = Files.getAttribute(file, "unix:ino");
        return new FileStamp(
                Files.size(file), modified.to(TimeUnit.NANOSECONDS), inode instanceof Number n ? n.longValue() : 0);
    }
}
