package dynoscope.peer;

import java.nio.ByteBuffer;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** Count, sum, least and largest of each counter of one host in one window. */
final class CounterSums {
    static final int BYTES_EACH = Integer.BYTES + 3 * Double.BYTES;

    final int[] counts;
    final double[] sums;
    final double[] mins;
    final double[] maxes;

    CounterSums(int counters) {
        counts = new int[counters];
        sums = new double[counters];
        mins = new double[counters];
        maxes = new double[counters];
    }

    /** `first` is the position of the first counter among the fields. */
    CounterSums add(GenericRecord record, int first) {
        for (int i = 0; i < counts.length; i++) {
            Object value = record.get(first + i);
            if (value == null) continue;
            double number = (Double) value;
            mins[i] = counts[i] == 0 ? number : Math.min(mins[i], number);
            maxes[i] = counts[i] == 0 ? number : Math.max(maxes[i], number);
            sums[i] += number;
            counts[i]++;
        }
        return this;
    }

    static Serde<CounterSums> serde() {
        Serializer<CounterSums> write = (topic, value) -> value == null ? null : value.bytes();
        Deserializer<CounterSums> read = (topic, bytes) -> bytes == null ? null : of(bytes);
        return Serdes.serdeFrom(write, read);
    }

    byte[] bytes() {
        int counters = counts.length;
        ByteBuffer buffer = ByteBuffer.allocate(counters * BYTES_EACH);
        buffer.asDoubleBuffer().put(sums).put(mins).put(maxes);
        buffer.position(counters * 3 * Double.BYTES);
        buffer.asIntBuffer().put(counts);
        return buffer.array();
    }

    static CounterSums of(byte[] bytes) {
        int counters = bytes.length / BYTES_EACH;
        CounterSums read = new CounterSums(counters);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        buffer.asDoubleBuffer().get(read.sums).get(read.mins).get(read.maxes);
        buffer.position(counters * 3 * Double.BYTES);
        buffer.asIntBuffer().get(read.counts);
        return read;
    }
}
