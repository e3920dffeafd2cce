import Foundation
import StockStream
import StockWire
import Synchronization
import Testing

@testable import KafkaAdapter

/// Keeps what the library says, to be shown when a test fails.
final class TestLog: Sendable {
    private let lines = Mutex<[String]>([])

    var closure: KafkaLog {
        { [self] level, facility, message in
            if level <= 6 { lines.withLock { $0.append("\(level) \(facility): \(message)") } }
        }
    }

    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}

/// Gives `body` turns until it answers, at most `seconds`.
func within<Value>(seconds: Double, _ what: String, _ body: () throws -> Value?) throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if let value = try body() { return value }
    }
    throw TestFailure(description: "\(what): not within \(seconds) s")
}

struct TestFailure: Error, CustomStringConvertible {
    var description: String
}

extension SinkResult {
    /// For expectations: the case's name and code.
    var label: String {
        switch self {
        case .done: "done"
        case .retry(let error): "retry \(error)"
        case .mustAbort(let error): "mustAbort \(error)"
        case .notMember(let error): "notMember \(error)"
        case .fenced(let error): "fenced \(error)"
        case .fatal(let error): "fatal \(error)"
        case .unknown(let error): "unknown \(error)"
        }
    }

    var isDone: Bool { if case .done = self { true } else { false } }
    var isNotMember: Bool { if case .notMember = self { true } else { false } }
    var isFenced: Bool { if case .fenced = self { true } else { false } }
}

/// A record, copied out of its view.
struct CopiedRecord: Equatable {
    var partition: Int32
    var offset: Int64
    var timestamp: Int64
    var key: String?
    var value: String?
    var headers: [String]

    init(_ view: RecordView) {
        partition = view.partition
        offset = view.offset
        timestamp = view.timestampMilliseconds
        key = view.key.map { String(decoding: $0, as: UTF8.self) }
        value = view.value.map { String(decoding: $0, as: UTF8.self) }
        headers = view.headers.map { header in
            let value = header.value.map { String(decoding: $0, as: UTF8.self) } ?? "(null)"
            return "\(String(decoding: header.name, as: UTF8.self))=\(value)"
        }
    }
}

func withBytes<Result>(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
    guard var text else { return body(nil) }
    return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
}

var noHeaders: UnsafeBufferPointer<RecordHeader> { UnsafeBufferPointer(start: nil, count: 0) }

extension TransactionalSink {
    func put(
        _ topic: OutputTopic, _ partition: Int32, key: String?, value: String?, timestamp: Int64 = 0,
        headers: UnsafeBufferPointer<RecordHeader> = noHeaders
    ) -> SinkResult {
        withBytes(key) { key in
            withBytes(value) { value in
                produce(topic, partition: partition, key: key, value: value, timestampMilliseconds: timestamp, headers: headers)
            }
        }
    }

    func initializeNow() throws {
        try within(seconds: 30, "init_transactions") { () -> Bool? in
            switch initialize() {
            case .done: return true
            case .retry: return nil
            case let other: throw TestFailure(description: other.label)
            }
        }
        .expectTrue()
    }
}

extension Bool {
    func expectTrue() { #expect(self) }
}

extension KafkaProducer {
    func put(_ topic: Int, _ partition: Int32 = -1, key: String?, value: String?, number: UInt64 = 0) -> Outcome {
        withBytes(key) { key in withBytes(value) { value in produce(topic, partition: partition, key: key, value: value, number: number) } }
    }

    func connectNow() throws {
        _ = try within(seconds: 20, "producer connect") { connect(waitMilliseconds: 500) == nil ? true : nil }
    }
}

extension KafkaReader {
    func connectNow() throws {
        _ = try within(seconds: 20, "reader connect") { connect(waitMilliseconds: 500) == nil ? true : nil }
    }

    /// Reads until every partition has met its end.
    func readToEnds(topics: Int = 1) throws -> [CopiedRecord] {
        var ends: Set<Place> = []
        let wanted = (0..<topics).reduce(0) { $0 + Int(partitionCount($1)) }
        var records: [CopiedRecord] = []
        _ = try within(seconds: 20, "ends of all partitions") { () -> Bool? in
            switch poll(waitMilliseconds: 100) {
            case .none: break
            case .record(_, let view): records.append(CopiedRecord(view))
            case .end(let topic, let partition, _): ends.insert(Place(topic: topic, partition: partition))
            case .failed(let error): throw error
            }
            return ends.count == wanted ? true : nil
        }
        return records
    }
}

extension KafkaTransactionalSink {
    /// Waits until the broker has taken what was produced, so that the transaction is open there.
    func settle() -> Bool { flush(until: monotonicMilliseconds() + 10_000).isDone }
}
