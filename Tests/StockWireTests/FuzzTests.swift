import StockCore
import StockWire
import Testing

/// Mutations of good messages: whatever comes in, the decoders answer or refuse, and never crash. Deterministic and bounded.
@Suite("Damaged input")
struct FuzzTests {
    private static let tokens = [
        "\"", "\\", "\\u", "\\uD800", "{", "}", "[", "]", ":", ",", "null", "true", "1e9", "-", "0", "9223372036854775808", "\u{0}",
        "\u{FEFF}", " ", "é",
    ].map { Array($0.utf8) }

    private func mutate(_ value: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = value
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let at = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2: bytes.insert(contentsOf: Self.tokens.randomElement(using: &generator)!, at: at)
            case 3: bytes.removeLast(bytes.count - at)
            default:
                let from = Int.random(in: 0...at, using: &generator)
                bytes.insert(contentsOf: bytes[from..<at], at: Int.random(in: 0...bytes.count, using: &generator))
            }
        }
        return bytes
    }

    @Test func eventDecoder() {
        let attributes = "\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"/s\",\"type\":\"stock.hold.v1\""
        let data =
            "{\"sku\":\"B\\u0041\",\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":60,"
            + "\"meta\":{\"a\":[1.5e3,{\"b\":null}]}}"
        let seeds = [
            SampleRecord("{\"id\":\"e\",\"type\":\"hold\",\(data.dropFirst())"),
            SampleRecord("{\(attributes),\"data\":\(data)}", headers: [("content-type", "application/cloudevents+json")]),
            SampleRecord(
                data, headers: [("ce_specversion", "1.0"), ("ce_id", "e"), ("ce_source", "/s"), ("ce_type", "hold"), ("reply-key", "k")]),
            plain("define", "\"scale\":1000,\"returnDisposition\":\"qc\",\"occurredAt\":\"2026-01-01T00:00:00Z\""),
        ]
        var generator = SeededGenerator(state: 11)
        var decoder = EventDecoder()
        var event = StockEvent()
        var accepted = 0
        for _ in 0..<15_000 {
            for seed in seeds {
                var record = seed
                record.value = mutate(seed.value!, &generator)
                if Int.random(in: 0..<8, using: &generator) == 0, !record.headers.isEmpty {
                    let index = Int.random(in: 0..<record.headers.count, using: &generator)
                    record.headers[index].value = mutate(record.headers[index].value!, &generator)
                }
                record.withView { view in
                    do throws(WireError) {
                        try decoder.decode(view, into: &event)
                        accepted += 1
                        #expect(!event.sku.isEmpty && !event.idHash.isZero && !decoder.envelope.id.isEmpty)
                    } catch {
                        #expect(!error.description.isEmpty)
                    }
                }
            }
        }
        #expect(accepted > 0)
    }

    /// What the ledger decoder accepts, it can write and read again.
    @Test func ledgerDecoder() {
        var generator = SeededGenerator(state: 12)
        var decoder = LedgerDecoder()
        var fact = Fact()
        for kind in FactKind.allCases {
            let (sample, envelope) = RandomFact.make(kind, &generator)
            var buffer = ByteBuffer()
            LedgerEncoder.encode(sample, envelope, into: &buffer)
            let seed = Array(buffer.bytes)
            for _ in 0..<2_000 {
                mutate(seed, &generator).withUnsafeBytes { bytes in
                    guard (try? decoder.decode(bytes, into: &fact)) != nil else { return }
                    var again = ByteBuffer()
                    LedgerEncoder.encode(fact, decoder.envelope, into: &again)
                    var second = LedgerDecoder()
                    var copy = Fact()
                    #expect(throws: Never.self) { try second.decode(again.bytes, into: &copy) }
                }
            }
        }
    }
}
