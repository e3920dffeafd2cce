import Foundation
import KafkaAdapter
import StockSim
import StockWire
import Synchronization

/// Reads the committed ledger as it grows: how many input records have their fact, and how long after its append a record's fact was there.
final class LedgerPace: Sendable {
    private struct Seen {
        var inputs = 0
        var last: [Int32: Int64] = [:]
        var latencies: [Int64] = []
    }

    private let seen = Mutex(Seen())
    private let isStopping = Atomic(false)

    init(_ installation: Installation) {
        let connection = installation.connection
        let topic = installation.topic(.ledger)
        Thread.detachNewThread { [self] in run(connection, topic) }
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Input records whose fact is committed.
    var inputs: Int { seen.withLock { $0.inputs } }

    /// The last committed seq of each partition.
    var lastSeqs: [Int32: Int64] { seen.withLock { $0.last } }

    /// Begins a new measurement.
    func reset() { seen.withLock { $0.latencies = [] } }

    /// Of the facts since `reset`: their number, and the time from the stamp of a record to its fact being read, for people.
    var text: String {
        let sorted = seen.withLock { $0.latencies }.sorted()
        guard !sorted.isEmpty else { return "no facts" }
        return "\(sorted.count) facts, p50 \(sorted[sorted.count / 2]) ms, p99 \(sorted[sorted.count * 99 / 100]) ms"
    }

    private func run(_ connection: KafkaConnection, _ topic: String) {
        var settings = KafkaReader.Settings(topics: [topic])
        settings.fetchWaitMilliseconds = 10
        guard let reader = try? KafkaReader(connection: connection, settings: settings, log: { _, _, _ in }) else { return }
        defer { reader.close() }
        for _ in 0..<20 where reader.connect(waitMilliseconds: 1_000) == nil { break }
        while !isStopping.load(ordering: .relaxed) {
            guard case .record(_, let record) = reader.poll(waitMilliseconds: 20) else { continue }
            let late = Int64(Date().timeIntervalSince1970 * 1_000) - record.timestampMilliseconds
            guard let fact = AuditedFact(record) else { continue }
            seen.withLock {
                $0.last[record.partition] = fact.seq
                guard fact.offset >= 0 else { return }
                $0.inputs += 1
                $0.latencies.append(late)
            }
        }
    }
}

/// What of a ledger record tells where it stands, read by Foundation and not by us.
struct AuditedFact {
    var partition: Int32
    var seq: Int64
    /// -1: no input of its own.
    var offset: Int64
    var sku: String
    /// 0: it changes nothing of a SKU.
    var version: Int64

    init?(_ record: RecordView) {
        guard let value = record.value, let json = try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any],
            let seq = json["seq"] as? NSNumber
        else { return nil }
        partition = record.partition
        self.seq = seq.int64Value
        offset = (json["offset"] as? NSNumber)?.int64Value ?? -1
        sku = json["sku"] as? String ?? ""
        version = (json["version"] as? NSNumber)?.int64Value ?? 0
    }
}
