import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The stock operation in Kafka Streams: check and decrement in an in-memory store with its changelog, and an audit record for each event,
 * exactly_once_v2. It knows nothing else of stock: no holds, no repeats, no limits.
 *
 * <pre>StreamsStock BOOTSTRAP INPUT OUTPUT OFFSET,... RECORDS default|tuned COMMIT_MS</pre>
 *
 * Begins at the offsets, prints "running" when it has all partitions, and after so many records their rate; with 0 records it runs on.
 * Both settings use two threads; tuned is batch.size 256 KiB, linger.ms 20, max.poll.records 5,000.
 */
public final class StreamsStock {
    private static final byte[] QUANTITY = "\"quantity\":".getBytes(StandardCharsets.US_ASCII);
    private static final AtomicLong done = new AtomicLong();
    private static volatile long firstNanoseconds;

    private static final class Decider implements Processor<Bytes, byte[], Bytes, byte[]> {
        private ProcessorContext<Bytes, byte[]> context;
        private KeyValueStore<Bytes, Long> stock;

        @Override
        public void init(ProcessorContext<Bytes, byte[]> context) {
            this.context = context;
            stock = context.getStateStore("stock");
        }

        @Override
        public void process(Record<Bytes, byte[]> event) {
            if (firstNanoseconds == 0) firstNanoseconds = System.nanoTime();
            Long known = stock.get(event.key());
            long available = known == null ? 1_000_000 : known;
            long quantity = quantity(event.value());
            boolean isAccepted = available >= quantity;
            if (isAccepted) {
                available -= quantity;
                stock.put(event.key(), available);
            }
            byte[] head = ("{\"accepted\":" + isAccepted + ",\"available\":" + available + ",\"event\":").getBytes(StandardCharsets.US_ASCII);
            byte[] audit = new byte[head.length + event.value().length + 1];
            System.arraycopy(head, 0, audit, 0, head.length);
            System.arraycopy(event.value(), 0, audit, head.length, event.value().length);
            audit[audit.length - 1] = '}';
            context.forward(event.withValue(audit));
            done.incrementAndGet();
        }

        /** The number behind "quantity"; 1 where there is none. */
        private static long quantity(byte[] value) {
            outer:
            for (int start = 0; start + QUANTITY.length < value.length; start++) {
                for (int index = 0; index < QUANTITY.length; index++) if (value[start + index] != QUANTITY[index]) continue outer;
                int at = start + QUANTITY.length;
                boolean isNegative = value[at] == '-';
                if (isNegative) at++;
                long number = 0;
                while (at < value.length && value[at] >= '0' && value[at] <= '9') number = number * 10 + value[at++] - '0';
                return isNegative ? -number : number;
            }
            return 1;
        }
    }

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0], input = arguments[1], output = arguments[2];
        String[] offsets = arguments[3].split(",");
        long wanted = Long.parseLong(arguments[4]);
        String application = "streams-" + ProcessHandle.current().pid() + "-" + System.currentTimeMillis();
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, Long.parseLong(arguments[6]));
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir"));
        settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        if (arguments[5].equals("tuned")) {
            settings.put(StreamsConfig.producerPrefix("batch.size"), 262144);
            settings.put(StreamsConfig.producerPrefix("linger.ms"), 20);
            settings.put(StreamsConfig.consumerPrefix("max.poll.records"), 5000);
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            Map<TopicPartition, OffsetAndMetadata> begins = new HashMap<>();
            for (int index = 0; index < offsets.length; index++)
                begins.put(new TopicPartition(input, index), new OffsetAndMetadata(Long.parseLong(offsets[index])));
            admin.alterConsumerGroupOffsets(application, begins).all().get();
        }
        Topology topology = new Topology();
        topology.addSource("events", Serdes.Bytes().deserializer(), Serdes.ByteArray().deserializer(), input);
        topology.addProcessor("decide", Decider::new, "events");
        topology.addStateStore(
            Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("stock"), Serdes.Bytes(), Serdes.Long()), "decide");
        topology.addSink("audit", output, Serdes.Bytes().serializer(), Serdes.ByteArray().serializer(), "decide");
        KafkaStreams streams = new KafkaStreams(topology, settings);
        streams.start();
        while (streams.state() != KafkaStreams.State.RUNNING) {
            if (streams.state() == KafkaStreams.State.ERROR) Runtime.getRuntime().halt(1);
            Thread.sleep(5);
        }
        System.out.println("running");
        long last = 0;
        while (wanted == 0 || done.get() < wanted) {
            Thread.sleep(wanted == 0 ? 200 : 2);
            if (streams.state() == KafkaStreams.State.ERROR) Runtime.getRuntime().halt(1);
        }
        last = System.nanoTime();
        double seconds = (last - firstNanoseconds) / 1e9;
        System.out.printf("records=%d seconds=%.3f rate=%.0f%n", done.get(), seconds, done.get() / seconds);
        System.out.flush();
        // The broker forgets the group by itself; leaving takes longer than it is worth.
        Runtime.getRuntime().halt(0);
    }
}
