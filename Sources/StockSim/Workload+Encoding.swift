import StockCore
import StockWire

/// The forms of docs/events.md.
enum EventForm {
    case plain, binary, structured
}

extension Workload {
    /// Writes key, value and headers of an event.
    mutating func write(_ draft: EventDraft, _ form: EventForm) {
        key.clear()
        catalogue.append(sku: Int(draft.sku), into: &key)
        value.clear()
        headers.clear()
        hasValue = true
        switch form {
        case .plain:
            value.openObject()
            writeID(draft, "id")
            value.member("source", literal: draft.source.name)
            value.member("type", literal: draft.type.wireName)
            writeFields(draft)
            value.closeObject()
        case .binary:
            headers.add("ce_specversion", literal: "1.0")
            let (run, number) = (run, draft.number)
            headers.add("ce_id") { Workload.append("e", run, number, into: &$0) }
            headers.add("ce_source", literal: draft.source.name)
            headers.add("ce_type") { Workload.appendCloudType(draft.type, into: &$0) }
            let time = draft.occurredAtMilliseconds == 0 ? now : draft.occurredAtMilliseconds
            headers.add("ce_time") { $0.append(timestamp: time) }
            headers.add("content-type", literal: "application/json")
            value.openObject()
            writeFields(draft)
            value.closeObject()
        case .structured:
            headers.add("content-type", literal: "application/cloudevents+json; charset=UTF-8")
            value.openObject()
            value.member("specversion", literal: "1.0")
            writeID(draft, "id")
            value.member("source", literal: draft.source.name)
            value.member("type")
            value.append(UInt8(ascii: "\""))
            Workload.appendCloudType(draft.type, into: &value)
            value.append(UInt8(ascii: "\""))
            value.member("datacontenttype", literal: "application/json")
            value.member("data")
            value.openObject()
            writeFields(draft)
            value.closeObject()
            value.closeObject()
        }
    }

    private static func appendCloudType(_ type: EventType, into buffer: inout ByteBuffer) {
        buffer.append("com.example.stock.")
        buffer.append(type.wireName)
        buffer.append(".v1")
    }

    /// An id: what it names, the workload's own mark, the number.
    private static func append(_ letter: StaticString, _ run: UInt32, _ number: UInt64, into buffer: inout ByteBuffer) {
        buffer.append(letter)
        buffer.append(hexDigits: UInt64(run), count: 8)
        buffer.append(UInt8(ascii: "-"))
        buffer.append(decimal: Int64(number))
    }

    private mutating func writeID(_ draft: EventDraft, _ name: StaticString) { writeName(name, "e", draft.number) }

    mutating func writeName(_ name: StaticString, _ letter: StaticString, _ number: UInt64) {
        guard number > 0 else { return }
        value.member(name)
        appendName(letter, number)
    }

    mutating func appendName(_ letter: StaticString, _ number: UInt64) {
        value.append(UInt8(ascii: "\""))
        Workload.append(letter, run, number, into: &value)
        value.append(UInt8(ascii: "\""))
    }

    /// Everything but id, source and type.
    private mutating func writeFields(_ draft: EventDraft) {
        value.member("sku", key.bytes)
        if draft.location >= 0 { value.memberUnlessEmpty("location", SampleCatalogue.locations[Int(draft.location)]) }
        writeName("hold", "cart-", draft.hold)
        writeName("orderLine", "order-", draft.orderLine)
        switch draft.type {
        case .receive, .receiveCorrect: writeName("receipt", "receipt-", draft.document)
        case .ship, .unship: writeName("shipment", "parcel-", draft.document)
        case .return: writeName("return", "return-", draft.document)
        case .countOpen, .countLine, .countClose: writeName("count", "count-", draft.document)
        case .transferSend, .transferReceive, .transferClose: writeName("transfer", "transfer-", draft.document)
        default: break
        }
        if draft.line > 0 {
            value.member("line")
            value.append(UInt8(ascii: "\""))
            value.append(decimal: Int64(draft.line))
            value.append(UInt8(ascii: "\""))
        }
        if draft.type != .define { value.memberUnlessZero("quantity", draft.quantity) }
        value.memberUnlessZero("ttlSeconds", draft.ttlSeconds)
        if draft.type == .move {
            value.member("from", literal: draft.disposition.wireName)
            value.member("to", literal: draft.to.wireName)
        }
        value.memberIfSet("forced", flag: draft.isForced)
        if draft.releasesRest { value.member("rest", literal: "release") }
        if draft.reason != .none { value.member("reason", literal: draft.reason.name) }
        if draft.occurredAtMilliseconds != 0 { value.member("occurredAt", timestamp: draft.occurredAtMilliseconds) }
        if options.mix == .domain { writeDomainFields(draft) }
        if draft.type == .define, draft.domain.definition != .trade {
            writeDefinition(draft)
        } else if draft.type == .define, draft.location >= 0 {
            value.member("reorderPoint", draft.quantity)
            value.member("reorderHysteresis", draft.quantity / 4)
        } else if draft.type == .define {
            writeTerms(Int(draft.sku))
            if options.mix == .domain { writeDomainTerms(Int(draft.sku)) }
            value.member("meta")
            catalogue.append(meta: Int(draft.sku), into: &value)
        }
    }
}
