/// What an event carries around its decision: borrowed bytes, valid until the next decode and no longer than the record's own bytes.
public struct EventEnvelope {
    /// The event's id, 1 to 255 bytes; empty where it could not be read.
    public var id = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Who sends, 0 to 255 bytes.
    public var source = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Free data: a JSON object as it was sent, at most 4,096 bytes; empty where there is none.
    public var meta = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The `traceparent` that came with the event, 55 bytes of W3C form; empty where there is none.
    public var traceparent = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The key under which an answer is wanted, 1 to 255 bytes; empty: no answer is wanted.
    public var replyKey = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The partition to which the answer goes; -1: where the key's hash says.
    public var replyPartition: Int32 = -1
    /// The record was rerouted once already, so it must not be again.
    public var isRerouted = false

    /// An empty envelope.
    public init() {}
}
