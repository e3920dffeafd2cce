import CommandLineParser
import Foundation
import KafkaAdapter
import StockCore
import StockStream
import StockWire

/// `stockstream explain SKU`: why the number is what it is.
enum ExplainCommand {
    static let subcommand = Subcommand(
        name: "explain", summary: "Tell why a SKU's availability is what it is; exit code 1 where it does not add up.",
        discussion:
            "Reads the state as the ledger has it, not the read model; the engines may go on working. An unknown SKU is exit code 1, too.",
        options: SettingsOptions.all + [
            CommandOption("facts", .integer(0...10_000), defaultValue: "20", help: "The last facts that are shown."),
            CommandOption(
                "scan", .integer(0...100_000_000), defaultValue: "200000", help: "Ledger records that are searched for facts at most."),
            CommandOption("limit", .integer(0...1_000_000), defaultValue: "50", help: "Holds and order lines that are shown as text."),
            CommandOption(
                "lot", .text(placeholder: "LOT"),
                help: "Tell where this lot of the SKU is, and list the order lines that it has gone to, from the whole ledger."),
            CommandOption(
                "serial", .text(placeholder: "SERIAL"),
                help: "Tell where this serial of the SKU has been, and until when its warranty runs, from the whole ledger."),
            CommandOption("json", .flag, help: "Print one JSON object, with all holds and order lines."),
        ],
        arguments: [CommandArgument("SKU", help: "The SKU.")],
        run: { arguments in ToolPlace.run(arguments) { try run($0, arguments) } })

    private static func run(_ place: ToolPlace, _ arguments: ParsedArguments) throws -> Int32 {
        let name = arguments.argument("SKU") ?? ""
        guard let sku = Key(text: name), !sku.isEmpty else { throw CommandFailure("unknown SKU \(name)") }
        let partition = sku.withBytes { Murmur2.partition($0, of: place.partitionCount) }
        let source = try place.restoreSource()
        defer { source.close() }
        let (restorer, stop) = try place.snapshot(partition, source)
        if let stop {
            guard stop.leavesState else { throw CommandFailure("partition \(partition): \(stop.text(in: partition))") }
            CommandFailure.print(error: "warning: nothing is processed on partition \(partition): \(stop.text(in: partition))")
        }
        let findings = restorer.findings
        if let lot = arguments.text("lot") {
            let ledger = findings.ledger
            var report = try trace(lot, of: sku, place, partition, ledger, source)
            restorer.withState { report.report.add(report.trace, $0) }
            return try write(report.report, arguments)
        }
        if let serial = arguments.text("serial") {
            return try write(try SerialReport.read(serial, of: sku, place, partition, findings.ledger, source), arguments)
        }
        let found = restorer.withState { state -> Explanation? in
            let slot = state.findSKU(sku)
            guard slot >= 0 else { return nil }
            return Explanation(of: slot, in: state, partition: partition, lag: max(0, findings.input.upperBound - state.values.next))
        }
        guard var explanation = found else {
            throw CommandFailure("unknown SKU \(name): partition \(partition), where it would be, has never seen it")
        }
        let search = FactSearch(
            sku: sku, wanted: Int(arguments.integer("facts") ?? 0), scan: arguments.integer("scan") ?? 0, through: explanation.seq)
        explanation.facts = try search.run(place, partition, findings.ledger, explanation, source)
        try write(explanation, arguments)
        return explanation.problems.isEmpty ? 0 : 1
    }

    /// Reads the whole ledger of the partition. O(its records).
    private static func trace(
        _ lot: String, of sku: Key, _ place: ToolPlace, _ partition: Int32, _ ledger: Range<Int64>, _ source: KafkaRestoreSource
    ) throws -> (trace: LotTrace, report: LotReport) {
        guard let name = Key(text: lot), !name.isEmpty else { throw CommandFailure("no lot can have the id \(lot)") }
        var trace = LotTrace(sku: sku, lot: name)
        try place.readFacts(of: sku, partition, ledger, source) { fact, _, _ in
            trace.take(fact)
            return true
        }
        return (trace, LotReport(trace))
    }

    private static func write(_ report: LotReport, _ arguments: ParsedArguments) throws -> Int32 {
        guard !report.isKnown && report.departures.isEmpty else {
            if arguments.flag("json") {
                try writeJSON(report)
            } else {
                for line in report.text { print(printable(line)) }
            }
            return 0
        }
        throw CommandFailure("unknown lot \(report.lot): the SKU \(report.sku) does not know it, and the ledger has no shipment of it")
    }

    private static func write(_ report: SerialReport, _ arguments: ParsedArguments) throws -> Int32 {
        guard !report.entries.isEmpty else {
            throw CommandFailure("unknown serial \(report.serial): the ledger has nothing of it for the SKU \(report.sku)")
        }
        if arguments.flag("json") {
            try writeJSON(report)
        } else {
            for line in report.text { print(printable(line)) }
        }
        return 0
    }

    private static func writeJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    private static func write(_ explanation: Explanation, _ arguments: ParsedArguments) throws {
        guard arguments.flag("json") else {
            for line in explanation.text(limit: Int(arguments.integer("limit") ?? 0)) { print(printable(line)) }
            return
        }
        try writeJSON(explanation)
    }
}

/// Finds the last facts of a SKU in a bounded part of the ledger.
private struct FactSearch {
    let sku: Key
    let wanted: Int
    let scan: Int64
    /// Facts above this seq are newer than the state that is explained.
    let through: Int64

    /// First the end of the ledger, which has refusals as well; where the SKU was quiet for longer, what lies before its last change.
    func run(
        _ place: ToolPlace, _ partition: Int32, _ ledger: Range<Int64>, _ explanation: Explanation, _ source: KafkaRestoreSource
    ) throws -> [FactLine] {
        guard wanted > 0, !ledger.isEmpty else { return [] }
        let start = max(ledger.lowerBound, ledger.upperBound - scan)
        let recent = try facts(place, partition, start..<ledger.upperBound, through: through, source)
        guard !recent.contains(where: { $0.seq == explanation.lastSeq }), start > ledger.lowerBound else { return recent }
        let time = explanation.lastTimeMilliseconds
        guard let last = try offset(at: time, place, partition, source), last < start else { return recent }
        let range = max(ledger.lowerBound, last - scan / 2)..<start
        return Array((try facts(place, partition, range, through: explanation.lastSeq, source) + recent).suffix(wanted))
    }

    private func offset(at time: Int64, _ place: ToolPlace, _ partition: Int32, _ source: KafkaRestoreSource) throws -> Int64? {
        for _ in 0..<50 {
            if let answer = source.ledgerOffset(partition, atOrAfterMilliseconds: max(0, time)) { return answer }
        }
        return nil
    }

    private func facts(
        _ place: ToolPlace, _ partition: Int32, _ range: Range<Int64>, through seq: Int64, _ source: KafkaRestoreSource
    ) throws -> [FactLine] {
        var found: [FactLine] = []
        try place.readFacts(of: sku, partition, range, source) { fact, envelope, offset in
            guard fact.seq <= seq else { return false }
            found.append(FactLine(fact, envelope, offset: offset))
            // Twice as many before half of them go: no shifting for each.
            if found.count >= 2 * wanted { found.removeFirst(found.count - wanted) }
            return fact.seq < seq
        }
        return Array(found.suffix(wanted))
    }
}
