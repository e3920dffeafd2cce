import Foundation
import RedisAdapter
import StockSim
import StockStream

/// Compares everything else that docs/redis.md promises with the ledger and with the hashes, which the audit compares with the books.
final class ViewContract {
    private let view: RedisReader
    private let prefix: String
    private let partitions: Int32
    private let ledger: [AuditedFact]
    private let report: AuditReport
    private var problems: [String] = []
    private var hashes: [String: [String: String]] = [:]

    /// The problems of the view after a clean stop.
    static func problems(_ installation: Installation, _ report: AuditReport, _ ledger: [AuditedFact]) throws -> [String] {
        let contract = ViewContract(
            view: try installation.view, prefix: installation.name, partitions: installation.partitions, ledger: ledger, report: report)
        try contract.compare()
        return Array(contract.problems.prefix(20))
    }

    private init(view: RedisReader, prefix: String, partitions: Int32, ledger: [AuditedFact], report: AuditReport) {
        self.view = view
        self.prefix = prefix
        self.partitions = partitions
        self.ledger = ledger
        self.report = report
    }

    private func expect(_ isTrue: Bool, _ problem: @autoclosure () -> String) { if !isTrue { problems.append(problem()) } }

    private func compare() throws {
        let names = try view.smembers("\(prefix):partitions")
        expect(names == Set((0..<partitions).map(String.init)), "partitions are \(names.sorted())")
        var counters: [String: Int64] = [:]
        for partition in 0..<partitions {
            try compareWatermark(partition)
            for (name, value) in try view.counters(partition) where name != "incarnation" { counters[name, default: 0] += value }
        }
        expect(hashes.count == report.viewsCompared, "\(hashes.count) SKUs in the index, \(report.viewsCompared) in the books")
        compareCounters(counters)
        let all = try view.smembers("\(prefix):locations")
        let locations = Set(hashes.values.flatMap { SKULocations.of($0) })
        expect(all == locations, "locations are \(all.sorted()), \(locations.sorted()) in the hashes")
        try compareSets("", suffix: "")
        for location in all { try compareSets(location, suffix: ":\(location)") }
        for partition in 0..<partitions { try compareChanges(partition) }
    }

    private func compareWatermark(_ partition: Int32) throws {
        let facts = ledger.filter { $0.partition == partition }
        guard let mark = try view.watermark(partition) else { return problems.append("partition \(partition) has no watermark") }
        expect(mark.seq == facts.last?.seq ?? 0, "partition \(partition): watermark seq \(mark.seq), ledger \(facts.last?.seq ?? 0)")
        let next = (facts.map(\.offset).max() ?? -1) + 1
        expect(mark.next == next, "partition \(partition): watermark next \(mark.next), ledger \(next)")
        let skus = try view.skus(partition).sorted()
        for (name, fields) in zip(skus, try view.skus(skus)) {
            let isRight = fields["partition"] == "\(partition)" && fields["incarnation"] == "\(mark.incarnation)"
            expect(isRight, "\(name): partition \(fields["partition"] ?? "?"), incarnation \(fields["incarnation"] ?? "?")")
            let seq = facts.last { $0.sku == name && $0.version > 0 }?.seq ?? 0
            expect(fields["seq"] == "\(seq)", "\(name): seq \(fields["seq"] ?? "?"), ledger \(seq)")
            hashes[name] = fields
        }
    }

    private func compareCounters(_ counters: [String: Int64]) {
        let wanted = [
            "accepted": report.accepted, "rejected": report.refusedCount, "duplicates": report.duplicates,
            "deadLetters": report.deadLettered, "rerouted": report.rerouted, "expiredHolds": report.expiredHolds,
            "openHolds": report.openHolds, "skus": hashes.count,
        ]
        for (name, value) in wanted where counters[name] != Int64(value) {
            problems.append("counter \(name) is \(counters[name] ?? -1), \(value) in the books")
        }
    }

    private func compareSets(_ location: String, suffix: String) throws {
        let front = location.isEmpty ? "" : "\(location):"
        let held = hashes.filter { location.isEmpty || SKULocations.of($0.value).contains(location) }
        let low = held.filter { $0.value["\(front)low"] == "1" }.mapValues { Double($0["\(front)available"] ?? "") ?? .nan }
        let out = Set(held.filter { $0.value["\(front)out"] == "1" }.keys)
        let foundLow = Dictionary(try view.sortedSet("\(prefix):low\(suffix)").map { ($0.member, $0.score) }) { $1 }
        expect(foundLow == low, "low\(suffix) is \(foundLow), \(low) in the hashes")
        let foundOut = try view.smembers("\(prefix):out\(suffix)")
        expect(foundOut == out, "out\(suffix) is \(foundOut.sorted()), \(out.sorted()) in the hashes")
    }

    /// Who follows the stream from its beginning ends with the values of the hashes, and never goes back.
    private func compareChanges(_ partition: Int32) throws {
        var last: [String: [String: String]] = [:]
        for entry in try view.changes(partition, prefix: prefix) {
            let name = entry["sku"] ?? "?"
            let (old, new) = (Int64(last[name]?["version"] ?? "") ?? 0, Int64(entry["version"] ?? "") ?? -1)
            expect(new >= old, "changes:\(partition): \(name) version \(new) after \(old)")
            last[name] = entry
        }
        for (name, fields) in hashes where fields["partition"] == "\(partition)" {
            let entry = last[name] ?? [:]
            let same = ["version", "incarnation", "seq", "time", "onHand", "available", "low", "out"].allSatisfy { entry[$0] == fields[$0] }
            expect(same, "changes:\(partition): the last entry of \(name) is \(entry)")
        }
    }
}

extension RedisReader {
    /// The entries of a partition's change stream, oldest first.
    func changes(_ partition: Int32, prefix: String) throws -> [[String: String]] {
        guard case .array(let entries) = try command(["XRANGE", "\(prefix):changes:\(partition)", "-", "+"]) else { return [] }
        return entries.map { entry in
            guard case .array(let parts) = entry, parts.count == 2, case .array(let texts) = parts[1] else { return [:] }
            var fields: [String: String] = [:]
            for index in stride(from: 0, to: texts.count - 1, by: 2) { fields[texts[index].text ?? ""] = texts[index + 1].text ?? "" }
            return fields
        }
    }
}

private enum SKULocations {
    static func of(_ fields: [String: String]) -> [String] {
        (try? JSONSerialization.jsonObject(with: Data((fields["locations"] ?? "").utf8)) as? [String]) ?? []
    }
}
