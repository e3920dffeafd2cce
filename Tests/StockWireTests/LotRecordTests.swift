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
        guard case .lotTerms(let terms, sku) = try decode({ StateEncoder.encode(terms: terms, sku: sku, key: &$0, value: &$1) }) else {
            Issue.record("another kind came back")
            return
        }
        #expect(terms.lot == key("L-1") && terms.expiresAtMilliseconds == 1_769_904_000_000)
        #expect(terms.isRecalled && !terms.isBlocked)
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
        #expect(later.wasRecalled && later.returned == 4)
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
