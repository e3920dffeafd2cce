import StockCore
import StockWire
import Testing

@Suite("State records of lots")
struct LotRecordTests {
    private let sku = key("BTY-001")
    private let site = key("WH1")

    private func decode(_ body: (inout ByteBuffer, inout ByteBuffer) -> UInt64) throws -> StateRecord {
        var name = ByteBuffer()
        var value = ByteBuffer()
        #expect(body(&name, &value) == StateEncoder.hash(name.bytes, value.bytes))
        return try StateDecoder.decode(key: name.bytes, value: value.bytes)
    }

    @Test func theyComeBackAsTheyWere() throws {
        var terms = LotTermsRecord()
        terms.lot = key("L-1")
        terms.expiresAtMilliseconds = 1_769_904_000_000
        terms.isRecalled = true
        terms.isDay = true
        guard case .lotTerms(let terms, sku) = try decode({ StateEncoder.encode(terms: terms, sku: sku, key: &$0, value: &$1) }) else {
            Issue.record("another kind came back")
            return
        }
        #expect(terms.lot == key("L-1") && terms.expiresAtMilliseconds == 1_769_904_000_000)
        #expect(terms.isRecalled && !terms.isBlocked && terms.isDay)
        var lot = LotRecord()
        lot.receivedAtMilliseconds = 7
        for (index, disposition) in Disposition.allCases.enumerated() { lot.quantities[disposition] = Int64(index) - 1 }
        let read = try decode { StateEncoder.encode(lot: lot, sku: sku, location: site, name: key("L-1"), key: &$0, value: &$1) }
        guard case .lot(let again, sku, location: site, lot: key("L-1")) = read else {
            Issue.record("another kind came back")
            return
        }
        #expect(again.quantities == lot.quantities && again.receivedAtMilliseconds == 7)
        #expect(again.expiresAtMilliseconds == LotTermsRecord.never)
        var shipped = ShippedLotRecord()
        shipped.orderLine = Hash128(high: 5, low: 6)
        (shipped.shipped, shipped.returned) = (9, 4)
        let other = try decode { StateEncoder.encode(shipped: shipped, sku: sku, lot: key("L-1"), key: &$0, value: &$1) }
        guard case .shippedLot(let back, sku, lot: key("L-1")) = other else {
            Issue.record("another kind came back")
            return
        }
        #expect(back.orderLine == shipped.orderLine && back.shipped == 9 && back.returned == 4 && !back.wasRecalled)
        shipped.wasRecalled = true
        let recalled = try decode { StateEncoder.encode(shipped: shipped, sku: sku, lot: key("L-1"), key: &$0, value: &$1) }
        guard case .shippedLot(let later, _, _) = recalled else {
            Issue.record("another kind came back")
            return
        }
        #expect(later.wasRecalled && later.returned == 4 && later.minExpiryMilliseconds == 0)
        (shipped.wasRecalled, shipped.minExpiryMilliseconds) = (false, 9)
        let living = try decode { StateEncoder.encode(shipped: shipped, sku: sku, lot: key("L-1"), key: &$0, value: &$1) }
        guard case .shippedLot(let last, _, _) = living else {
            Issue.record("another kind came back")
            return
        }
        #expect(!last.wasRecalled && last.minExpiryMilliseconds == 9)
    }

    @Test func carriedPromisesComeBackAsTheyWere() throws {
        var line = CommitmentRecord()
        (line.orderLine, line.ordered, line.inTransit, line.transfer) = (key("O-1"), 7, 5, 0xFEDC_BA98_7654_3211)
        for cores in [Int64(0), 2] {
            line.cores = cores
            let read = try decode {
                StateEncoder.encode(commitment: line, waiter: nil, sku: sku, location: site, key: &$0, value: &$1)
            }
            guard case .commitment(let again, nil, sku, location: site) = read else {
                Issue.record("another kind came back")
                return
            }
            #expect(again.inTransit == 5 && again.transfer == 0xFEDC_BA98_7654_3211 && again.cores == cores && again.ordered == 7)
        }
        var document = DocumentRecord()
        (document.kind, document.id, document.total, document.orderLine) = (.transfer, key("T-1"), 5, key("O-1"))
        let read = try decode {
            StateEncoder.encode(document: document, sku: sku, location: site, to: key("B"), key: &$0, value: &$1)
        }
        guard case .document(let again, sku, location: site, to: key("B")) = read else {
            Issue.record("another kind came back")
            return
        }
        #expect(again.orderLine == key("O-1") && again.total == 5)
    }

