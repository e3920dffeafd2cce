public import StockCore

// The JSON writer: members and values appended to a buffer. Whether a comma is due is seen from the last byte, so there is no state
// to keep: a `{` or `[` at the end can only be one just opened, because texts end in a quote.

extension ByteBuffer {
    /// Opens an object, as a value.
    public mutating func openObject() { append(UInt8(ascii: "{")) }

    /// Closes an object.
    public mutating func closeObject() { append(UInt8(ascii: "}")) }

    /// Opens an array, as a value.
    public mutating func openArray() { append(UInt8(ascii: "[")) }

    /// Closes an array.
    public mutating func closeArray() { append(UInt8(ascii: "]")) }

    /// Writes a comma where one is due before the next member or element.
    public mutating func separate() {
        let end = last
        if end != UInt8(ascii: "{") && end != UInt8(ascii: "[") { append(UInt8(ascii: ",")) }
    }

    /// Writes a member's name and its colon; the value comes next. `name` needs no escapes. Inlined: a literal becomes a few stores.
    @inline(__always) public mutating func member(_ name: StaticString) {
        let isFirst = last == UInt8(ascii: "{")
        let length = name.utf8CodeUnitCount
        appendUnsafely(limit: length &+ 4) { start in
            start.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
            let target = isFirst ? start : start + 1
            target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            (target + 1).copyMemory(from: name.utf8Start, byteCount: length)
            target.storeBytes(of: UInt8(ascii: "\""), toByteOffset: length &+ 1, as: UInt8.self)
            target.storeBytes(of: UInt8(ascii: ":"), toByteOffset: length &+ 2, as: UInt8.self)
            return length &+ (isFirst ? 3 : 4)
        }
    }

    /// A member that is a whole number.
    @inline(__always) public mutating func member(_ name: StaticString, _ value: Int64) {
        member(name)
        append(decimal: value)
    }

    /// A member that is a whole number, left out where it is 0.
    @inline(__always) public mutating func memberUnlessZero(_ name: StaticString, _ value: Int64) {
        if value != 0 { member(name, value) }
    }

    /// A member that is a text.
    public mutating func member(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        member(name)
        append(quoted: value)
    }

    /// A member that is a text, left out where it is empty.
    public mutating func memberUnlessEmpty(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        if !value.isEmpty { member(name, value) }
    }

    /// A member that is a key, left out where it is empty.
    @inline(__always) public mutating func memberUnlessEmpty(_ name: StaticString, _ value: Key) {
        if !value.isEmpty {
            member(name)
            append(quoted: value)
        }
    }

    /// A member that is a fixed text without escapes.
    @inline(__always) public mutating func member(_ name: StaticString, literal: StaticString) {
        member(name)
        append(UInt8(ascii: "\""))
        append(literal)
        append(UInt8(ascii: "\""))
    }

    /// A member that is true or false.
    @inline(__always) public mutating func member(_ name: StaticString, flag: Bool) {
        member(name)
        append(flag ? "true" : "false")
    }

    /// A member that is `true`, left out where it is false.
    @inline(__always) public mutating func memberIfSet(_ name: StaticString, flag: Bool) {
        if flag { member(name, flag: true) }
    }

    /// A key as a JSON text.
    public mutating func append(quoted key: Key) {
        var isPlain = false
        appendUnsafely(limit: Key.storedBytes &+ 2) { target in
            target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            isPlain = key.store(to: target + 1)
            target.storeBytes(of: UInt8(ascii: "\""), toByteOffset: key.count &+ 1, as: UInt8.self)
            return isPlain ? key.count &+ 2 : 0
        }
        if !isPlain { key.withBytes { append(quoted: $0) } }
    }

    /// Bytes as a JSON text: quotes, backslashes and control characters escaped, everything else as it is. Bytes that are not UTF-8
    /// (only headers can bring them) become U+FFFD.
    public mutating func append(quoted bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count + 2)
        append(UInt8(ascii: "\""))
        var plain = 0
        var index = 0
        while true {
            index = PlainText.end(bytes, from: index)
            guard index < bytes.count else { break }
            let byte = bytes[index]
            if byte >= 0x80 {
                let length = UTF8Check.sequence(bytes, at: index)
                if length > 0 {
                    index &+= length
                    continue
                }
            }
            append(bytes.part(plain, index &- plain))
            append(escaped: byte)
            index &+= 1
            plain = index
        }
        append(bytes.part(plain, index &- plain))
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case 0x80...: append("\u{FFFD}")
        default:
            append("\\u00")
            append(hexDigits: UInt64(byte), count: 2)
        }
    }
}
