import CommandLineParser
import Configuration
import Foundation
import KafkaAdapter
import StockCore
import StockStream
import StockWire

// `stockstream dead-letters resubmit`.
extension DeadLettersCommand {
    static func resubmit(_ place: ToolPlace, _ arguments: ParsedArguments) throws -> Int32 {
        var repaired: [UInt8]?
        if let file = arguments.text("value") {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailure("the file \(file) can't be read", exitCode: ToolExit.data)
            }
            repaired = Array(data)
        }
        return try withLetter(place, arguments) { record in
            let letter = DeadLetterCopy(record)
            guard letter.isComplete || repaired != nil else {
                throw CommandFailure(
                    "only the beginning of this letter was kept; give the whole value with --value FILE", exitCode: ToolExit.data)
            }
            if let dropped = letter.header("dlq-headers-dropped") {
                CommandFailure.print(error: "warning: \(dropped) of the original headers were not kept")
            }
            var headers = HeaderBuffer()
            headers.addOriginals(of: record)
            let views = headers.headers()
            guard let repaired else { return try send(place, record, record.value, views, arguments) }
            return try repaired.withUnsafeBytes { try send(place, record, $0, views, arguments) }
        }
    }

    /// Checks what would be sent, and sends it.
    private static func send(
        _ place: ToolPlace, _ original: RecordView, _ value: UnsafeRawBufferPointer?, _ headers: UnsafeBufferPointer<RecordHeader>,
        _ arguments: ParsedArguments
    ) throws -> Int32 {
        let now = place.clock.wallMilliseconds()
        let view = RecordView(partition: 0, offset: 0, timestampMilliseconds: now, key: original.key, value: value, headers: headers)
        var decoder = EventDecoder()
        var event = StockEvent()
        do throws(WireError) {
            try decoder.decode(view, into: &event)
        } catch {
            let field = error.field.isEmpty ? "" : " field=\(error.field)"
            let byte = error.offset < 0 ? "" : " byte=\(error.offset)"
            throw CommandFailure(
                printable("it does not decode, nothing was sent: \(error.code.code)\(field)\(byte): \(error)"), exitCode: ToolExit.data)
        }
        try checkID(of: original, headers, against: decoder.envelope)
        let partition = event.sku.withBytes { Murmur2.partition($0, of: place.partitionCount) }
        let what = "\(event.type.wireName) of \(event.sku), id \(text(decoder.envelope.id))"
        guard !arguments.flag("dry-run") else {
            print(printable("would send \(what) to \(place.settings.topics.events) partition \(partition)"))
            return 0
        }
        let key = event.sku.withBytes { Array($0) }
        let offset = try key.withUnsafeBytes { try deliver(place, partition, key: $0, value, headers) }
        print(printable("sent \(what) to \(place.settings.topics.events) \(partition):\(offset)"))
        return 0
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The id is what makes a letter that is sent twice count once: as far as the original's could be read, it has to stay.
    private static func checkID(
        of original: RecordView, _ headers: UnsafeBufferPointer<RecordHeader>, against repaired: EventEnvelope
    ) throws {
        var view = original
        view.headers = headers
        var decoder = EventDecoder()
        var event = StockEvent()
        // It is expected to fail; the envelope holds what was read before the fault.
        try? decoder.decode(view, into: &event)
        let id = decoder.envelope.id
        guard id.isEmpty || id.elementsEqual(repaired.id) else {
            throw CommandFailure(
                printable("the letter's id is \(text(id)), the repaired value's is \(text(repaired.id)): it must stay; nothing was sent"),
                exitCode: ToolExit.data)
        }
    }

    private static func deliver(
        _ place: ToolPlace, _ partition: Int32, key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?,
        _ headers: UnsafeBufferPointer<RecordHeader>
    ) throws -> Int64 {
        let producer = try KafkaProducer(
            connection: place.settings.kafkaConnection, settings: .init(topics: [place.settings.topics.events]), log: place.logger.kafkaLog)
        defer { producer.close() }
        try connect(place) { producer.connect(waitMilliseconds: 1_000) }
        if case .failed(let error) = producer.produce(0, partition: partition, key: key, value: value, headers: headers) { throw error }
        var delivery: KafkaProducer.Delivery?
        _ = producer.flush(waitMilliseconds: ToolPlace.progressMilliseconds) { delivery = $0 }
        guard let delivery else { throw CommandFailure("the broker has not confirmed it; send it again", exitCode: ToolExit.unavailable) }
        if let error = delivery.error { throw error }
        return delivery.offset
    }
}
