import StockCore
import StockWire
import Testing

/// Requests that name several locations, as bytes.
@Suite("Candidates")
struct CandidatesTests {
    private func decode(_ members: String, type: String = "hold") throws -> (event: StockEvent, candidates: [Candidate]) {
        var decoder = EventDecoder()
        var event = StockEvent()
        try plain(type, members).withView { try decoder.decode($0, into: &event) }
        return (event, decoder.candidates)
    }

    private let hold = "\"hold\":\"h\",\"quantity\":1,\"ttlSeconds\":1,"

    @Test func theyAreReadInOrder() throws {
        let members = "\"distances\":[7,0],\"locations\":[\"B\",\"A\"],\"strategy\":\"nearest\",\"split\":\"deny\""
        let (event, candidates) = try decode(hold + members)
        #expect(candidates == [Candidate(key("B"), distance: 7), Candidate(key("A"))])
        #expect(event.hasCandidates && event.strategy == .nearest && event.deniesSplit && event.location.isEmpty)
        let other = try decode(hold + "\"location\":\"A\"")
        #expect(!other.event.hasCandidates && other.candidates.isEmpty)
    }

    @Test func whatWasReadBeforeIsForgotten() throws {
        var decoder = EventDecoder()
        var event = StockEvent()
        try plain("hold", hold + "\"locations\":[\"A\"]").withView { try decoder.decode($0, into: &event) }
        try plain("hold", hold + "\"location\":\"B\"").withView { try decoder.decode($0, into: &event) }
        #expect(decoder.candidates.isEmpty && !event.hasCandidates)
    }

    @Test func everythingThatIsAskedForIsInTheHash() throws {
        let variants = [
            "\"location\":\"A\"", "\"locations\":[\"A\"]", "\"locations\":[\"A\",\"B\"]", "\"locations\":[\"B\",\"A\"]",
            "\"locations\":[\"A\",\"B\"],\"split\":\"deny\"", "\"locations\":[\"A\",\"B\"],\"strategy\":\"priority\"",
            "\"locations\":[\"A\",\"B\"],\"strategy\":\"nearest\",\"distances\":[1,2]",
            "\"locations\":[\"A\",\"B\"],\"strategy\":\"nearest\",\"distances\":[2,1]",
        ]
        let hashes = try variants.map { try decode(hold + $0).event.bodyHash }
        #expect(Set(hashes).count == variants.count)
        // Defaults spelled out are the same event.
        let spelled = try decode(hold + "\"locations\":[\"A\"],\"split\":\"allow\",\"strategy\":\"single-first\"").event.bodyHash
        #expect(spelled == hashes[1])
    }

    @Test(arguments: Strategy.allCases) func everyStrategyHasAName(strategy: Strategy) throws {
        let distances = strategy == .nearest ? ",\"distances\":[1]" : ""
        #expect(try decode(hold + "\"locations\":[\"A\"],\"strategy\":\"\(strategy.wireName)\"" + distances).event.strategy == strategy)
    }

    @Test func upToSixteen() {
        func list(_ count: Int) -> String { "\"locations\":[" + (0..<count).map { "\"L\($0)\"" }.joined(separator: ",") + "]" }
        #expect(plain("hold", hold + list(16)).failure == nil)
        #expect(plain("hold", hold + list(17)).failure?.code == .outOfRange)
        #expect(plain("hold", hold + list(0)).failure?.code == .outOfRange)
        #expect(plain("hold", hold + "\"locations\":[\"A\"],\"strategy\":\"nearest\",\"distances\":[1,2]").failure?.code == .outOfRange)
        #expect(plain("hold", hold + "\"locations\":[\"A\"],\"strategy\":\"nearest\",\"distances\":[-1]").failure?.code == .outOfRange)
        #expect(plain("hold", hold + "\"locations\":\"A\"").failure?.code == .wrongType)
        #expect(plain("hold", hold + "\"locations\":[1]").failure?.code == .wrongType)
    }

    @Test func aPartIsWrittenAndReadBack() throws {
        var part = PartRecord()
        (part.isHold, part.id, part.quantity) = (true, key("h-1"), 1_234_567)
        let (sku, site) = (key("LIP-1"), key("BER1"))
        var name = ByteBuffer(capacity: 64)
        var value = ByteBuffer(capacity: 64)
        _ = StateEncoder.encode(part: part, sku: sku, location: site, key: &name, value: &value)
        guard case .part(let again, sku, location: site) = try StateDecoder.decode(key: name.bytes, value: value.bytes) else {
            Issue.record("another kind of record")
            return
        }
        #expect(again.isHold && again.id == part.id && again.quantity == part.quantity)
        guard case .removedPart(key("h-1"), isHold: true, sku, location: site) = try StateDecoder.decode(key: name.bytes, value: nil) else {
            Issue.record("another tombstone")
            return
        }
        let hold = name.bytes.map { $0 }
        part.isHold = false
        _ = StateEncoder.encode(part: part, sku: sku, location: site, key: &name, value: &value)
        #expect(hold != name.bytes.map { $0 }, "a hold and an order line of one id have parts of their own")
    }

    @Test func theAnswerTellsTheParts() throws {
        var fact = Fact()
        (fact.kind, fact.sku, fact.hold, fact.quantity) = (.hold, key("P"), key("h"), 13)
        for (place, quantity) in [(key("L1"), 10), (key("L2"), 3)] as [(Key, Int64)] {
            var item = FactItem()
            (item.kind, item.location, item.quantity) = (.part, place, quantity)
            fact.items.append(item)
        }
        var text = ByteBuffer(capacity: 512)
        ReplyEncoder.encode(fact, EventEnvelope(), into: &text)
        let answer = String(decoding: text.bytes, as: UTF8.self)
        #expect(answer.contains("\"parts\":[{\"location\":\"L1\",\"quantity\":10},{\"location\":\"L2\",\"quantity\":3}]"))
        #expect(!answer.contains("\"after\""))
    }
}
