import StockCore
import StockWire
import Testing

@Suite("What makes two events the same")
struct BodyHashTests {
    private let members = "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":60"

    private func hash(_ type: String, _ members: String) throws -> UInt64 { try plain(type, members).decode().event.bodyHash }

    @Test func orderSpaceTimeAndTraceDoNotCount() throws {
        let own = try hash("hold", members)
        let other = SampleRecord(
            " { \"ttlSeconds\" : 60 , \"quantity\":1,\"location\":\"\\u004c\", \"hold\":\"h\",\"sku\":\"BTY-001\","
                + "\"type\":\"hold\",\"id\":\"other\",\"occurredAt\":\"2026-01-01T00:00:00Z\"}",
            headers: [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])
        #expect(try other.decode().event.bodyHash == own)
    }

    @Test func everyFieldCounts() throws {
        var hashes: Set<UInt64> = []
        let variants = [
            members, members.replacing("h\"", with: "i\""), members.replacing("L", with: "M"), members.replacing(":1,", with: ":2,"),
            members.replacing("60", with: "61"), members + ",\"reason\":\"h\"", members + ",\"actor\":\"h\"", members + ",\"meta\":{}",
            members + ",\"meta\":{ }", members + ",\"expectedVersion\":1", members + ",\"expectedVersion\":0",
        ]
        for variant in variants { hashes.insert(try hash("hold", variant)) }
        let adjust = "\"location\":\"L\",\"reason\":\"r\""
        for variant in [
            ",\"quantity\":1", ",\"quantity\":-1", ",\"quantity\":1,\"forced\":true", ",\"quantity\":1,\"disposition\":\"sellable\"",
            ",\"quantity\":1,\"disposition\":\"qc\"", ",\"setTo\":1,\"expected\":2", ",\"setTo\":2,\"expected\":1",
        ] { hashes.insert(try hash("adjust", adjust + variant)) }
        for term in ["scale", "safetyStock", "reorderPoint", "reorderHysteresis", "maxHoldSeconds", "maxHoldQuantity"] {
            hashes.insert(try hash("define", "\"\(term)\":5"))
        }
        let receive = "\"location\":\"L\",\"quantity\":1,\"receipt\":\"r\""
        for variant in [
            "", ",\"lot\":\"A\"", ",\"lot\":\"B\"", ",\"lot\":\"A\",\"expiresOn\":\"2027-01-31\"",
            ",\"lot\":\"A\",\"expiresOn\":\"2027-02-01\"",
        ] { hashes.insert(try hash("receive", receive + variant)) }
        for variant in ["true", "false"] { hashes.insert(try hash("define", "\"lotTracked\":\(variant)")) }
        for variant in [",\"unit\":\"a\"", ",\"unit\":\"b\"", ",\"unit\":\"a\",\"rounding\":\"up\""] {
            hashes.insert(try hash("receive", receive + variant))
        }
        for variant in ["\"a\",\"numerator\":2", "\"a\",\"numerator\":3", "\"a\",\"numerator\":3,\"denominator\":2"] {
            hashes.insert(try hash("define", "\"unit\":" + variant))
        }
        for variant in ["\"a\"", "\"b\"", "[\"a\"]", "[\"b\"]"] {
            let name = variant.hasPrefix("[") ? "serials" : "serial"
            hashes.insert(try hash("receive", receive + ",\"\(name)\":\(variant)"))
        }
        #expect(hashes.count == variants.count + 7 + 6 + 5 + 2 + 3 + 3 + 4)
    }

    @Test func neighboursDoNotRunIntoEachOther() throws {
        #expect(try hash("define", "\"reason\":\"ab\",\"actor\":\"c\"") != hash("define", "\"reason\":\"a\",\"actor\":\"bc\""))
        #expect(try hash("define", "\"reason\":\"ab\"") != hash("define", "\"actor\":\"ab\""))
    }

    @Test func aDefaultSpelledOutIsTheSame() throws {
        let sale = "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1"
        #expect(try hash("sale", sale) == hash("sale", sale + ",\"forced\":false"))
        let commit = "\"orderLine\":\"o\",\"hold\":\"h\""
        #expect(try hash("commit", commit) == hash("commit", commit + ",\"rest\":\"keep\""))
    }

    /// Stored in ledgers: these values never change.
    @Test func isStable() throws {
        let own = try hash("hold", members)
        #expect(own == 17_260_021_690_487_482_346)
        #expect(
            EventDecoder.idHash(source: bytes("shop/7"), id: bytes("e-1"))
                == Hash128(high: 13_149_565_902_814_598_563, low: 7_383_025_958_705_927_358))
    }

    @Test func idsOfDifferentSourcesDiffer() {
        #expect(
            EventDecoder.idHash(source: bytes("a"), id: bytes("bc")) != EventDecoder.idHash(source: bytes("ab"), id: bytes("c")))
        #expect(EventDecoder.idHash(source: bytes(""), id: bytes("x")) != EventDecoder.idHash(source: bytes("x"), id: bytes("")))
    }
}
