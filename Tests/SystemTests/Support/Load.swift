import Foundation
import KafkaAdapter
import StockSim
import StockStream
import StockWire
import Synchronization

/// What a load has brought to the broker.
struct Delivered {
    /// Records that were acknowledged.
    var records = 0
    /// Records among them that were sent a second time, as the first may have been written or not.
    var sentAgain = 0

    /// Whether the inputs that an audit found are these. The ledger has each once in any case: the audit looks at the ids.
    func matches(_ report: AuditReport) -> Bool {
        (records...records + sentAgain).contains(report.inputs - report.rerouted - report.seals)
    }
}

/// A producer on a thread of its own: the workload at a steady rate until it is stopped.
///
/// What failed in an unknown way is sent again with the same id, as every producer has to do. It happens to an idempotent one too: a
/// broker that was killed knows, when it is back, only the last batch that each producer had written, and answers an earlier one, whose
/// answer was lost, with `OUT_OF_ORDER_SEQUENCE_NUMBER` (its snapshots of producers hold one batch each). Some of these answers end the
/// producer itself; another takes its place then, with all that was not acknowledged.
final class Load: Sendable {
    private struct Result {
        var delivered = Delivered()
        var isLost = false
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
    var delivered: Int { result.withLock { $0.delivered.records } }

    /// Sends what is on its way and tells what the broker has.
    func stop() throws -> Delivered {
        isStopping.store(true, ordering: .relaxed)
        let end = try within(seconds: 150, "the producer's end") { result.withLock { $0.isDone ? $0 : nil } }
        guard !end.isLost else { throw TimedOut(description: "records were not delivered: \(end.error?.description ?? "no answer")") }
        return end.delivered
    }

    private func run(
        _ connection: KafkaConnection, _ topic: String, _ options: WorkloadOptions, _ recordsPerSecond: Int, _ prefillsAtOnce: Bool
    ) {
        defer { result.withLock { $0.isDone = true } }
        guard let producer = Self.connect(connection, topic) else { return result.withLock { $0.isLost = true } }
        var workload = Workload(options: options)
        var sending = Sending(producer: producer)
        defer { sending.producer.close() }
        let start = Date()
        let ahead = prefillsAtOnce ? Int(workload.prefillCount) : 0
        while !isStopping.load(ordering: .relaxed) {
            let due = ahead + Int(Date().timeIntervalSince(start) * Double(recordsPerSecond))
            while sending.count < due {
                sending.send(workload.next(atMilliseconds: Int64(Date().timeIntervalSince1970 * 1_000)))
            }
            sending.advance(waitMilliseconds: 2) { Self.connect(connection, topic) }
            result.withLock { $0.delivered = sending.delivered }
        }
        let end = Date(timeIntervalSinceNow: 60)
        while !sending.isDone, Date() < end {
            sending.advance(waitMilliseconds: 20) { Self.connect(connection, topic) }
        }
        result.withLock {
            $0.delivered = sending.delivered
            $0.isLost = !sending.isDone
            $0.error = sending.error
        }
    }
}

extension Load {
    private static func connect(_ connection: KafkaConnection, _ topic: String) -> KafkaProducer? {
        var settings = KafkaProducer.Settings(topics: [topic])
        // Longer than any fault of a test lasts.
        settings.deliveryTimeoutMilliseconds = 300_000
        guard let producer = try? KafkaProducer(connection: connection, settings: settings, log: { _, _, _ in }) else { return nil }
        // The node that is asked may not know a topic that was just made, and says so at once.
        for _ in 0..<40 {
            guard producer.connect(waitMilliseconds: 1_000) != nil else { return producer }
            usleep(200_000)
        }
        producer.close()
        return nil
    }
}

/// The records that are on their way, each until it was acknowledged.
private struct Sending {
    private(set) var producer: KafkaProducer
    /// Whether the producer takes no more records.
    private(set) var isAtItsEnd = false
    private(set) var count = 0
    private(set) var delivered = Delivered()
    private(set) var error: PortError?
    private var outstanding: [UInt64: KeptRecord] = [:]
    private var due: [UInt64] = []

    init(producer: KafkaProducer) { self.producer = producer }

    var isDone: Bool { outstanding.isEmpty }

    mutating func send(_ record: WorkloadRecord) {
        let number = UInt64(count)
        count += 1
        let kept = KeptRecord(record)
        outstanding[number] = kept
        hand(kept, number)
    }

    /// Takes what the broker answered, and hands over what failed once more; to another producer where this one is at its end.
    mutating func advance(waitMilliseconds: Int32, connect: () -> KafkaProducer?) {
        let producer = producer
        _ = producer.poll(waitMilliseconds: waitMilliseconds) { note($0) }
        if isAtItsEnd, let next = connect() { goOn(with: next) }
        let numbers = due
        due = []
        for number in numbers { hand(outstanding[number]!, number) }
    }

    /// What the old producer has not reported is sent again, as what it reported as failed, in the order in which it was made: a record
    /// with the id of an earlier one and another body must not come before that.
    private mutating func goOn(with next: KafkaProducer) {
        producer.close()
        producer = next
        isAtItsEnd = false
        delivered.sentAgain += outstanding.count - due.count
        due = outstanding.keys.sorted()
    }

    private mutating func note(_ delivery: KafkaProducer.Delivery) {
        guard let failure = delivery.error else {
            outstanding[delivery.number] = nil
            delivered.records += 1
            return
        }
        error = failure
        delivered.sentAgain += 1
        due.append(delivery.number)
    }

    private mutating func hand(_ kept: KeptRecord, _ number: UInt64) {
        let record = kept.record
        let outcome = producer.produce(
            0, partition: record.partition, key: record.key, value: record.value, headers: record.headers, number: number)
        if case .queued = outcome { return }
        if case .failed(let failure) = outcome {
            error = failure
            isAtItsEnd = isAtItsEnd || failure.isFatal
        }
        due.append(number)
    }
}

/// A record of a workload that outlives the next one.
private final class KeptRecord {
    let record: WorkloadRecord
    private let copies: [UnsafeMutableRawBufferPointer]
    private let headers: UnsafeMutableBufferPointer<RecordHeader>

    init(_ original: WorkloadRecord) {
        var copies: [UnsafeMutableRawBufferPointer] = []
        func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            copy.copyMemory(from: bytes)
            copies.append(copy)
            return UnsafeRawBufferPointer(copy)
        }
        headers = .allocate(capacity: original.headers.count)
        _ = headers.initialize(from: original.headers.map { RecordHeader(name: copy($0.name), value: $0.value.map(copy)) })
        var record = original
        record.key = original.key.map(copy)
        record.value = original.value.map(copy)
        record.headers = UnsafeBufferPointer(headers)
        self.record = record
        self.copies = copies
    }

    deinit {
        for copy in copies { copy.deallocate() }
        headers.deallocate()
    }
}
