import StockCore
import StockWire

/// The ways in which a record can be no event.
enum Malformation: Int, CaseIterable {
    case cutOff, empty, tombstone, noObject, notJSON, invalidUTF8, byteOrderMark, trailingBytes, missingID, missingType, unknownType
    case unknownField, twice, quantityAsText, fraction, negative, missingQuantity, null, wrongVersion, badTime
}

extension Workload {
    /// A record that no reader of events accepts.
    mutating func makeMalformed() -> WorkloadRecord { makeMalformed(Malformation.allCases[random.below(Malformation.allCases.count)]) }

    mutating func makeMalformed(_ malformation: Malformation) -> WorkloadRecord {
        var draft = EventDraft()
        number += 1
        draft.number = number
        draft.type = .hold
        draft.sku = Int32(popularity.sample(&random))
        draft.location = 0
        draft.hold = number
        draft.quantity = 1
        draft.ttlSeconds = 60
        write(draft, .plain)
        switch malformation {
        case .cutOff: value.truncate(to: 1 + random.below(value.count - 1))
        case .trailingBytes: value.append("{}")
        case .wrongVersion:
            headers.add("ce_specversion", literal: "0.3")
            headers.add("ce_id", literal: "1")
            headers.add("ce_source", literal: "shop-eu")
            headers.add("ce_type", literal: "hold")
        case .tombstone: hasValue = false
        case .empty, .noObject, .notJSON, .invalidUTF8, .byteOrderMark:
            value.clear()
            writeNoObject(malformation)
        default:
            value.clear()
            value.openObject()
            writeFields(malformation)
            value.closeObject()
        }
        return finished(.malformed, partition: -1)
    }

    private mutating func writeNoObject(_ malformation: Malformation) {
        switch malformation {
        case .noObject: value.append("[1,2,3]")
        case .notJSON: value.append("sku;location;quantity\nA-1;BER1;5\n")
        case .invalidUTF8:
            value.append("{\"id\":\"")
            value.append(0xC3)
            value.append("\"}")
        case .byteOrderMark: value.append("\u{FEFF}{}")
        default: break
        }
    }

    /// A hold with one thing wrong.
    private mutating func writeFields(_ malformation: Malformation) {
        if malformation != .missingID { value.member("id", decimalText: number) }
        if malformation != .missingType { value.member("type", literal: malformation == .unknownType ? "reserve" : "hold") }
        value.member("sku", key.bytes)
        value.member("hold", decimalText: number)
        value.member("location", literal: "BER1")
        switch malformation {
        case .quantityAsText: value.member("quantity", literal: "1")
        case .negative: value.member("quantity", -1)
        case .missingQuantity: break
        case .null, .fraction:
            value.member("quantity")
            value.append(malformation == .null ? "null" : "1.5")
        default: value.member("quantity", 1)
        }
        value.member("ttlSeconds", 60)
        if malformation == .twice { value.member("ttlSeconds", 90) }
        if malformation == .unknownField { value.member("colour", literal: "red") }
        if malformation == .badTime { value.member("occurredAt", literal: "2026-02-30T10:00:00Z") }
    }
}

extension ByteBuffer {
    /// A member that is a number in quotes.
    fileprivate mutating func member(_ name: StaticString, decimalText number: UInt64) {
        member(name)
        append(UInt8(ascii: "\""))
        append(decimal: Int64(number))
        append(UInt8(ascii: "\""))
    }
}
