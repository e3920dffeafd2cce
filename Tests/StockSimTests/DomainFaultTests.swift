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
    private static let serials = [
        #""type":"define","serialTracked":true"#,
        #""type":"receive","location":"L","quantity":4,"receipt":"r","serials":["a","b","c"]"#,
        #""type":"sale","location":"L","quantity":2,"orderLine":"o1","serials":["a","b"]"#,
    ]
    private static let owed = received + [#""type":"commit","location":"L","quantity":3,"orderLine":"o""#]
    private static let pending = received + [#""type":"commit","location":"L","quantity":3,"orderLine":"o","ttlSeconds":60"#]
    private static let carried = #""type":"transfer_send","transfer":"t","location":"L","toLocation":"M","orderLine":"o","quantity":3"#
    private static let two = [
        #""type":"receive","location":"L","quantity":4,"receipt":"r1""#, #""type":"receive","location":"M","quantity":4,"receipt":"r2""#,
    ]

    static let plans: [Plan] = [
        Plan(
            inputs: owed + [#""type":"confirm","orderLine":"o""#], accepts: "duplicate",
            expected: "confirms order line o, which needs it no more"),
        Plan(
            inputs: pending + [#""type":"confirm","orderLine":"o""#],
            changes: [(#""kind":"confirm""#, ""), (#""quantity":3,"#, #""quantity":2,"#)],
            expected: "moves 3 by the books and 2 in the ledger"),
        Plan(
            inputs: pending, changes: [(#""kind":"commit""#, ""), (#""expiresAtMilliseconds":"#, #""expiresAtMilliseconds":9"#)],
            expected: "order line o is to be confirmed by 9"),
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

    /// What the engine has learnt later.
    static let laterPlans: [Plan] = [
        Plan(
            inputs: lots + [#""type":"define","minShelfLifeDays":2000"#, #""type":"expect","incoming":"i","location":"L","quantity":1"#],
            changes: [(#""kind":"shelf_life""#, ""), (#""location":"L","quantity":10"#, #""location":"L","quantity":9"#)],
            expected: "leaves 9 out at L, where 10 live too short"),
        Plan(
            inputs: lots + [#""type":"define","minShelfLifeDays":2000"#, #""type":"expect","incoming":"i","location":"L","quantity":1"#],
            changes: [(#""sellable":10,"incoming":1"#, #""sellable":10,"available":10,"incoming":1"#)], expected: "available is 10 in"),
        Plan(
            inputs: serials + [#""type":"sale","location":"L","quantity":2,"orderLine":"o2","serials":["c","b"]"#],
            accepts: "serial-shipped", expected: "sends out serial b, which is gone already"),
        Plan(
            inputs: serials + [#""type":"receive","location":"L","quantity":1,"receipt":"x","serials":["c"]"#],
            accepts: "serial-in-stock", expected: "receives serial c, which is here"),
        Plan(
            inputs: serials + [#""type":"sale","location":"L","quantity":2,"orderLine":"o2","serials":["c"]"#],
            accepts: "serial-required", expected: "sends out 2 units with 1 serials"),
        Plan(
            inputs: serials + [
                #""type":"receive_correct","location":"L","quantity":3,"receipt":"r","serials":["x"],"reason":"miscounted""#
            ], accepts: "serial-not-received", expected: "takes back serial x, which came otherwise"),
        Plan(
            inputs: serials + [
                #""type":"return","return":"b","orderLine":"o1","location":"L","quantity":1,"serial":"a","claim":"w""#
            ], accepts: "warranty-none", expected: "honours a warranty of serial a"),
        Plan(
            inputs: serials + [
                #""type":"commit","orderLine":"o2","location":"L","quantity":2"#,
                #""type":"ship","shipment":"s","orderLine":"o2","serials":["c","d"]"#,
                #""type":"unship","shipment":"s","orderLine":"o2","serials":["c"],"reason":"void""#,
            ], accepts: "serials-differ", expected: "with other serials than it left with"),
        Plan(
            inputs: owed + [carried.replacing(#""quantity":3"#, with: #""quantity":2"#)], accepts: "order-line-part",
            expected: "carries 2 of order line o, which has 3 there"),
        Plan(
            inputs: owed + [carried, #""type":"ship","shipment":"s","orderLine":"o""#], accepts: "order-line-in-transit",
            expected: "ships order line o, which is not open"),
        Plan(
            inputs: owed + [carried, #""type":"transfer_receive","transfer":"t","quantity":2"#],
            changes: [(#""kind":"transfer_receive""#, ""), (#""committed":2"#, #""committed":3"#)], expected: "committed is 3 in the ledger"
        ),
        Plan(
            inputs: received + [
                #""type":"define","closedThrough":"2026-02-01T00:00:00.000Z""#,
                #""type":"adjust","location":"L","quantity":1,"reason":"found","occurredAt":"2026-01-15T00:00:00.000Z""#,
            ], accepts: "period-closed", expected: "occurred in a period that is closed"),
        Plan(
            inputs: received + [
                #""type":"define","maxHeldPerOwner":3"#,
                #""type":"hold","hold":"h1","location":"L","quantity":2,"ttlSeconds":9,"owner":"x""#,
                #""type":"hold","hold":"h2","location":"L","quantity":2,"ttlSeconds":9,"owner":"x""#,
            ], accepts: "owner-limit", expected: "lets x hold 4, where 3 may be"),
        Plan(
            inputs: received + [
                #""type":"define","safetyStock":3"#,
                #""type":"hold","hold":"h","location":"L","quantity":11,"ttlSeconds":9,"useSafetyStock":true"#,
            ], accepts: "insufficient-stock", expected: "OVERSELLS: holds 11 of A at L, where 10 are available"),
        Plan(
            inputs: owed + [#""type":"release","orderLine":"o","quantity":9,"lenient":true"#],
            changes: [(#""kind":"release""#, ""), (#""quantity":3"#, #""quantity":9"#)],
            expected: "cancels 9 of order line o at L"),
        Plan(
            inputs: [#""type":"define","receiveDisposition":"qc""#] + received, changes: [(#""qc":10"#, #""sellable":10"#)],
            expected: "sellable is 10 in the ledger and 0 in the books"),
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

    @Test(arguments: plans + laterPlans) func aPlantedFaultIsSeen(plan: Plan) {
        let report = audit(plan, isTampered: true)
        #expect(report.problems.contains { $0.contains(plan.expected) }, "\(report.text)")
    }

    /// Without the fault nothing is wrong.
    @Test(arguments: (plans + laterPlans).filter { $0.expected != "passed on by the ledger but not found" }) func theTruthHolds(plan: Plan)
    {
        let report = audit(plan, isTampered: false)
        #expect(report.holds, "\(report.text)")
    }

    // MARK: What readers see

    /// Each figure of a SKU that has everything, one too much.
    @Test func aWrongFigureInTheViewIsSeen() {
        let inputs = [
            #""type":"define","velocity":true,"backorderLimit":9,"preorderLimit":9,"preorderUntil":"2030-01-01T00:00:00.000Z""#,
            #""type":"receive","location":"L","quantity":10,"receipt":"r""#,
            #""type":"transfer_send","transfer":"t","location":"L","toLocation":"M","quantity":2"#,
            #""type":"expect","incoming":"i","location":"L","quantity":7"#, #""type":"sale","location":"L","quantity":3,"orderLine":"o1""#,
            #""type":"commit","location":"L","quantity":9,"orderLine":"o2","backorder":"partial""#,
            #""type":"commit","location":"L","quantity":4,"orderLine":"o3","preorder":"partial""#,
            #""type":"hold","location":"L","quantity":5,"hold":"h","ttlSeconds":60,"waitSeconds":60"#,
        ]
        let names = [
            "incoming", "inTransit", "backordered", "preordered", "waiting", "committed", "L:preordered", "L:waiting", "L:incoming",
            "M:inTransit", "L:backordered", "sold7", "L:sold35",
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
