package dynoscope.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** Values of the topic: Confluent's five bytes, then generic Avro. */
final class CounterValues {
    private static final int PREFIX_BYTES = 5;

    static Serde<GenericRecord> serde(Schema schema) {
        GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
        BinaryDecoder[] reused = new BinaryDecoder[1];
        Deserializer<GenericRecord> read = (topic, bytes) -> {
            try {
                reused[0] = DecoderFactory.get()
                        .binaryDecoder(bytes, PREFIX_BYTES, bytes.length - PREFIX_BYTES, reused[0]);
                return reader.read(null, reused[0]);
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        };
        return Serdes.serdeFrom(
                (topic, value) -> {
                    throw new UnsupportedOperationException("the peer writes no counters");
                },
                read);
    }

    private CounterValues() {}
}
