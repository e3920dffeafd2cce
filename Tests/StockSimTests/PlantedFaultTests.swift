import Testing

@testable import StockSim

/// Faults written by hand: one SKU, one partition, four records, one of which the ledger tells wrongly.
@Suite struct PlantedFaultTests {
    private let inputs = [
        #"{"id":"1","type":"receive","sku":"A","location":"L","quantity":10,"receipt":"r"}"#,
        #"{"id":"2","type":"hold","sku":"A","location":"L","quantity":4,"hold":"h","ttlSeconds":60}"#,
        #"{"id":"3","type":"commit","sku":"A","hold":"h","orderLine":"o"}"#,
        #"{"id":"4","type":"ship","sku":"A","shipment":"s","orderLine":"o"}"#,
    ]
    private let ledger = [
        Self.record(1, "receive", #""location":"L","quantity":10,"total":10,"after":{"sellable":10,"available":10}"#),
        Self.record(
            2, "hold",
            #""location":"L","hold":"h","quantity":4,"expiresAtMilliseconds":61002,"after":{"sellable":10,"held":4,"available":6}"#),
        Self.record(
            3, "commit", #""location":"L","hold":"h","orderLine":"o","quantity":4,"after":{"sellable":10,"committed":4,"available":6}"#),
        Self.record(4, "ship", #""location":"L","orderLine":"o","quantity":4,"after":{"sellable":6,"available":6}"#),
    ]

    /// The ledger record of the input before `seq`, accepted.
    private static func record(_ seq: Int, _ kind: String, _ members: String) -> String {
        #"{"v":1,"seq":\#(seq),"next":\#(seq),"offset":\#(seq - 1),"timeMilliseconds":\#(1_000 + seq),"#
            + #""kind":"\#(kind)","outcome":"accepted","sku":"A","version":\#(seq),\#(members)}"#
    }

    private func audit(_ inputs: [String], _ ledger: [String]) -> AuditReport {
        let auditor = Auditor(partitions: 1)
        // The ledger first: what waits for its counterpart has to wait.
        for (offset, text) in ledger.enumerated() { KeptRecord(key: "A", value: text).withView(0, Int64(offset), 0) { auditor.ledger($0) } }
        for (offset, text) in inputs.enumerated() { KeptRecord(key: "A", value: text).withView(0, Int64(offset), 0) { auditor.input($0) } }
        return auditor.finish(hasLevels: false)
    }

    private func changed(_ texts: [String], _ index: Int, _ old: String, _ new: String) -> [String] {
        var texts = texts
        #expect(texts[index].contains(old))
        texts[index] = texts[index].replacing(old, with: new)
        return texts
    }

    @Test func theRightLedgerHolds() {
        let report = audit(inputs, ledger)
        #expect(report.holds, "\(report.text)")
        #expect(report.accepted == 4 && report.unitsDeparted == 4 && report.unitsOnHand == 6)
        #expect(report.text.contains("Everything agrees."))
    }

    @Test(arguments: [
        (1, #""quantity":4,"#, #""quantity":40,"#, "OVERSELLS"),
        (0, #""quantity":10,"#, #""quantity":9,"#, "moves 9 by the books and 10"),
        (1, #""ttlSeconds":60"#, #""ttlSeconds":61"#, "ends at"),
        (2, #""id":"3""#, #""id":"2""#, "came before with another body"),
        (2, #""hold":"h""#, #""hold":"x""#, "commits hold x, which is not open"),
        (3, #""orderLine":"o""#, #""orderLine":"o2""#, "ships order line o2, which is not open"),
        (1, #""type":"hold""#, #""type":"reserve""#, "is no event"),
        (1, #""sku":"A""#, #""sku":"B""#, "decided on a partition where its SKU does not live"),
    ]) func aWrongDecisionIsSeen(index: Int, old: String, new: String, expected: String) {
        let report = audit(changed(inputs, index, old, new), ledger)
        #expect(report.problems.contains { $0.contains(expected) }, "\(report.text)")
    }

    @Test(arguments: [
        (2, #""seq":3,"#, #""seq":4,"#, "seq 4 follows 2"),
        (2, #""next":3,"#, #""next":5,"#, "next is 5"),
        (3, #""timeMilliseconds":1004"#, #""timeMilliseconds":900"#, "log time falls"),
        (2, #""version":3,"#, #""version":2,"#, "version 2 of A follows 2"),
        (1, #""held":4,"#, #""held":5,"#, "held is 5 in the ledger and 4 in the books"),
        (1, #""outcome":"accepted""#, #""outcome":"rejected","rejection":"insufficient-stock""#, "which is not so"),
        (1, #""outcome":"accepted""#, #""outcome":"duplicate""#, "is called a duplicate"),
        (1, #""outcome":"accepted""#, #""outcome":"dead-lettered""#, "was dead-lettered, but is an event"),
        (1, #""outcome":"accepted""#, #""outcome":"rerouted""#, "was sent on from its right place"),
        (1, #""offset":1,"#, #""offset":2,"#, "0@1: has no ledger record"),
    ]) func aWrongLedgerIsSeen(index: Int, old: String, new: String, expected: String) {
        let report = audit(inputs, changed(ledger, index, old, new))
        #expect(report.problems.contains { $0.contains(expected) }, "\(report.text)")
    }

    @Test func aMissingRecordIsSeen() {
        let report = audit(inputs, Array(ledger.dropLast()))
        #expect(report.problems.contains { $0.contains("0@3: has no ledger record") }, "\(report.text)")
    }

    @Test func aRecordToManyIsSeen() {
        let report = audit(Array(inputs.dropLast()), ledger)
        #expect(report.problems.contains { $0.contains("but was not read as input") }, "\(report.text)")
    }

    @Test func anIDThatIsAcceptedTwiceIsSeen() {
        let again = changed(ledger, 1, #""seq":2,"next":2,"offset":1"#, #""seq":5,"next":5,"offset":4"#)[1].replacing(
            "\"version\":2", with: "\"version\":5")
        let report = audit(inputs + [inputs[1]], ledger + [again])
        #expect(report.problems.contains { $0.contains("id 2 came before with the same body, and is accepted now") }, "\(report.text)")
    }

    @Test func anExpiryBeforeItsTimeIsSeen() {
        let expiry =
            #"{"v":1,"seq":3,"next":2,"timeMilliseconds":2000,"kind":"expire","outcome":"internal","sku":"A","version":3,"#
            + #""quantity":4,"items":[{"hold":"h","location":"L","quantity":4}]}"#
        let report = audit(Array(inputs.prefix(2)), Array(ledger.prefix(2)) + [expiry])
        #expect(report.expiredHolds == 1)
        #expect(report.problems.contains { $0.contains("hold h expires before its time") }, "\(report.text)")
        let late = audit(
            Array(inputs.prefix(2)),
            Array(ledger.prefix(2)) + [expiry.replacing("\"timeMilliseconds\":2000", with: "\"timeMilliseconds\":61002")])
        #expect(late.holds, "\(late.text)")
        #expect(late.openHolds == 0)
    }

    @Test func aLetterWithoutItsRecordIsSeen() {
        let auditor = Auditor(partitions: 1)
        KeptRecord(key: nil, value: "", headers: [("dlq-partition", "0"), ("dlq-offset", "7")]).withView(0, 0, 0) { auditor.deadLetter($0) }
        #expect(!auditor.isCaughtUp)
        #expect(auditor.finish(hasLevels: false).problems.contains { $0.contains("0/7: a dead letter") })
    }

    @Test func theAuditorsJSONIsStrict() {
        for text in [
            "", "{", "{}x", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "-", "1.", "1e", "+1", "nul", "\"\u{1}\"", "\"\\x\"",
            "\"\\ud800\"",
            "{a:1}", "'a'", "\u{FEFF}1",
        ] {
            #expect(throws: JSONFault.self, "\(text)") { try Array(text.utf8).withUnsafeBytes { try JSONReader.read($0) } }
        }
        let value = try? Array(#" {"a":[1,-2.5e3,true,null],"b":"x\u00e9\ud83d\ude00\n"} "#.utf8).withUnsafeBytes {
            try JSONReader.read($0)
        }
        #expect(value?["a"]?.elements?.count == 4)
        #expect(value?["a"]?.elements?[0].integer == 1)
        #expect(value?["b"]?.text == "xé😀\n")
    }
}
