import Testing

@testable import StockSim

/// One number of one record of a long ledger is one too high: whichever it is, the auditor has to see it.
@Suite struct ChangedNumberTests {
    /// A number that is one higher, of a record of that kind; empty: no record of the kind came.
    private func run(_ kind: String, _ place: Int) -> (change: String, report: AuditReport) {
        var options = WorkloadOptions()
        options.mix = .domain
        options.seed = UInt64(3 + place)
        options.skus = 16
        options.partitions = 1
        let engine = TestEngine(partitions: 1)
        var change = ""
        engine.tamper = { text in
            guard change.isEmpty, text.contains("\"kind\":\"\(kind)\""), !text.contains("\"outcome\":\"rejected\"") else { return text }
            guard !text.contains("\"outcome\":\"duplicate\""), let changed = raise(text, place) else { return text }
            change = text
            return changed
        }
        var workload = Workload(options: options)
        for index in 0..<12_000 where change.isEmpty {
            engine.take(workload.next(atMilliseconds: engine.time), after: 8)
            if index % 50 == 0 { engine.deliverReroutes() }
        }
        engine.deliverReroutes()
        return (change, engine.auditor.finish(hasLevels: false))
    }

    /// The text with one of its quantities one higher; nil where it has none. What names promises that are not covered is not compared.
    private func raise(_ text: String, _ place: Int) -> String? {
        let mark = "\"quantity\":"
        let named = text.contains("\"kind\":\"fill\"") || text.contains("\"kind\":\"expire\"") ? nil : text.firstRange(of: "\"items\"")
        let isOfPromises = named != nil && (text.contains("{\"hold\"") || text.contains("{\"orderLine\""))
        let end = isOfPromises ? named!.lowerBound : text.endIndex
        let places = text[..<end].ranges(of: mark)
        guard !places.isEmpty else { return nil }
        let start = places[place % places.count].upperBound
        let digits = text[start...].prefix { $0 == "-" || $0.isNumber }
        return text[..<start] + "\(Int(digits)! + 1)" + text[(start..<text.endIndex)].dropFirst(digits.count)
    }

    @Test(arguments: [
        "receive", "receive_correct", "expect", "adjust", "move", "hold", "commit", "release", "reassign", "ship", "unship", "sale",
        "return", "confirm", "commit_expire", "count_line", "count_close", "transfer_send", "transfer_receive", "transfer_close", "recall",
        "unrecall", "fill", "expire", "lot_expire", "shelf_life", "preorder_release",
    ]) func isSeen(kind: String) {
        for place in 0..<2 {
            let (change, report) = run(kind, place)
            #expect(change.isEmpty == false, "\(kind) \(place): there is no such record")
            #expect(report.problemCount > 0, "\(kind) \(place): \(change)")
        }
    }
}
