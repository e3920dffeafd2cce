import StockCore
import StockWire
import Testing

@Suite("Ledger records")
struct LedgerTests {
    /// Encodes, decodes, and answers the fact with copies of the texts.
    private func roundTrip(_ fact: Fact, _ envelope: EventEnvelope, error: WireError? = nil) throws -> (Fact, [String]) {
        var buffer = ByteBuffer()
        if let error {
            LedgerEncoder.encode(fact, envelope, error: error, into: &buffer)
        } else {
            LedgerEncoder.encode(fact, envelope, into: &buffer)
        }
        var decoder = LedgerDecoder()
        var again = RandomFact.dirty
        try decoder.decode(buffer.bytes, into: &again)
        let texts = [
            decoder.envelope.id, decoder.envelope.source, decoder.envelope.meta, decoder.envelope.traceparent, decoder.error.code,
            decoder.error.field, decoder.error.message,
        ].map { String(decoding: $0, as: UTF8.self) }
        return (again, texts)
    }

    @Test func everyFactComesBackAsItWas() throws {
        var generator = SeededGenerator(state: 7)
        for _ in 0..<200 {
            for kind in FactKind.allCases {
                let (fact, envelope) = RandomFact.make(kind, &generator)
                let (again, texts) = try roundTrip(fact, envelope)
                #expect(again == fact)
                #expect(texts[0] == String(decoding: envelope.id, as: UTF8.self))
                #expect(texts[1] == String(decoding: envelope.source, as: UTF8.self))
                #expect(texts[2] == String(decoding: envelope.meta, as: UTF8.self))
                #expect(texts[3] == String(decoding: envelope.traceparent, as: UTF8.self))
            }
        }
    }

    /// A field that is added to facts and forgotten here would be lost without a word.
    @Test func theRandomFactsFillEveryField() {
        var generator = SeededGenerator(state: 8)
        let facts = (0..<300).map { _ in RandomFact.make(.hold, &generator).0 }
        let empty = Mirror(reflecting: Fact()).children.map { ($0.label, String(describing: $0.value)) }
        for (index, (label, value)) in empty.enumerated() where label != "kind" {
            let isFilled = facts.contains { fact in
                let child = Mirror(reflecting: fact).children.dropFirst(index).first
                return child.map { String(describing: $0.value) } != value
            }
            #expect(isFilled, "\(label ?? "")")
        }
        #expect(Mirror(reflecting: Policy()).children.count == 26 && Mirror(reflecting: Balances()).children.count == 15)
        #expect(Mirror(reflecting: WaitTerms()).children.count == 6)
        #expect(Mirror(reflecting: FactItem()).children.count == 7)
    }

    @Test func anEmptyFactIsSmall() {
        var fact = Fact()
        fact.seq = 5
        fact.next = 9
        fact.timeMilliseconds = 1_767_225_600_000
        fact.kind = .forget
        fact.outcome = .internalFact
        #expect(
            encoded { LedgerEncoder.encode(fact, EventEnvelope(), into: &$0) }
                == "{\"v\":1,\"seq\":5,\"next\":9,\"timeMilliseconds\":1767225600000,\"kind\":\"forget\",\"outcome\":\"internal\"}")
    }

    @Test func tellsWhyARecordWasNotRead() throws {
        var fact = Fact()
        fact.seq = 1
        fact.offset = 0
        fact.outcome = .deadLettered
        let error = WireError(.unknownField, field: key("colour"), offset: 37)
        let (again, texts) = try roundTrip(fact, EventEnvelope(), error: error)
        #expect(again == fact)
        #expect(texts[4] == "unknown-field" && texts[5] == "colour" && texts[6] == error.description)
    }

    @Test func refusesANewerVersionByName() {
        let failure = decodeFailure("{\"v\":2,\"seq\":1,\"shiny\":true}")
        #expect(failure?.code == .newerVersion && failure?.low == 2 && failure?.high == 1)
        #expect(failure?.description == "the record's format version 2 is newer than this program's 1")
    }

    @Test(arguments: [
        ("{\"seq\":1,\"next\":1,\"timeMilliseconds\":1,\"kind\":\"hold\",\"outcome\":\"accepted\"}", WireErrorCode.missingField),
        ("{\"v\":1,\"next\":1,\"timeMilliseconds\":1,\"kind\":\"hold\",\"outcome\":\"accepted\"}", .missingField),
        ("{\"v\":1,\"seq\":1,\"next\":1,\"timeMilliseconds\":1,\"kind\":\"hold\"}", .missingField),
        ("{\"v\":1,\"colour\":1}", .corrupt), ("{\"v\":1,\"kind\":\"holt\"}", .corrupt), ("{\"v\":1,\"outcome\":\"maybe\"}", .corrupt),
        ("{\"v\":1,\"v\":1}", .duplicateField), ("{\"v\":0}", .corrupt), ("{\"v\":1,\"seq\":1.5}", .notAnInteger),
        ("{\"v\":1,\"bodyHash\":\"12\"}", .corrupt), ("{\"v\":1,\"after\":{\"held\":1,\"held\":1}}", .corrupt),
        ("{\"v\":1,\"after\":{\"x\":1}}", .corrupt),
        ("{\"v\":1,\"items\":[{\"x\":1}]}", .corrupt), ("{\"v\":1,\"policy\":{\"returnDisposition\":\"x\"}}", .corrupt),
        ("{\"v\":1,\"sku\":\"\"}", .corrupt),
        ("", .syntax), ("[]", .wrongType),
    ])
    func refusesDamage(_ text: String, _ code: WireErrorCode) {
        #expect(decodeFailure(text)?.code == code)
    }

    private func decodeFailure(_ text: String) -> WireError? {
        var decoder = LedgerDecoder()
        var fact = Fact()
        do throws(WireError) {
            try decoder.decode(bytes(text), into: &fact)
            return nil
        } catch {
            return error
        }
    }

    /// The largest fact there can be stays far below Kafka's default of 1 MiB a record.
    @Test func theLargestRecordFits() throws {
        var fact = Fact()
        fact.kind = .expire
        fact.outcome = .internalFact
        let worst = Key(bytes(String(repeating: "\"", count: 63)))!
        for _ in 0..<StateLimits.itemsPerFact {
            var item = FactItem()
            item.id = worst
            item.location = worst
            item.quantity = EventLimits.maxQuantity
            item.disposition = .quarantine
            fact.items.append(item)
        }
        var envelope = EventEnvelope()
        envelope.id = bytes(String(repeating: "\u{1}", count: EventLimits.maxIDBytes))
        envelope.source = envelope.id
        envelope.meta = bytes("{\"x\":\"" + String(repeating: "y", count: EventLimits.maxMetaBytes - 8) + "\"}")
        let size = encoded { LedgerEncoder.encode(fact, envelope, into: &$0) }.utf8.count
        #expect(size < 512 * 1024)
        _ = try roundTrip(fact, envelope)
    }
}
