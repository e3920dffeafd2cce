/// A JSON value as the auditor reads it. A small recursive reader of its own, so that a fault of the engine's scanner does not hide itself.
enum JSONValue {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number.
    case number
    case text(String)
    case array([JSONValue])
    case object([Member])

    struct Member {
        var name: String
        var value: JSONValue
        /// Where the value stands in the bytes.
        var range: Range<Int>
    }

    /// The member of that name; nil where there is none, or this is no object.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text; nil where this is none.
    var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The whole number; nil where this is none.
    var integer: Int64? { if case .integer(let number) = self { number } else { nil } }

    /// The flag; nil where this is none.
    var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }

    /// The elements; nil where this is no array.
    var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
}

/// The bytes are no JSON.
struct JSONFault: Error {
    var offset: Int
}

/// Reads one JSON value (RFC 8259) that takes all of the bytes.
struct JSONReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    static func read(_ bytes: UnsafeRawBufferPointer) throws(JSONFault) -> JSONValue {
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value(depth: 1)
        reader.skipSpace()
        guard reader.at == bytes.count else { throw reader.fault }
        return value
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var fault: JSONFault { JSONFault(offset: at) }

    /// The next byte; 0 at the end, which is allowed nowhere in JSON.
    private var peek: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipSpace() {
        while peek == 0x20 || peek == 0x0A || peek == 0x0D || peek == 0x09 { at += 1 }
    }

    private mutating func take(_ byte: UInt8) throws(JSONFault) {
        guard peek == byte else { throw fault }
        at += 1
    }

    private mutating func take(_ word: StaticString) throws(JSONFault) {
        for index in 0..<word.utf8CodeUnitCount { try take(word.utf8Start[index]) }
    }

    private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
        guard depth <= 32 else { throw fault }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"):
            try take("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try take("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try take("null")
            return .null
        default: return try number()
        }
    }

    private mutating func members(depth: Int) throws(JSONFault) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        at += 1
        skipSpace()
        if peek == UInt8(ascii: "}") {
            at += 1
            return members
        }
        members.reserveCapacity(16)
        while true {
            skipSpace()
            let name = try text()
            guard !members.contains(where: { $0.name == name }) else { throw fault }
            skipSpace()
            try take(UInt8(ascii: ":"))
            skipSpace()
            let start = at
            let value = try value(depth: depth + 1)
            members.append(JSONValue.Member(name: name, value: value, range: start..<at))
            skipSpace()
            if peek == UInt8(ascii: "}") {
                at += 1
                return members
            }
            try take(UInt8(ascii: ","))
        }
    }

    private mutating func elements(depth: Int) throws(JSONFault) -> [JSONValue] {
        var elements: [JSONValue] = []
        at += 1
        skipSpace()
        if peek == UInt8(ascii: "]") {
            at += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if peek == UInt8(ascii: "]") {
                at += 1
                return elements
            }
            try take(UInt8(ascii: ","))
        }
    }

    private mutating func number() throws(JSONFault) -> JSONValue {
        let start = at
        if peek == UInt8(ascii: "-") { at += 1 }
        if peek == UInt8(ascii: "0") { at += 1 } else { try digits() }
        var isWhole = true
        if peek == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            try digits()
        }
        if peek | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            at += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        guard isWhole, let whole = Int64(String(decoding: bytes[start..<at], as: UTF8.self)) else { return .number }
        return .integer(whole)
    }

    private mutating func digits() throws(JSONFault) {
        guard peek &- UInt8(ascii: "0") <= 9 else { throw fault }
        while peek &- UInt8(ascii: "0") <= 9 { at += 1 }
    }

    private mutating func text() throws(JSONFault) -> String {
        try take(UInt8(ascii: "\""))
        let start = at
        var union: UInt8 = 0
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
            union |= bytes[at]
            at += 1
        }
        if peek == UInt8(ascii: "\"") {
            let plain = UnsafeRawBufferPointer(rebasing: bytes[start..<at])
            at += 1
            // Repairing what needs no repair is faster than validating.
            if union < 0x80 { return String(decoding: plain, as: UTF8.self) }
            guard let text = String(validating: plain, as: UTF8.self) else { throw fault }
            return text
        }
        return try escapedText(Array(bytes[start..<at]))
    }

    private mutating func escapedText(_ begun: [UInt8]) throws(JSONFault) -> String {
        var units = begun
        while peek != UInt8(ascii: "\"") {
            guard peek >= 0x20 else { throw fault }
            let byte = peek
            at += 1
            if byte == UInt8(ascii: "\\") { try escape(into: &units) } else { units.append(byte) }
        }
        at += 1
        guard let text = String(validating: units, as: UTF8.self) else { throw fault }
        return text
    }

    private mutating func escape(into units: inout [UInt8]) throws(JSONFault) {
        let letter = peek
        at += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(letter)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xFC00 == 0xD800 {
                try take("\\u")
                let low = try hexadecimal()
                guard low & 0xFC00 == 0xDC00 else { throw fault }
                code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault }
            units += Array(String(Character(scalar)).utf8)
        default: throw fault
        }
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
        guard at + 4 <= bytes.count else { throw fault }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(peek)).hexDigitValue else { throw fault }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        return code
    }
}
