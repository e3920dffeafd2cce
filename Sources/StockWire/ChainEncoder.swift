public import StockCore

/// Writes the event that passes the rest of a request on to the next SKU that it names. Its id is the first one's and the hop, so that a
/// repeat of it is known where it arrives.
public enum ChainEncoder {
    /// The most SKUs that a request names, the first included.
    public static let maxHops: Int64 = 8
    /// What a hop adds to the id: a slash and a digit.
    static let idSuffix = 2

    /// The id of the request as it was sent: without what a hop has added.
    static func firstID(_ id: UnsafeRawBufferPointer, hop: Int64) -> UnsafeRawBufferPointer {
        hop > 1 && id.count > idSuffix ? id.part(0, id.count - idSuffix) : id
    }

    /// Appends the event. `event` is the one that was decided with the answer `fact`, `decoder` the one that has read it.
    public static func encode(
        _ event: StockEvent, _ fact: borrowing Fact, _ decoder: borrowing EventDecoder, into buffer: inout ByteBuffer
    ) {
        let envelope = decoder.envelope
        var id = ByteBuffer(capacity: EventLimits.maxIDBytes)
        id.append(firstID(envelope.id, hop: fact.chain.hop))
        id.append("/")
        id.append(decimal: fact.chain.hop + 1)
        buffer.openObject()
        buffer.member("id", id.bytes)
        buffer.memberUnlessEmpty("source", envelope.source)
        buffer.member("type", literal: event.type.wireName)
        buffer.memberUnlessEmpty("sku", fact.chain.next)
        buffer.member("occurredAt", timestamp: event.occurredAtMilliseconds)
        buffer.memberUnlessEmpty("location", event.location)
        buffer.memberUnlessEmpty("hold", event.hold)
        if event.type == .hold { buffer.memberUnlessEmpty("owner", event.document) }
        buffer.memberUnlessEmpty("orderLine", event.orderLine)
        buffer.member("quantity", fact.chain.passedOn)
        if event.ttlSeconds != Policy.absent { buffer.member("ttlSeconds", event.ttlSeconds) }
        if event.minExpiryMilliseconds != Policy.absent {
            // The instant is the end of the day that was named.
            buffer.member("minExpiry", day: event.minExpiryMilliseconds - 1)
        }
        if event.minShelfLifeDays != Policy.absent { buffer.member("minShelfLifeDays", event.minShelfLifeDays) }
        buffer.memberUnlessEmpty("channel", event.counterpart)
        buffer.memberUnlessEmpty("claim", event.claim)
        buffer.memberUnlessEmpty("reason", event.reason)
        buffer.memberUnlessEmpty("actor", event.actor)
        buffer.member("hop", fact.chain.hop + 1)
        buffer.member("asked", fact.chain.asked)
        buffer.member("met", fact.chain.met)
        member("visited", decoder.visited, and: event.sku, into: &buffer)
        if decoder.alternatives.count > 1 { member("alternatives", decoder.alternatives[1...], into: &buffer) }
        if !envelope.meta.isEmpty {
            buffer.member("meta")
            buffer.append(envelope.meta)
        }
        buffer.closeObject()
    }

    private static func member(_ name: StaticString, _ keys: some Collection<Key>, and last: Key = Key(), into buffer: inout ByteBuffer) {
        buffer.member(name)
        buffer.openArray()
        for key in keys {
            buffer.separate()
            buffer.append(quoted: key)
        }
        if !last.isEmpty {
            buffer.separate()
            buffer.append(quoted: last)
        }
        buffer.closeArray()
    }
}

extension HeaderBuffer {
    /// The headers of an event that is passed on: who wants the answer, and the trace.
    public mutating func addChain(_ envelope: EventEnvelope) {
        if !envelope.replyKey.isEmpty { add("reply-key", envelope.replyKey) }
        if envelope.replyPartition >= 0 { add("reply-partition", decimal: Int64(envelope.replyPartition)) }
        if !envelope.traceparent.isEmpty { add("traceparent", envelope.traceparent) }
    }
}

extension ByteBuffer {
    /// A member that is a day in UTC.
    public mutating func member(_ name: StaticString, day milliseconds: Int64) {
        var text = ByteBuffer(capacity: 32)
        text.append(timestamp: milliseconds)
        member(name, text.bytes.part(0, 10))
    }
}
