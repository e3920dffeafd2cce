import CSimdjson
import StockCore
import StockWire

/// The decoder of the product.
struct OwnDecode: ~Copyable {
    var decoder = EventDecoder()
    var event = StockEvent()
    var sum: UInt64 = 0

    @inline(never) mutating func decode(_ value: UnsafeRawBufferPointer) {
        let record = RecordView(
            partition: 0, offset: 0, timestampMilliseconds: 1, key: nil, value: value, headers: UnsafeBufferPointer(start: nil, count: 0))
        do throws(WireError) {
            try decoder.decode(record, into: &event)
        } catch {
            fatalError("\(error)")
        }
        sum &+= event.bodyHash
    }
}

/// simdjson with the same result: a flat event with its two hashes, unknown and repeated names refused.
struct SimdjsonDecode: ~Copyable {
    let parser: OpaquePointer
    let isDOM: Bool
    var fields = shim_event()
    var event = StockEvent()
    var sum: UInt64 = 0

    init(isDOM: Bool) {
        parser = shim_parser_create()
        self.isDOM = isDOM
    }

    deinit { shim_parser_destroy(parser) }

    private func bytes(_ text: shim_text) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: text.start, count: text.count) }

    private func key(_ text: shim_text) -> Key { text.start == nil ? Key() : Key(bytes(text))! }

    @inline(never) mutating func decode(_ value: UnsafeRawBufferPointer) {
        let start = value.baseAddress!.assumingMemoryBound(to: UInt8.self)
        let code = isDOM ? shim_parse_dom(parser, start, value.count, &fields) : shim_parse_ondemand(parser, start, value.count, &fields)
        guard code == 0, let type = EventType(wireName: bytes(fields.type)) else { fatalError("simdjson: \(code)") }
        event = StockEvent()
        event.type = type
        event.sku = key(fields.sku)
        event.location = key(fields.location)
        event.hold = key(fields.hold)
        event.orderLine = key(fields.order_line)
        event.document = key(fields.receipt)
        event.line = key(fields.line)
        event.reason = key(fields.reason)
        event.actor = key(fields.actor)
        event.isForced = fields.forced != 0
        if fields.seen >> 14 & 1 == 1 { event.quantity = fields.quantity }
        if fields.seen >> 15 & 1 == 1 { event.ttlSeconds = fields.ttl_seconds }
        if fields.seen >> 16 & 1 == 1 { event.expectedVersion = fields.expected_version }
        if fields.occurred_at.start != nil {
            guard let time = Timestamp.parse(bytes(fields.occurred_at)) else { fatalError("no time") }
            event.occurredAtMilliseconds = time
        }
        event.idHash = EventDecoder.idHash(source: bytes(fields.source), id: bytes(fields.id))
        event.bodyHash = EventDecoder.bodyHash(&event, meta: bytes(fields.meta))
        sum &+= event.bodyHash
    }
}

/// One accepted fact for each sample event, with the bytes that its envelope borrows.
final class SampleFacts {
    var facts: [Fact] = []
    var envelopes: [EventEnvelope] = []
    private var owned: [UnsafeMutableRawBufferPointer] = []

    init(_ events: [[UInt8]]) {
        for (index, value) in events.enumerated() {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: value.count, alignment: 8)
            memory.copyBytes(from: value)
            owned.append(memory)
            var decoder = EventDecoder()
            var event = StockEvent()
            let record = RecordView(
                partition: 0, offset: Int64(index), timestampMilliseconds: 1_767_225_600_000, key: nil,
                value: UnsafeRawBufferPointer(memory),
                headers: UnsafeBufferPointer(start: nil, count: 0))
            guard (try? decoder.decode(record, into: &event)) != nil else { fatalError("a sample is wrong") }
            facts.append(Self.fact(event, seq: Int64(index + 1)))
            envelopes.append(decoder.envelope)
        }
    }

    deinit { for memory in owned { memory.deallocate() } }

    private static func fact(_ event: StockEvent, seq: Int64) -> Fact {
        var fact = Fact()
        fact.seq = seq
        fact.offset = seq - 1
        fact.next = seq
        fact.timeMilliseconds = 1_767_225_600_123
        fact.version = seq
        fact.kind = FactKind(event.type)
        fact.idHash = event.idHash
        fact.bodyHash = event.bodyHash
        fact.occurredAtMilliseconds = event.occurredAtMilliseconds
        fact.sku = event.sku
        fact.location = event.location
        fact.hold = event.hold
        fact.orderLine = event.orderLine
        fact.document = event.document
        fact.line = event.line
        fact.reason = event.reason
        fact.actor = event.actor
        fact.quantity = event.quantity
        fact.after.sellable = 100 + seq % 50
        fact.after.held = seq % 7
        fact.after.committed = seq % 5
        fact.after.available = 90
        return fact
    }
}

/// Writes ledger records into one buffer.
struct LedgerWrite: ~Copyable {
    private let samples: SampleFacts
    private var buffer = ByteBuffer()
    private var index = 0

    init(_ events: [[UInt8]]) { samples = SampleFacts(events) }

    @inline(never) mutating func encodeNext() {
        buffer.clear()
        LedgerEncoder.encode(samples.facts[index], samples.envelopes[index], into: &buffer)
        index = (index + 1) % samples.facts.count
    }
}

/// Reads ledger records back.
struct LedgerRead: ~Copyable {
    private var records: [[UInt8]] = []
    private var decoder = LedgerDecoder()
    private var fact = Fact()
    private var index = 0

    init(_ events: [[UInt8]]) {
        let samples = SampleFacts(events)
        for (fact, envelope) in zip(samples.facts, samples.envelopes) {
            var buffer = ByteBuffer()
            LedgerEncoder.encode(fact, envelope, into: &buffer)
            records.append(Array(buffer.bytes))
        }
        print("ledger records of these events: mean \(records.map(\.count).reduce(0, +) / records.count) bytes")
    }

    @inline(never) mutating func decodeNext() {
        records[index].withUnsafeBytes { bytes in
            do throws(WireError) {
                try decoder.decode(bytes, into: &fact)
            } catch {
                fatalError("\(error)")
            }
        }
        index = (index + 1) % records.count
    }
}
