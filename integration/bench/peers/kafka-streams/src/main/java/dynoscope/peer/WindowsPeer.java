package dynoscope.peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;

/**
 * The work of Dynoscope's 10-s windows as Kafka Streams does it: generic Avro, a window store in memory, rows when a
 * window closes. It keeps no changelog and writes no topic: less than the stage that it is compared with does.
 *
 * <p>Arguments: bootstrap, topic, application id, schema file, position of the first counter, counters, records, records
 * to leave out at the start, state folder, [file of rows].
 */
public final class WindowsPeer {
    private static final Duration WINDOW = Duration.ofSeconds(10);
    /** 15 s of lateness and 1 s for the order within it; windows are (start, end], so times are one ms earlier here. */
    private static final Duration GRACE = Duration.ofMillis(15_999);

    public static void main(String[] args) throws Exception {
        Schema schema = new Schema.Parser().parse(Files.readString(Path.of(args[3])));
        int first = Integer.parseInt(args[4]);
        int counters = Integer.parseInt(args[5]);
        long records = Long.parseLong(args[6]);
        Meter meter = new Meter(Long.parseLong(args[7]));
        Rows rows = new Rows(args.length > 9 ? Path.of(args[9]) : null);
        CountDownLatch done = new CountDownLatch(1);
        int timeField = schema.getField("time_ms").pos();

        StreamsBuilder builder = new StreamsBuilder();
        Consumed<String, GenericRecord> consumed = Consumed.with(Serdes.String(), CounterValues.serde(schema))
                .withTimestampExtractor((record, partitionTime) ->
                        (Long) ((GenericRecord) record.value()).get(timeField) - 1);
        builder.stream(args[1], consumed)
                .groupByKey(Grouped.keySerde(Serdes.String()))
                .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
                .emitStrategy(EmitStrategy.onWindowClose())
                .aggregate(
                        () -> new CounterSums(counters),
                        (host, record, sums) -> {
                            CounterSums added = sums.add(record, first);
                            if (meter.one() == records) done.countDown();
                            return added;
                        },
                        Materialized.<String, CounterSums>as(org.apache.kafka.streams.state.Stores.inMemoryWindowStore(
                                        "windows", WINDOW.plus(GRACE), WINDOW, false))
                                .withKeySerde(Serdes.String())
                                .withValueSerde(CounterSums.serde())
                                .withCachingDisabled()
                                .withLoggingDisabled())
                .toStream()
                .foreach((Windowed<String> window, CounterSums sums) ->
                        rows.add(window.key(), window.window().end(), sums));

        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings(args))) {
            streams.start();
            done.await();
            String measured = meter.measured(rows.count());
            streams.close(Duration.ofSeconds(20));
            rows.close();
            System.out.println(measured);
        }
        System.exit(0);
    }

    private static Properties settings(String[] args) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[8]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        // By default it looks once a second of its own clock; in a backlog the store has forgotten windows by then.
        settings.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        settings.put(StreamsConfig.consumerPrefix("max.poll.records"), 2_000);
        return settings;
    }

    private WindowsPeer() {}
}
