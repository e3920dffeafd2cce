import StockCore
import StockWire

/// A record made of texts, for tests.
struct SampleRecord {
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [(name: String, value: [UInt8]?)] = []
    var timestampMilliseconds: Int64 = 1_767_225_600_000

    init(_ value: String?, key: String? = "BTY-001", headers: [(String, String?)] = []) {
        self.key = key.map { Array($0.utf8) }
        self.value = value.map { Array($0.utf8) }
        self.headers = headers.map { (name: $0.0, value: $0.1.map { Array($0.utf8) }) }
    }

    init(bytes: [UInt8]) {
        self.init(nil)
        value = bytes
    }

    /// Gives the record to `body`; its pointers live that long.
    func withView<Result>(_ body: (RecordView) throws -> Result) rethrows -> Result {
        var owned: [UnsafeMutableRawBufferPointer] = []
        defer { for memory in owned { memory.deallocate() } }
        func hold(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            memory.copyBytes(from: bytes)
            owned.append(memory)
            return UnsafeRawBufferPointer(memory)
        }
        let views = headers.map { RecordHeader(name: hold(Array($0.name.utf8)), value: $0.value.map(hold)) }
        return try views.withUnsafeBufferPointer { headers in
            try body(
                RecordView(
                    partition: 3, offset: 42, timestampMilliseconds: timestampMilliseconds, key: key.map(hold), value: value.map(hold),
                    headers: headers))
        }
    }

    /// Decodes it.
    func decode() throws(WireError) -> DecodedEvent {
        var result: Result<DecodedEvent, WireError>?
        withView { view in
            var decoder = EventDecoder()
            var event = StockEvent()
            do throws(WireError) {
                try decoder.decode(view, into: &event)
                result = .success(DecodedEvent(event, decoder.envelope))
            } catch {
                result = .failure(error)
            }
        }
        return try result!.get()
    }

    /// The error of decoding it; nil where there is none.
    var failure: WireError? {
        do throws(WireError) {
            _ = try decode()
            return nil
        } catch {
            return error
        }
    }
}

/// An event with copies of what its envelope borrows.
struct DecodedEvent {
    var event: StockEvent
    var id: String
    var source: String
    var meta: String
    var traceparent: String
    var replyKey: String
    var replyPartition: Int32
    var isRerouted: Bool

    init(_ event: StockEvent, _ envelope: EventEnvelope) {
        self.event = event
        id = String(decoding: envelope.id, as: UTF8.self)
        source = String(decoding: envelope.source, as: UTF8.self)
        meta = String(decoding: envelope.meta, as: UTF8.self)
        traceparent = String(decoding: envelope.traceparent, as: UTF8.self)
        replyKey = String(decoding: envelope.replyKey, as: UTF8.self)
        replyPartition = envelope.replyPartition
        isRerouted = envelope.isRerouted
    }
}

/// A plain event with these members after id, type and SKU.
func plain(_ type: String, _ members: String = "") -> SampleRecord {
    SampleRecord("{\"id\":\"e-1\",\"type\":\"\(type)\",\"sku\":\"BTY-001\"\(members.isEmpty ? "" : "," + members)}")
}

/// The text of a key, for expectations.
func key(_ text: String) -> Key { Key(text: text)! }

/// Bytes of a text that live for the whole test run.
func bytes(_ text: String) -> UnsafeRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    memory.copyBytes(from: text.utf8)
    return UnsafeRawBufferPointer(memory)
}

/// What an encoder wrote, as a text.
func encoded(_ body: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer()
    body(&buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

/// A small deterministic generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