    @Test func countedLotsComeBackAsTheyWere() throws {
        var record = CountedLotRecord()
        (record.disposition, record.countedAtMilliseconds, record.variance) = (.damaged, 1_769_904_000_000, -3)
        let read = try decode { StateEncoder.encode(countedLot: record, sku: sku, location: site, lot: key("L-1"), key: &$0, value: &$1) }
        guard case .countedLot(let again, sku, location: site, lot: key("L-1")) = read else {
            Issue.record("another kind came back")
            return
        }
        #expect(again.disposition == .damaged && again.countedAtMilliseconds == 1_769_904_000_000 && again.variance == -3)
        var name = ByteBuffer()
        StateEncoder.encode(removedCountedLot: key("L-1"), .damaged, sku: sku, location: site, key: &name)
        guard case .removedCountedLot(key("L-1"), .damaged, sku, location: site) = try StateDecoder.decode(key: name.bytes, value: nil)
        else {
            Issue.record("no tombstone came back")
            return
        }
    }

    @Test func countsOfLotsComeBackAsTheyWere() throws {
        var record = LotCountRecord()
        (record.disposition, record.isListed) = (.qc, false)
        (record.found, record.base, record.countedAtMilliseconds, record.line) = (3, -4, 1_769_904_000_000, -5)
        let read = try decode { StateEncoder.encode(lotCount: record, sku: sku, location: site, lot: key("L-1"), key: &$0, value: &$1) }
        guard case .lotCount(let again, sku, location: site, lot: key("L-1")) = read else {
            Issue.record("another kind came back")
            return
        }
        #expect(again.disposition == .qc && !again.isListed && again.found == 3 && again.base == -4)
        #expect(again.countedAtMilliseconds == 1_769_904_000_000 && again.line == -5)
        var name = ByteBuffer()
        StateEncoder.encode(removedLotCount: key("L-1"), .qc, sku: sku, location: site, key: &name)
        guard case .removedLotCount(key("L-1"), .qc, sku, location: site) = try StateDecoder.decode(key: name.bytes, value: nil) else {
            Issue.record("no tombstone came back")
            return
        }
        var count = CountRecord()
        (count.id, count.unattributed) = (key("C-1"), -7)
        guard
            case .count(let open, sku, location: site) = try decode({
                StateEncoder.encode(count: count, sku: sku, location: site, key: &$0, value: &$1)
            })
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(open.id == key("C-1") && open.unattributed == -7)
    }

    @Test func whatIsToBeNamedComesBackAsItWas() throws {
        var record = NamingRecord()
        record.sinceSeq = 77
        let read = try decode { StateEncoder.encode(naming: record, sku: sku, location: site, key: &$0, value: &$1) }
        guard case .naming(let new, sku, location: site) = read else {
            Issue.record("another kind came back")
            return
        }
        #expect(new.sinceSeq == 77 && !new.isBegun)
        (record.isBegun, record.afterKind, record.after, record.afterMilliseconds) = (true, .orderLine, key("o-1"), 5)
        guard
            case .naming(let begun, sku, location: site) = try decode({
                StateEncoder.encode(naming: record, sku: sku, location: site, key: &$0, value: &$1)
            })
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(begun.isBegun && begun.afterKind == .orderLine && begun.after == key("o-1") && begun.afterMilliseconds == 5)
        var name = ByteBuffer()
        StateEncoder.encode(removedNaming: site, sku: sku, key: &name)
        guard case .removedNaming(site, sku) = try StateDecoder.decode(key: name.bytes, value: nil) else {
            Issue.record("no tombstone came back")
            return
        }
    }

    @Test func aHeaderFromBeforeLotsIsRead() throws {
        var record = SKURecord()
        record.key = sku
        record.policy.maxHoldQuantity = 5
        let before = try decode { StateEncoder.encode(header: record, key: &$0, value: &$1) }
        record.policy.lotTracked = 0
        let now = try decode { StateEncoder.encode(header: record, key: &$0, value: &$1) }
        guard case .header(let old) = before, case .header(let new) = now else {
            Issue.record("another kind came back")
            return
        }
        #expect(old.policy.lotTracked == Policy.absent && old.policy.maxHoldQuantity == 5)
        #expect(new.policy.lotTracked == 0 && new.policy.maxHoldQuantity == 5)
    }
}
