import Foundation
import RedisAdapter
import StockCore
import StockSim
import StockWire
import Synchronization
import Testing

// One SKU with a hundred thousand holds, or at hundreds of places.
extension RealSystemTests.SizeTests {
    private static let holds = Project.releaseProgram == nil ? 10_000 : 100_000
    private static let places = 500
    /// `WorkerOptions.timerFactsPerTurn`.
    private static let factsPerTurn = 50
    private static let quiet = [
        "STOCKSTREAM_ENGINE_WORKERS": "1", "STOCKSTREAM_ENGINE_CHECKPOINT_INTERVAL_MILLISECONDS": "60000",
        "STOCKSTREAM_ENGINE_CHECKPOINT_AGE_SECONDS": "3600",
    ]

    private func installation() throws -> Installation {
        if Project.releaseProgram == nil {
            print("size: \(Self.holds) holds only, in a debug build; TEST_RELEASE_PROGRAM names no release build")
        }
        return try Installation(
            partitions: 1, sessionMilliseconds: 1_500, program: Project.releaseProgram ?? Project.program, more: Self.quiet)
    }

    private static func receive(_ sku: String, _ id: String, _ location: String = "P000", quantity: Int) -> String {
        #"\#(sku)|{"id":"\#(sku)-\#(id)","type":"receive","sku":"\#(sku)","location":"\#(location)","quantity":\#(quantity),"#
            + #""receipt":"\#(sku)-\#(id)"}"#
    }

    private static func hold(_ sku: String, _ id: String, ttl: Int) -> String {
        #"\#(sku)|{"id":"\#(sku)-\#(id)","type":"hold","sku":"\#(sku)","location":"P000","hold":"\#(sku)-\#(id)","quantity":1,"#
            + #""ttlSeconds":\#(ttl)}"#
    }

    private static func place(_ number: Int) -> String { "P" + String(1_000 + number).dropFirst() }

    /// What a SKU has cost in a topic, behind some offset.
    private struct Cost {
        var records = 0
        var bytes = 0
    }

    /// The committed bytes of ledger, state and levels by SKU, behind these offsets.
    private func costs(
        _ installation: Installation, behind ends: [Installation.Topic: Int64]
    ) throws -> [Installation.Topic: [String: Cost]] {
        var costs: [Installation.Topic: [String: Cost]] = [:]
        try installation.read([.ledger, .state, .levels]) { topic, record in
            guard let key = record.key, record.offset >= ends[topic] ?? 0 else { return }
            // A state record's key: the kind, the length of the SKU's name, the name.
            let others: [RecordKind] = [.mark, .ids, .stamp]
            guard topic != .state || !others.contains(where: { $0.rawValue == key[0] }) else { return }
            let name = topic == .state ? key[2..<2 + Int(key[1])] : key[...]
            costs[topic, default: [:]][String(decoding: name, as: UTF8.self), default: Cost()].records += 1
            costs[topic]![String(decoding: name, as: UTF8.self)]!.bytes += key.count + (record.value?.count ?? 0)
        }
        return costs
    }

