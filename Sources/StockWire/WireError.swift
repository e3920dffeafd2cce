public import StockCore

/// What is wrong with a message. The texts of `code` are stable: they stand in dead letters, ledgers and metrics.
public enum WireErrorCode: UInt8, Sendable, CaseIterable {
    case noValue, tooLarge, byteOrderMark, syntax, invalidUTF8, tooDeep, trailingBytes, notAnObject
    case duplicateField, tooManyFields, unknownField, unusedField, missingField, eitherField, wrongType, nullValue
    case notAnInteger, numberTooLarge, outOfRange, emptyText, textTooLong, controlCharacter
    case unknownType, unknownValue, badTime, sameValue
    case specVersion, contentType, dataBase64, badHeader
    case newerVersion, corrupt, misrouted, aborts
    case badDate

    /// The stable code in messages.
    public var code: StaticString {
        switch self {
        case .noValue: "no-value"
        case .tooLarge: "too-large"
        case .byteOrderMark: "byte-order-mark"
        case .syntax: "syntax"
        case .invalidUTF8: "invalid-utf8"
        case .tooDeep: "too-deep"
        case .trailingBytes: "trailing-bytes"
        case .notAnObject: "not-an-object"
        case .duplicateField: "duplicate-field"
        case .tooManyFields: "too-many-fields"
        case .unknownField: "unknown-field"
        case .unusedField: "unused-field"
        case .missingField: "missing-field"
        case .eitherField: "either-field"
        case .wrongType: "wrong-type"
        case .nullValue: "null-value"
        case .notAnInteger: "not-an-integer"
        case .numberTooLarge: "number-too-large"
        case .outOfRange: "out-of-range"
        case .emptyText: "empty-text"
        case .textTooLong: "text-too-long"
        case .controlCharacter: "control-character"
        case .unknownType: "unknown-type"
        case .unknownValue: "unknown-value"
        case .badTime: "bad-time"
        case .sameValue: "same-value"
        case .specVersion: "spec-version"
        case .contentType: "content-type"
        case .dataBase64: "data-base64"
        case .badHeader: "bad-header"
        case .newerVersion: "newer-version"
        case .corrupt: "corrupt"
        case .misrouted: "misrouted"
        case .aborts: "aborts"
        case .badDate: "bad-date"
        }
    }
}

/// Why bytes could not be read as a message. A flat value without heap: it is made and written into dead letters on the hot path.
public struct WireError: Error, Sendable {
    /// What is wrong.
    public var code: WireErrorCode
    /// The field's or header's name (its first 63 bytes); empty where no field is meant.
    public var field: Key
    /// The byte in the value where the fault was seen; -1 where it is not in the value (a header, the record as a whole).
    public var offset: Int
    /// More about it, as a part of a sentence; empty where the code says it all.
    public var detail: StaticString
    /// `outOfRange`: the lowest value allowed. `tooLarge`: the size found. `newerVersion`: the version found.
    public var low: Int64
    /// The highest value allowed, the limit, or the newest version known.
    public var high: Int64

    /// An error with all that is known.
    public init(
        _ code: WireErrorCode, field: Key = Key(), offset: Int = -1, detail: StaticString = "", low: Int64 = 0, high: Int64 = 0
    ) {
        self.code = code
        self.field = field
        self.offset = offset
        self.detail = detail
        self.low = low
        self.high = high
    }

    /// The same error with the name of the field in which it was seen, where none is named yet.
    func naming(_ name: StaticString) -> WireError {
        guard field.isEmpty else { return self }
        var named = self
        named.field = Key(name)
        return named
    }
}

extension WireError: CustomStringConvertible {
    /// The sentence, for people.
    public var description: String {
        var buffer = ByteBuffer(capacity: 256)
        write(into: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// Appends the sentence, such as `field "quantity": must be between 1 and 1000000000000 (byte 57)`. UTF-8, at most 400 bytes.
    public func write(into buffer: inout ByteBuffer) {
        if !field.isEmpty && code != .newerVersion {
            buffer.append(offset < 0 && code != .missingField ? "header \"" : "field \"")
            buffer.append(field)
            buffer.append("\": ")
        }
        writeMessage(into: &buffer)
        if !detail.isEmpty {
            buffer.append(": ")
            buffer.append(detail)
        }
        if offset >= 0 {
            buffer.append(" (byte ")
            buffer.append(decimal: Int64(offset))
            buffer.append(")")
        }
    }

    private func writeMessage(into buffer: inout ByteBuffer) {
        switch code {
        case .outOfRange:
            buffer.append("must be between ")
            buffer.append(decimal: low)
            buffer.append(" and ")
            buffer.append(decimal: high)
        case .textTooLong:
            buffer.append("has more than ")
            buffer.append(decimal: high)
            buffer.append(" bytes")
        case .tooLarge:
            buffer.append("the record has ")
            buffer.append(decimal: low)
            buffer.append(" bytes with key and headers, the limit is ")
            buffer.append(decimal: high)
        case .newerVersion:
            buffer.append("the record's format version ")
            buffer.append(decimal: low)
            buffer.append(" is newer than this program's ")
            buffer.append(decimal: high)
        default:
            buffer.append(fixedMessage)
        }
    }

    private var fixedMessage: StaticString {
        switch code {
        case .noValue: "the record has no value (a tombstone is not an event)"
        case .byteOrderMark: "the value begins with a byte order mark, which JSON does not allow"
        case .syntax: "not JSON"
        case .invalidUTF8: "not valid UTF-8"
        case .tooDeep: "nested more than 32 levels deep"
        case .trailingBytes: "something follows the end of the JSON value"
        case .notAnObject: "the value is JSON, but not an object"
        case .duplicateField: "appears twice"
        case .tooManyFields: "the object has more than 1024 members"
        case .unknownField: "is not a field of stock events; free data goes into \"meta\""
        case .unusedField: "is not used here"
        case .missingField: "is missing"
        case .eitherField: "exactly one of two fields must be given"
        case .wrongType: "has the wrong type"
        case .nullValue: "is null; leave the field out instead"
        case .notAnInteger: "must be a whole number without fraction or exponent, in minor units"
        case .numberTooLarge: "does not fit in 64 bits"
        case .emptyText: "is empty"
        case .controlCharacter: "contains a control character"
        case .unknownType: "is not an event type"
        case .unknownValue: "is not one of the values allowed"
        case .badTime: "is not an RFC 3339 time with zone"
        case .badDate: "is not a date such as 2027-03-31 (day 00: the last of the month)"
        case .sameValue: "must differ"
        case .specVersion: "only CloudEvents 1.0 is understood"
        case .contentType: "the data must be JSON"
        case .dataBase64: "data must be JSON in \"data\", not base64"
        case .badHeader: "is not valid"
        case .corrupt: "the stored record is damaged"
        case .misrouted: "the record was rerouted once and is on the wrong partition again"
        case .aborts: "its transaction was aborted again and again"
        default: "is not valid"
        }
    }
}

extension StaticString {
    /// Whether the text is empty.
    var isEmpty: Bool { utf8CodeUnitCount == 0 }
}
