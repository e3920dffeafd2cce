import Foundation
import KafkaAdapter
import RedisAdapter
import StockSim
import StockWire

/// A record that outlives its poll.
struct CopiedRecord {
    var partition: Int32
    var offset: Int64
    var timestampMilliseconds: Int64
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [String: String] = [:]

    init(_ record: RecordView) {
        partition = record.partition
        offset = record.offset
        timestampMilliseconds = record.timestampMilliseconds
        key = record.key.map { Array($0) }
        value = record.value.map { Array($0) }
        for header in record.headers {
            headers[String(decoding: header.name, as: UTF8.self)] = header.value.map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
    }

    var keyText: String { String(decoding: key ?? [], as: UTF8.self) }

    /// The value as a JSON object, read by Foundation and not by us.
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(value ?? [])) as? [String: Any]) ?? [:] }

    func text(_ name: String) -> String? { json[name] as? String }

    func number(_ name: String) -> Int64? { (json[name] as? NSNumber)?.int64Value }
}

extension Installation {
    /// Reads topics from their beginnings to their ends.
    func read(_ topics: [Topic], committedOnly: Bool = true, seconds: Double = 120, _ body: (Topic, RecordView) -> Void) throws {
        var settings = KafkaReader.Settings(topics: topics.map { topic($0) })
        settings.readsCommittedOnly = committedOnly
        let reader = try KafkaReader(connection: connection, settings: settings) { _, _, _ in }
        defer { reader.close() }
        _ = try within(seconds: 30, "connection") { reader.connect(waitMilliseconds: 2_000) == nil ? true : nil }
        var open = Set<KafkaReader.Place>()
        for index in topics.indices {
            for partition in 0..<reader.partitionCount(index) { open.insert(.init(topic: index, partition: partition)) }
        }
        let deadline = Date(timeIntervalSinceNow: seconds)
        while !open.isEmpty {
            guard Date() < deadline else { throw TimedOut(description: "\(topics): ends not reached") }
            switch reader.poll(waitMilliseconds: 200) {
            case .record(let index, let record): body(topics[index], record)
            case .end(let index, let partition, _): open.remove(.init(topic: index, partition: partition))
            case .none, .failed: continue
            }
        }
    }

    func records(_ topic: Topic, committedOnly: Bool = true) throws -> [CopiedRecord] {
        var found: [CopiedRecord] = []
        try read([topic], committedOnly: committedOnly) { found.append(CopiedRecord($1)) }
        return found
    }

    func count(_ topic: Topic, committedOnly: Bool = true) throws -> Int {
        var count = 0
        try read([topic], committedOnly: committedOnly) { _, _ in count += 1 }
        return count
    }

    /// Compares input, ledger, levels, letters and Redis by books that share no code with the engine.
    func audit(hasLevels: Bool) throws -> AuditReport {
        let auditor = Auditor(partitions: partitions)
        try read([.events, .ledger, .levels, .deadLetters]) { topic, record in
            switch topic {
            case .events: auditor.input(record)
            case .ledger: auditor.ledger(record)
            case .levels: auditor.level(record)
            default: auditor.deadLetter(record)
            }
        }
        let names = auditor.skus.sorted()
        for (name, fields) in zip(names, try view.skus(names)) { auditor.view(sku: name, fields: fields) }
        return auditor.finish(hasLevels: hasLevels)
    }
}