    /// Rules: the state is kept record by record, so that one more event on a SKU with 100,000 open holds, or at one of 500 places, costs
    /// in ledger and state what it costs on a small one; the levels record grows with the places and is written once a checkpoint; and
    /// Redis gets the fields of changed places only. With every hold of the SKU written beside a changed one, an event cost 18 KB of state
    /// with 10,000 holds and not 40 bytes; with all places projected, Redis got 190 KB for an event and not 6.
    @Test func oneMoreEventCostsTheSame() throws {
        let installation = try installation()
        let more = 20
        /// So many of them alone, to see what Redis gets for one.
        let alone = 4
        let stock = ["MANY", "FEWW", "WIDE", "SLIM"].map { Self.receive($0, "stock", quantity: 1_000_000) }
        let holds =
            (0..<Self.holds).map { Self.hold("MANY", "\(100_000 + $0)", ttl: 86_400) }
            + (0..<10).map { Self.hold("FEWW", "\(100_000 + $0)", ttl: 86_400) }
        let places = (1..<Self.places).map { Self.receive("WIDE", Self.place($0), Self.place($0), quantity: 7) }
        let first = try installation.startEngine(awaited: 1)
        let lines = stock + holds + places + [Self.receive("SLIM", "P001", "P001", quantity: 7)]
        try installation.send(lines: lines)
        _ = try within(seconds: 120, "the holds") { first.sum("stock_events_total{", "\"accepted\"") == Double(lines.count) ? true : nil }
        try first.drain()
        var ends: [Installation.Topic: Int64] = [:]
        try installation.read([.ledger, .state, .levels]) { ends[$0] = $1.offset + 1 }

        // One checkpoint at its end holds all that follows.
        let second = try installation.startEngine(awaited: 1)
        let events = (0..<more).map { 300_000 + $0 }
        try installation.send(lines: events.flatMap { [Self.hold("MANY", "\($0)", ttl: 86_400), Self.hold("FEWW", "\($0)", ttl: 86_400)] })
        var redis: [String: Int] = [:]
        for (sku, places) in [("WIDE", Self.places), ("SLIM", 2)] {
            try installation.send(lines: events.dropFirst(alone).map { Self.receive(sku, "\($0)", "P001", quantity: 7) })
            for (index, event) in events.prefix(alone).enumerated() {
                try waitUntil(installation, sku, 1_000_000 + 7 * (places - 1 + more - alone + index))
                let before = try netInput(installation)
                try installation.send(lines: [Self.receive(sku, "\(event)", "P001", quantity: 7)])
                try waitUntil(installation, sku, 1_000_000 + 7 * (places + more - alone + index))
                redis[sku, default: 0] += try netInput(installation) - before
            }
        }
        try second.drain()
        let costs = try costs(installation, behind: ends)
        for (large, small) in [("MANY", "FEWW"), ("WIDE", "SLIM")] {
            for topic in [Installation.Topic.ledger, .state] {
                let (big, little) = (costs[topic]?[large] ?? Cost(), costs[topic]?[small] ?? Cost())
                #expect(big.records == little.records && little.records >= more, "\(topic): \(large) \(big), \(small) \(little)")
                // Numbers of more digits.
                #expect(abs(big.bytes - little.bytes) <= 12 * little.records, "\(topic): \(large) \(big), \(small) \(little)")
                print("one more event: \(topic) \(large) \(big.bytes / more) bytes, \(small) \(little.bytes / more) bytes")
            }
            #expect(costs[.levels]?[large]?.records == 1 && costs[.levels]?[small]?.records == 1)
        }
        // The list of the places' names is one field.
        let names = Self.places * 8
        let (wide, slim) = (redis["WIDE"]! / alone, redis["SLIM"]! / alone)
        print("one more event: Redis gets \(wide) bytes for \(Self.places) places, \(names) of them their names, and \(slim) for 2")
        #expect(wide - slim < 3 * names)
        #expect(try installation.view.sku("WIDE")["onHand"] == "\(1_000_000 + 7 * (Self.places - 1 + more))")
        #expect(try installation.run(["state", "verify"]).output.contains("1 agree"))
    }

    /// Waits until Redis shows so much on hand.
    private func waitUntil(_ installation: Installation, _ sku: String, _ onHand: Int) throws {
        _ = try within(seconds: 60, "\(onHand) of \(sku)") { try installation.view.sku(sku)["onHand"] == "\(onHand)" ? true : nil }
    }

    /// The bytes that clients have sent to Redis.
    private func netInput(_ installation: Installation) throws -> Int {
        let info = try installation.redis.command("INFO", "stats")
        let line = try #require(info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_net_input_bytes:") })
        return try #require(Int(line.split(separator: ":")[1]))
    }

