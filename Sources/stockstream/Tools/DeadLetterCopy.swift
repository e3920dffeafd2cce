import StockCore
import StockWire

/// A dead letter with bytes of its own.
struct DeadLetterCopy {
    struct Header {
        var name: String
        /// nil: a null value.
        var value: [UInt8]?
    }

    var partition: Int32
    var offset: Int64
    var timeMilliseconds: Int64
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header]
    var code: String
    var reason: String
    var topic: String
    var originalPartition: Int64
    var originalOffset: Int64
    var isComplete: Bool

    init(_ record: RecordView) {
        let letter = DeadLetterView(record)
        func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
        partition = record.partition
        offset = record.offset
        timeMilliseconds = record.timestampMilliseconds
        key = record.key.map { Array($0) }
        value = record.value.map { Array($0) }
        headers = record.headers.map { Header(name: text($0.name), value: $0.value.map { Array($0) }) }
        code = text(letter.code)
        reason = text(letter.reason)
        topic = text(letter.topic)
        originalPartition = letter.partition
        originalOffset = letter.offset
        isComplete = letter.isComplete
    }

    /// A header as text; nil where it is missing.
    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}
