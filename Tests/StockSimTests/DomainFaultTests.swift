import Testing

@testable import StockSim

/// Faults planted into what the real kernel writes about the whole domain: the auditor has to see each of them.
@Suite struct DomainFaultTests {
    /// What the engine is told, and how its ledger is falsified.
    struct Plan: Sendable, CustomStringConvertible {
        var inputs: [String]
        /// Texts that are replaced in the records that have the first of them; none: nothing is.
        var changes: [(old: String, new: String)] = []
        /// A refusal (by its reason), or a duplicate, that the ledger calls accepted.
        var accepts: String?
        var expected: String

        var description: String { expected }
    }

    private static let lots = [
        #""type":"define","lotTracked":true"#,
        #""type":"receive","location":"L","quantity":5,"receipt":"r1","lot":"l1","expiresOn":"2030-01-31""#,
        #""type":"receive","location":"L","quantity":5,"receipt":"r2","lot":"l2","expiresOn":"2030-06-30""#,
    ]
    private static let received = [#""type":"receive","location":"L","quantity":10,"receipt":"r""#]
    private static let sold = #""type":"sale","location":"L","quantity":3,"orderLine":"o1""#
    private static let waiting = [
        #""type":"define","backorderLimit":4"#,
        #""type":"commit","location":"L","quantity":2,"orderLine":"o1","backorder":"partial""#,
        #""type":"commit","location":"L","quantity":2,"orderLine":"o2","backorder":"partial""#,
    ]
    private static let sent = received + [#""type":"transfer_send","transfer":"t","location":"L","toLocation":"M","quantity":5"#]
    private static let counted =
        received + [
            #""type":"count_open","count":"c","location":"L""#, #""type":"count_line","count":"c","location":"L","quantity":8"#,
            #""type":"count_close","count":"c","location":"L""#,
        ]
    private static let shipped =
        received + [
            #""type":"commit","location":"L","quantity":2,"orderLine":"o""#, #""type":"ship","shipment":"s","orderLine":"o""#,
            #""type":"unship","shipment":"s","orderLine":"o","reason":"void""#,
            #""type":"unship","shipment":"s","orderLine":"o","reason":"x""#,
        ]
    private static let two = [
        #""type":"receive","location":"L","quantity":4,"receipt":"r1""#, #""type":"receive","location":"M","quantity":4,"receipt":"r2""#,
    ]

    static let plans: [Plan] = [
        Plan(
            inputs: lots + [sold], changes: [(#""items":[{"lot":"l1","quantity":3}]"#, #""items":[{"lot":"l2","quantity":3}]"#)],
            expected: "leaves lot l1 behind"),
        Plan(
            inputs: lots + [#""type":"lot_block","lot":"l1","reason":"x""#, sold],
            changes: [(#""items":[{"lot":"l2","quantity":3}]"#, #""items":[{"lot":"l1","quantity":3}]"#)],
            expected: "sends out units of the blocked lot l1"),
        Plan(
            inputs: lots + [#""type":"recall","lot":"l1","reason":"x""#],
            changes: [(#""kind":"recall""#, ""), (#""quantity":5"#, #""quantity":4"#)],
            expected: "moves 5 by the books and 4 in the ledger"),
        Plan(
            inputs: lots + [#""type":"sale","location":"L","quantity":2,"orderLine":"o1","lot":"l1""#],
            changes: [(#""quantity":2,"#, #""quantity":1,"#)], expected: "moves 2 by the books and 1 in the ledger"),
        Plan(
            inputs: lots + [#""type":"hold","location":"L","quantity":6,"hold":"h","ttlSeconds":9,"minExpiry":"2030-03-31""#],
            accepts: "insufficient-stock", expected: "OVERSELLS: holds 6 of A at L, where 5 are available"),
        Plan(
            inputs: [#""type":"define","serialTracked":true"#] + received + [
                #""type":"sale","location":"L","quantity":1,"orderLine":"o1","serial":"s1""#,
                #""type":"sale","location":"L","quantity":1,"orderLine":"o2","serial":"s1""#,
            ], accepts: "serial-shipped", expected: "sends out serial s1, which is gone already"),
        Plan(
            inputs: waiting + [
                #""type":"receive","location":"L","quantity":2,"receipt":"r""#,
                #""type":"expect","incoming":"i","location":"L","quantity":1"#,
            ],
            changes: [(#""items":[{"orderLine":"o1""#, #""items":[{"orderLine":"o2""#)], expected: "fills line/o2 before line/o1"),
        Plan(
            inputs: waiting + [#""type":"commit","location":"L","quantity":1,"orderLine":"o3","backorder":"partial""#],
            accepts: "backorder-limit", expected: "OVERSELLS: commits 1"),
        Plan(
            inputs: sent + [#""type":"transfer_receive","transfer":"t","quantity":3"#],
            changes: [(#""kind":"transfer_receive""#, ""), (#""quantity":3,"#, #""quantity":2,"#)],
            expected: "moves 3 by the books and 2 in the ledger"),
        Plan(
            inputs: sent + [#""type":"transfer_receive","transfer":"t","quantity":6"#], accepts: "quantity-exceeds",
            expected: "receives more of transfer t than was sent"),
        Plan(
            inputs: sent + [#""type":"transfer_close","transfer":"t","rest":"write-off","reason":"lost""#],
            changes: [(#""kind":"transfer_close""#, ""), (#""quantity":5"#, #""quantity":4"#)], expected: "moves 5 by the books and 4"),
        Plan(inputs: counted, changes: [(#""quantity":-2}"#, #""quantity":-1}"#)], expected: "books the variances"),
        Plan(inputs: counted, changes: [(#""base":10,"#, #""base":9,"#)], expected: "was counted against 9"),
        Plan(
            inputs: counted + [
                #""type":"sale","location":"L","quantity":1,"orderLine":"o","forced":true,"occurredAt":"2020-01-01T00:00:00.000Z""#
            ],
            changes: [(#""absorbed":true,"#, "")], expected: "was seen by a count, and is booked again"),
        Plan(inputs: shipped, accepts: "duplicate", expected: "which was not shipped or was taken back before"),
        Plan(
            inputs: received + [
                #""type":"expect","incoming":"i","location":"L","quantity":3"#,
                #""type":"receive","location":"L","quantity":4,"receipt":"x","incoming":"i""#,
            ], accepts: "over-receipt", expected: "receives 4 of i, of which 3 are expected"),
        Plan(
            inputs: two + [#""type":"commit","orderLine":"o","locations":["M","L"],"strategy":"priority","quantity":6"#],
            changes: [
                (#""part":true"#, ""), (#""location":"M","quantity":4"#, #""location":"M","quantity":2"#),
                (#""location":"L","quantity":2"#, #""location":"L","quantity":4"#),
            ], expected: "takes 4 at L, where its strategy takes 2"),
        Plan(
            inputs: two + [#""type":"hold","hold":"h","location":"L","quantity":6,"ttlSeconds":60,"alternatives":["B"]"#],
            expected: "passed on by the ledger but not found"),
        Plan(
            inputs: two + [
                #""type":"commit","orderLine":"o","location":"L","quantity":3"#,
                #""type":"reassign","orderLine":"o","toLocation":"N""#,
            ], accepts: "insufficient-stock", expected: "OVERSELLS: reassigns 3 to N"),
        Plan(
            inputs: [#""type":"define","unit":"box","numerator":6"#] + received + [
                #""type":"sale","location":"L","quantity":1,"unit":"box","orderLine":"o""#
            ], changes: [(#""quantity":6,"#, #""quantity":1,"#)], expected: "moves 6 by the books and 1 in the ledger"),
        Plan(
            inputs: [
                #""type":"define","oversellLimit":2"#, #""type":"receive","location":"L","quantity":1,"receipt":"r""#,
                #""type":"hold","location":"L","quantity":5,"hold":"h","ttlSeconds":9"#,
            ], accepts: "insufficient-stock", expected: "more than the shelves have are promised"),
    ]

    /// The auditor's report on a run of the kernel over one partition.
    private func audit(_ plan: Plan, isTampered: Bool) -> AuditReport {
        let engine = TestEngine(partitions: 1)
        var version = 0
        engine.tamper = { text in
            guard isTampered else { return text }
            var text = text
            if let first = plan.changes.first, text.contains(first.old) {
                for (old, new) in plan.changes where !new.isEmpty || old != first.old || plan.changes.count == 1 {
                    text = text.replacing(old, with: new, maxReplacements: 1)
                }
            }
            if let reason = plan.accepts, text.contains(#""\#(reason)""#) {
                let outcome = reason == "duplicate" ? #""outcome":"duplicate""# : #""outcome":"rejected","rejection":"\#(reason)""#
                text = text.replacing(outcome, with: #""outcome":"accepted""#)
                text = text.replacing(#""sku":"A","#, with: #""sku":"A","version":\#(version + 1),"#, maxReplacements: 1)
            } else if text.contains(#""version":"#) {
                version += 1
            }
            return text
        }
        for (index, input) in plan.inputs.enumerated() {
            engine.take(text: #"{"id":"\#(index)","sku":"A",\#(input)}"#, key: "A")
        }
        return engine.auditor.finish(hasLevels: false)
    }

    @Test(arguments: plans) func aPlantedFaultIsSeen(plan: Plan) {
        let report = audit(plan, isTampered: true)
        #expect(report.problems.contains { $0.contains(plan.expected) }, "\(report.text)")
    }

    /// Without the fault nothing is wrong.
    @Test(arguments: plans.filter { $0.expected != "passed on by the ledger but not found" }) func theTruthHolds(plan: Plan) {
        let report = audit(plan, isTampered: false)
        #expect(report.holds, "\(report.text)")
    }

    // MARK: What readers see

    /// Each figure of a SKU that has everything, one too much.
    @Test func aWrongFigureInTheViewIsSeen() {
        let inputs = [
            #""type":"define","velocity":true,"backorderLimit":9"#, #""type":"receive","location":"L","quantity":10,"receipt":"r""#,
            #""type":"transfer_send","transfer":"t","location":"L","toLocation":"M","quantity":2"#,
            #""type":"expect","incoming":"i","location":"L","quantity":7"#, #""type":"sale","location":"L","quantity":3,"orderLine":"o1""#,
            #""type":"commit","location":"L","quantity":9,"orderLine":"o2","backorder":"partial""#,
        ]
        let names = [
            "incoming", "inTransit", "backordered", "committed", "L:incoming", "M:inTransit", "L:backordered", "sold7", "L:sold35",
        ]
        for name in names {
            let engine = TestEngine(partitions: 1)
            for (index, input) in inputs.enumerated() { engine.take(text: #"{"id":"\#(index)","sku":"A",\#(input)}"#, key: "A") }
            var fields = engine.redisFields("A")
            engine.auditor.view(sku: "A", fields: fields)
            fields[name] = "\(1 + (fields[name].flatMap { Int($0) } ?? -2))"
            engine.auditor.view(sku: "A", fields: fields)
            let report = engine.auditor.finish(hasLevels: false)
            let figure = String(name.split(separator: ":").last ?? "")
            #expect(report.viewsCompared == 1 && report.problems.contains { $0.contains("\(figure) is") }, "\(name): \(report.text)")
        }
    }
}
