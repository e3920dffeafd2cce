import Foundation
import KafkaAdapter
import StockCore
import StockStream
import Synchronization
import Telemetry

/// The clocks of a worker: the machine's, and how far they are from the brokers'.
struct ComparedClock: WorkerClock {
    let comparison: ClockComparison

    func wallMilliseconds() -> Int64 { SystemClock().wallMilliseconds() }
    func monotonicMicroseconds() -> Int64 { SystemClock().monotonicMicroseconds() }
    func measuredErrorMilliseconds() -> Int64? { comparison.errorMilliseconds }
}

/// Compares this machine's wall clock with the brokers', so that no hold ends by a clock that is off where no record comes that could show
/// it.
///
/// A broker tells its time only in the stamp of what it appends: a tombstone of a key of its own goes into the state topic, at the start,
/// every ten minutes, and more often where the clocks differ. In between the monotonic clock shows where the wall clock jumps.
final class ClockComparison: Sendable {
    private static let toleranceMilliseconds = WorkerOptions(partitionCount: 1, inputTopic: "").clockToleranceMilliseconds
    private static let intervalMilliseconds: Int64 = 600_000
    private static let retryMilliseconds: Int64 = 10_000
    private static let failureMilliseconds: Int64 = 1_000

    private enum Known {
        static let nothing = Int64.min
        /// The broker gives no stamps (the topic is not LogAppendTime, or it is the embedded one): this clock is all there is.
        static let noStamps = Int64.max
    }

    /// The brokers' clock less the monotonic one, in milliseconds, or one of `Known`.
    private let offset = Atomic(Known.nothing)
    private let isStopping = Atomic(false)

    /// How far the wall clock is ahead now; nil: not compared yet.
    var errorMilliseconds: Int64? {
        let offset = offset.load(ordering: .relaxed)
        if offset == Known.nothing { return nil }
        if offset == Known.noStamps { return 0 }
        let clock = SystemClock()
        return clock.wallMilliseconds() - (clock.monotonicMilliseconds() + offset)
    }

    private var isOff: Bool { abs(errorMilliseconds ?? 0) > ClockComparison.toleranceMilliseconds }

    /// Compares on a thread of its own until `stop`.
    func start(_ connection: KafkaConnection, stateTopic: String, _ logger: Logger) {
        let thread = Thread { [self] in run(connection, stateTopic, logger) }
        thread.name = "clock"
        thread.start()
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    private func run(_ connection: KafkaConnection, _ topic: String, _ logger: Logger) {
        var attempt: Int32 = 0
        var due = Int64.min
        while !isStopping.load(ordering: .relaxed) {
            let now = SystemClock().monotonicMilliseconds()
            // What looks like a jump of the wall clock is looked into soon.
            guard now >= due || isOff && due - now > ClockComparison.retryMilliseconds else {
                usleep(100_000)
                continue
            }
            let isCompared = compare(connection, topic, attempt, logger)
            attempt += 1
            due = now + (isCompared ? ClockComparison.intervalMilliseconds : ClockComparison.failureMilliseconds)
            guard isCompared, let error = errorMilliseconds, isOff else { continue }
            due = now + ClockComparison.retryMilliseconds
            logger.error(
                "this clock is off the brokers'; log time moves with records only", ["offMilliseconds": .integer(error)],
                repeatKey: "clock")
        }
    }

    /// One comparison, up to a few seconds. By turns on all partitions: one whose leader is away must not keep the others waiting.
    private func compare(_ connection: KafkaConnection, _ topic: String, _ attempt: Int32, _ logger: Logger) -> Bool {
        let settings = KafkaProducer.Settings(topics: [topic])
        guard let producer = try? KafkaProducer(connection: connection, settings: settings, log: logger.kafkaLog) else { return false }
        defer { producer.close() }
        guard producer.connect(waitMilliseconds: 2_000) == nil else { return false }
        let key = [RecordKind.stamp.rawValue]
        let outcome = key.withUnsafeBytes { producer.produce(0, partition: attempt % producer.partitionCount(0), key: $0, value: nil) }
        guard case .queued = outcome else { return false }
        var delivery: KafkaProducer.Delivery?
        _ = producer.flush(waitMilliseconds: 3_000) { delivery = $0 }
        let now = SystemClock().monotonicMilliseconds()
        guard let delivery, delivery.error == nil else { return false }
        // The stamp is older than `now` by less than the way there and back.
        offset.store(delivery.appendedAtMilliseconds.map { $0 - now } ?? Known.noStamps, ordering: .relaxed)
        return true
    }
}
