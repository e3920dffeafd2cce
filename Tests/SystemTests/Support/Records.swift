import Foundation
import KafkaAdapter
import RedisAdapter
import StockSim
import StockStream
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
    /// Waits until the engines have processed every record of the input, those too that they have sent on, and Redis shows all of it.
    func waitUntilCaughtUp(_ engines: Engine..., seconds: Double = 120) throws {
        let source = try restoreSource(written: [.events])
        defer { source.close() }
        let reader = try KafkaReader(connection: connection, settings: .init(topics: [topic(.events)])) { _, _, _ in }
        defer { reader.close() }
        _ = try within(seconds: 30, "connection") { reader.connect(waitMilliseconds: 2_000) == nil ? true : nil }
        var nexts: [Int32: Int64] = [:]
        var ends = Set<Int32>()
        let view = try view
        let deadline = Date(timeIntervalSinceNow: seconds)
        var watermarks: [Int32: Int64] = [:]
        repeat {
            // What comes later is seen in the next round, so the last one has to be without any.
            var hasNews = ends.count < Int(partitions)
            while true {
                let event = reader.poll(waitMilliseconds: 50)
                if case .record(_, let record) = event {
                    nexts[record.partition] = record.offset + 1
                    hasNews = true
                } else if case .end(_, let partition, _) = event {
                    ends.insert(partition)
                } else {
                    break
                }
            }
            for partition in nexts.keys { watermarks[partition] = try view.watermark(partition)?.next ?? -1 }
            // What is open hides what comes after it, from the engine too. Its end may bring news.
            if source.openPartitions(owned: [])?.isEmpty != true { hasNews = true }
            if !hasNews, nexts.allSatisfy({ watermarks[$0.key]! >= $0.value }) { return }
        } while Date() < deadline
        let logs = engines.map { "\($0.running) partitions run\n\($0.process.errors.suffix(4_000))" }.joined(separator: "\n---\n")
        throw TimedOut(description: "the input's ends are \(nexts), the view's watermarks \(watermarks)\n\(logs)")
    }

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
        let topics: [Topic] = [.events, .ledger, .levels, .deadLetters]
        try waitUntilNothingIsOpen(topics)
        try read(topics) { topic, record in
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
