import Glibc
import KafkaAdapter
import StockSim
import StockStream
import Synchronization

/// Sends a workload to a topic: at a given rate in an open loop, or as fast as the broker takes it.
///
/// In the open loop each record has a due time, which does not move when the broker or this program is slow, and its latency counts from
/// there: what had to wait counts as waiting (no coordinated omission). `run` takes the calling thread; `stop` and `progress` may be used
/// from any other.
final class WorkloadProducer: Sendable {
    /// What to send and where.
    struct Settings: Sendable {
        /// Where the brokers are.
        var connection: KafkaConnection
        /// The input topic.
        var topic: String
        /// What is sent. The partition count is filled in from the topic.
        var workload: WorkloadOptions
        /// Records after the opening stock; nil: no limit.
        var records: Int64?
        /// How long after the opening stock, in milliseconds; nil: no limit.
        var durationMilliseconds: Int64?
        /// Records in a second; nil: as fast as possible.
        var rate: Double?
        /// Records of the opening stock in a second; nil: as fast as possible.
        var prefillRate: Double?
        /// How long records wait for company in a batch, in milliseconds.
        var lingerMilliseconds = 5
    }

    /// How far it is; counts include the opening stock.
    struct Progress: Sendable {
        var handedOver: Int64 = 0
        var acknowledged: Int64 = 0
        var failed: Int64 = 0
        var isPrefilling = true
    }

    let settings: Settings
    private let isStopping = Atomic(false)
    private let handedOver = Atomic<Int64>(0)
    private let acknowledged = Atomic<Int64>(0)
    private let failed = Atomic<Int64>(0)
    private let isPrefilling = Atomic(true)
    private let log: KafkaLog

    init(settings: Settings, log: @escaping KafkaLog) {
        self.settings = settings
        self.log = log
        isPrefilling.store(settings.workload.hasPrefill, ordering: .relaxed)
    }

    /// Asks for the end: no more records, what is on its way is waited for.
    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// How far it is now.
    var progress: Progress {
        Progress(
            handedOver: handedOver.load(ordering: .relaxed), acknowledged: acknowledged.load(ordering: .relaxed),
            failed: failed.load(ordering: .relaxed), isPrefilling: isPrefilling.load(ordering: .relaxed))
    }

    /// Sends everything and waits for the acknowledgements, up to 35 s after the last record.
    /// - Throws: `KafkaConfigurationError`, or `CommandFailure` where no broker answers or the topic is not there.
    func run() throws -> BenchResult {
        var producing = KafkaProducer.Settings(topics: [settings.topic])
        producing.lingerMilliseconds = settings.lingerMilliseconds
        let producer = try KafkaProducer(connection: settings.connection, settings: producing, log: log)
        defer { producer.close() }
        try connect(producer)
        var options = settings.workload
        options.partitions = producer.partitionCount(0)
        var workload = Workload(options: options)
        var result = BenchResult(settings: settings, partitions: options.partitions)
        if workload.prefillCount > 0 {
            var prefill = WorkloadRun(producer: producer, rate: settings.prefillRate, owner: self)
            prefill.send(&workload, records: Int64(workload.prefillCount), milliseconds: nil)
            prefill.finish()
            result.prefill = prefill.tally
        }
        isPrefilling.store(false, ordering: .relaxed)
        var run = WorkloadRun(producer: producer, rate: settings.rate, owner: self)
        result.startedAtMilliseconds = SystemClock().wallMilliseconds()
        run.send(&workload, records: settings.records, milliseconds: settings.durationMilliseconds)
        run.finish()
        result.tally = run.tally
        result.wasStopped = wasStopped
        return result
    }

    private func connect(_ producer: KafkaProducer) throws {
        var last: PortError?
        for _ in 0..<15 where !wasStopped {
            last = producer.connect(waitMilliseconds: 1_000)
            guard let last else { return }
            // It answers at once, and another node may know the topic.
            if last.code == "UNKNOWN_TOPIC_OR_PART" { usleep(UInt32(KafkaLimits.propagationMilliseconds) * 1_000 / 15) }
        }
        if wasStopped { throw CommandFailure("stopped before the broker answered", exitCode: 130) }
        throw CommandFailure("\(settings.connection.bootstrapServers): \(last?.description ?? "")", exitCode: 69)
    }

    // MARK: For the run

    /// Whether `stop` was called.
    var wasStopped: Bool { isStopping.load(ordering: .relaxed) }

    /// Counts a record that was handed over.
    func noteHandedOver() { handedOver.wrappingAdd(1, ordering: .relaxed) }

    /// Counts a report.
    func noteDelivery(isDelivered: Bool) {
        if isDelivered { acknowledged.wrappingAdd(1, ordering: .relaxed) } else { failed.wrappingAdd(1, ordering: .relaxed) }
    }
}
