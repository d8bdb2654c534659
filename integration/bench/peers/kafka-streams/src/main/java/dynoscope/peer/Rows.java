package dynoscope.peer;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Closed windows: counted, and where a file is given written to it for the comparison with ours. */
final class Rows {
    private final DataOutputStream file;
    private long count;

    Rows(Path path) throws IOException {
        file = path == null ? null : new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path), 1 << 20));
    }

    long count() {
        return count;
    }

    /** Host, end of the window, then counts, sums, least and largest values of all counters; big-endian. */
    void add(String host, long endMs, CounterSums sums) {
        count++;
        if (file == null) return;
        try {
            file.writeUTF(host);
            file.writeLong(endMs);
            for (int value : sums.counts) file.writeInt(value);
            for (double value : sums.sums) file.writeDouble(value);
            for (double value : sums.mins) file.writeDouble(value);
            for (double value : sums.maxes) file.writeDouble(value);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    void close() throws IOException {
        if (file != null) file.close();
    }
}
