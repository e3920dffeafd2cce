import Foundation
import KafkaAdapter
import StockSim
import StockStream
import Synchronization

/// A producer on a thread of its own: the workload at a steady rate until it is stopped.
final class Load: Sendable {
    private struct Result {
        var delivered = 0
        var failed = 0
        var error: PortError?
        var isDone = false
    }

    private let result = Mutex(Result())
    private let isStopping = Atomic(false)

    /// `prefillsAtOnce`: definitions and opening stock come as fast as they can, and the rate holds behind them.
    init(_ installation: Installation, _ options: WorkloadOptions, recordsPerSecond: Int, prefillsAtOnce: Bool = false) {
        let connection = installation.connection
        let topic = installation.topic(.events)
        let thread = Thread { [self] in run(connection, topic, options, recordsPerSecond, prefillsAtOnce) }
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit { isStopping.store(true, ordering: .relaxed) }

    /// How many records the broker has by now.
    var delivered: Int { result.withLock { $0.delivered } }

    /// Sends what is on its way and tells how many records the broker has.
    func stop() throws -> Int {
        isStopping.store(true, ordering: .relaxed)
        let end = try within(seconds: 90, "the producer's end") { result.withLock { $0.isDone ? $0 : nil } }
        guard end.failed == 0 else {
            throw TimedOut(description: "\(end.failed) records were not delivered: \(end.error?.description ?? "no answer")")
        }
        return end.delivered
    }

    private func run(
        _ connection: KafkaConnection, _ topic: String, _ options: WorkloadOptions, _ recordsPerSecond: Int, _ prefillsAtOnce: Bool
    ) {
        defer { result.withLock { $0.isDone = true } }
        var settings = KafkaProducer.Settings(topics: [topic])
        // Longer than any fault of a test lasts.
        settings.deliveryTimeoutMilliseconds = 300_000
        guard let producer = try? KafkaProducer(connection: connection, settings: settings, log: { _, _, _ in }) else { return }
        defer { producer.close() }
        for _ in 0..<20 where producer.connect(waitMilliseconds: 1_000) == nil { break }
        var workload = Workload(options: options)
        let start = Date()
        let ahead = prefillsAtOnce ? Int(workload.prefillCount) : 0
        var sent = 0
        while !isStopping.load(ordering: .relaxed) {
            let due = ahead + Int(Date().timeIntervalSince(start) * Double(recordsPerSecond))
            while sent < due {
                let record = workload.next(atMilliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
                let outcome = producer.produce(
                    0, partition: record.partition, key: record.key, value: record.value, headers: record.headers, number: UInt64(sent))
                guard case .queued = outcome else {
                    result.withLock { $0.failed += 1 }
                    return
                }
                sent += 1
            }
            _ = producer.poll(waitMilliseconds: 2, note)
        }
        let isFlushed = producer.flush(waitMilliseconds: 60_000, note)
        if !isFlushed { result.withLock { $0.failed += producer.outstanding } }
    }

    private func note(_ delivery: KafkaProducer.Delivery) {
        result.withLock {
            $0.error = $0.error ?? delivery.error
            if delivery.error == nil { $0.delivered += 1 } else { $0.failed += 1 }
        }
    }
}