    /// Rules: a fact ends a thousand holds at most, and a turn makes fifty such facts at most where it has few records, so that other SKUs
    /// go on; killed in the middle, the next engine ends the rest. With the bound of a fact taken out, one fact ended ten thousand holds,
    /// and with a hundred thousand its record would be too large for the ledger.
    @Test func aHundredThousandHoldsEndAtOnce() throws {
        let installation = try installation()
        defer { installation.broker.proxy?.heal() }
        // Long enough to place them all before the first one ends.
        let ttl = 10
        let holds = (0..<Self.holds).map { Self.hold("MANY", "\(100_000 + $0)", ttl: ttl) }
        let lines = [Self.receive("MANY", "stock", quantity: Self.holds)] + holds
        let first = try installation.startEngine(awaited: 1)
        try installation.send(lines: lines)
        let end = Date(timeIntervalSinceNow: Double(ttl))
        _ = try within(seconds: 120, "the holds") { first.sum("stock_events_total{", "\"accepted\"") == Double(lines.count) ? true : nil }
        try first.drain()
        usleep(UInt32(max(0, end.timeIntervalSinceNow) * 1_000_000))

        // Ten records a turn, and then the facts that a turn may have: fifty.
        let others = (0..<400).map { Self.receive("OTHER-\($0 % 7)", "\($0)", quantity: 1) }
        try installation.send(lines: others)
        let facts = Self.holds / 1_000
        let small = ["STOCKSTREAM_ENGINE_BATCH_RECORDS": "10"]
        try killInTheMiddle(installation, small, facts: facts)
        let middle = try expiries(installation).count
        #expect(middle == (facts > Self.factsPerTurn ? Self.factsPerTurn : 0), "a turn made more, or it was not killed in the middle")
        let began = Date()
        let last = try installation.startEngine(small)
        _ = try within(seconds: 120, "the end of all holds") { try installation.view.sku("MANY")["held"] == "0" ? true : nil }
        let took = Date().timeIntervalSince(began)
        for sku in 0..<7 { try waitUntil(installation, "OTHER-\(sku)", others.indices.count { $0 % 7 == sku }) }
        try last.drain()

        let items = try expiries(installation)
        #expect(items.reduce(0) { $0 + $1.count } == Self.holds && Set(items.joined()).count == Self.holds)
        #expect(items.allSatisfy { $0.count <= 1_000 })
        #expect(try installation.view.sku("MANY")["available"] == "\(Self.holds)")
        #expect(try installation.run(["state", "verify"]).output.contains("1 agree"))
        let before = "\(middle) of \(items.count) facts before the kill"
        print("\(Self.holds) holds that end at once: \(before), \(milliseconds(took)) for the rest, start included")
    }

    /// Starts an engine that can't commit what follows its first turn, and kills it when that is in the ledger; where one turn is enough
    /// for all facts, that one is not committed.
    private func killInTheMiddle(_ installation: Installation, _ settings: [String: String], facts: Int) throws {
        let turns = facts > Self.factsPerTurn ? 1 : 0
        // The claim's commit is the first.
        let left = Mutex(1 + turns)
        installation.broker.proxy?.rule = { request in
            guard request.isCommit else { return .pass }
            return left.withLock { left in
                left -= 1
                return left >= 0 ? .pass : .cutBefore
            }
        }
        let watcher = try TopicWatcher(installation, .ledger)
        defer { watcher.close() }
        watcher.skip()
        let engine = try installation.startEngine(installation.behindProxy.merging(settings) { $1 })
        try watcher.wait(records: Self.factsPerTurn * turns + 1, where: Self.isExpiry)
        engine.process.kill()
        installation.broker.proxy?.heal()
        try installation.waitUntilGroupIsEmpty()
    }

    /// The holds of each fact that ended some.
    private func expiries(_ installation: Installation) throws -> [[String]] {
        var found: [[String]] = []
        try installation.read([.ledger]) { _, record in
            guard Self.isExpiry(record) else { return }
            found.append((CopiedRecord(record).json["items"] as? [[String: Any]] ?? []).compactMap { $0["hold"] as? String })
        }
        return found
    }

    /// Looks at the beginning only: there are a hundred thousand others.
    private static func isExpiry(_ record: RecordView) -> Bool {
        record.value.map { String(decoding: $0.prefix(200), as: UTF8.self).contains(#""kind":"expire""#) } ?? false
    }
}
