import StockCore
import StockWire
import Testing

@Suite("Events that are passed on")
struct ChainEncoderTests {
    /// The event that passes the rest of a request on, after `met` more of it were met.
    private func passOn(_ record: SampleRecord, met: Int64, hop: Int64) throws -> String {
        try record.withView { view in
            var decoder = EventDecoder()
            var event = StockEvent()
            try decoder.decode(view, into: &event)
            var fact = Fact()
            fact.chain.hop = hop
            fact.chain.asked = event.asked == Policy.absent ? event.quantity : event.asked
            fact.chain.met = (event.met == Policy.absent ? 0 : event.met) + met
            fact.chain.next = event.nextSKU
            fact.chain.passedOn = event.quantity - met
            return encoded { ChainEncoder.encode(event, fact, decoder, into: &$0) }
        }
    }

    /// What is passed on is an event like any other: with all that the first one said, at each hop, and valid by the schema.
    @Test func itSaysWhatTheFirstOneSaid() throws {
        let members =
            "\"source\":\"shop\",\"hold\":\"h\",\"location\":\"L\",\"quantity\":9,\"ttlSeconds\":60,\"minExpiry\":\"2027-03-31\","
            + "\"reason\":\"r\",\"actor\":\"a\",\"meta\":{\"a\" : 1},\"alternatives\":[\"B\\\"\",\"C\"],"
            + "\"occurredAt\":\"2026-01-01T00:00:00.123Z\""
        let first = plain("hold", members)
        let event = try first.decode().event
        let second = SampleRecord(try passOn(first, met: 2, hop: 1))
        #expect(try Project.schema("stock-event").check(JSONValue(String(decoding: second.value!, as: UTF8.self))) == [])
        let next = try second.decode()
        #expect(next.id == "e-1/2" && next.source == "shop" && next.meta == "{\"a\" : 1}")
        #expect(next.event.sku == key("B\"") && next.event.nextSKU == key("C") && next.event.quantity == 7)
        #expect(next.event.hop == 2 && next.event.asked == 9 && next.event.met == 2)
        #expect(next.event.occurredAtMilliseconds == event.occurredAtMilliseconds && next.event.ttlSeconds == 60)
        #expect(next.event.minExpiryMilliseconds == event.minExpiryMilliseconds && next.event.hold == key("h"))
        #expect(next.event.reason == key("r") && next.event.actor == key("a") && next.event.location == key("L"))
        let third = SampleRecord(try passOn(second, met: 0, hop: 2))
        let last = try third.decode()
        #expect(last.id == "e-1/3" && last.event.sku == key("C") && last.event.nextSKU.isEmpty && last.event.met == 2)
        #expect(String(decoding: third.value!, as: UTF8.self).contains("\"visited\":[\"BTY-001\",\"B\\\"\"]"))
        #expect(try Project.schema("stock-event").check(JSONValue(String(decoding: third.value!, as: UTF8.self))) == [])
    }

    @Test func aCommitIsPassedOnToo() throws {
        let first = plain(
            "commit",
            "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":4,\"minShelfLifeDays\":3,\"alternatives\":[\"B\"],\"claim\":\"c\"")
        let next = try SampleRecord(try passOn(first, met: 0, hop: 1)).decode().event
        #expect(next.type == .commit && next.orderLine == key("o") && next.minShelfLifeDays == 3 && next.claim == key("c"))
        #expect(next.quantity == 4 && next.met == 0 && next.ttlSeconds == Policy.absent)
    }
}
