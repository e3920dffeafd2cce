/// A text as it stands in the input: the bytes between its quotes.
struct JSONText {
    /// Where its first byte is.
    var start: Int
    /// Its length in the input.
    var count: Int
    /// Whether it contains a backslash, so that it must be decoded before it means anything.
    var hasEscapes: Bool
    /// Whether it is ASCII without escapes and control characters.
    var isPlain = false
}

/// Reads JSON exactly as RFC 8259 says, forwards, from bytes that it borrows: the caller pulls members and values in the order in
/// which they stand. Errors carry the byte. Memory is reused: `names` and `scratch` grow to the largest message and stay.
struct JSONScanner: ~Copyable {
    /// The deepest nesting that is read.
    static let maxDepth = 32
    /// The most members of one object whose names are not known beforehand.
    static let maxMembers = 1024

    private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The next byte to read.
    var position = 0
    /// The names of the objects being read whose names are not known beforehand.
    var names = NameList()
    /// Texts that had escapes. Reserved at the first one for a whole message and its names once more, so that it never moves within one.
    var scratch = ByteBuffer(capacity: 256)

    /// Begins with other bytes.
    mutating func begin(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        self.bytes = bytes
        position = 0
        names.clear()
        scratch.clear()
        if bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF {
            throw WireError(.byteOrderMark, offset: 0)
        }
    }

    /// The next byte; 0, which no JSON contains outside texts, at the end.
    @inline(__always) var peek: UInt8 { position < bytes.count ? bytes[position] : 0 }

    /// Skips white space.
    @inline(__always) mutating func skipSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            if byte > 0x20 { return }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position &+= 1
        }
    }

    /// An error at the next byte.
    func failure(_ code: WireErrorCode, _ detail: StaticString = "") -> WireError {
        WireError(code, offset: position, detail: detail)
    }

    /// Reads the brace that opens an object. Answers whether there is a member.
    mutating func openObject() throws(WireError) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: "{") else {
            throw failure(position == bytes.count ? .syntax : .wrongType, "an object is expected")
        }
        position &+= 1
        skipSpace()
        if peek == UInt8(ascii: "}") {
            position &+= 1
            return false
        }
        return true
    }

    /// Reads a member's name and its colon; the value is next.
    @inline(__always) mutating func memberName() throws(WireError) -> JSONText {
        // As most senders write it: no white space, no escapes.
        let start = position &+ 1
        if start < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            let end = PlainText.end(bytes, from: start, stopsAtDelete: true)
            if end &+ 2 < bytes.count, bytes[end] == UInt8(ascii: "\""), bytes[end &+ 1] == UInt8(ascii: ":"), bytes[end &+ 2] > 0x20 {
                position = end &+ 2
                return JSONText(start: start, count: end &- start, hasEscapes: false, isPlain: true)
            }
        }
        return try anyMemberName()
    }

    @inline(never) private mutating func anyMemberName() throws(WireError) -> JSONText {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else { throw failure(.syntax, "a member's name in quotes is expected") }
        let name = try readText()
        skipSpace()
        guard peek == UInt8(ascii: ":") else { throw failure(.syntax, "a colon is expected") }
        position &+= 1
        skipSpace()
        return name
    }

    /// After a member's value: whether another follows. Reads the comma or the closing brace.
    @inline(__always) mutating func anotherMember() throws(WireError) -> Bool {
        if peek == UInt8(ascii: ",") {
            position &+= 1
            return true
        }
        return try anotherMemberOrEnd()
    }

    @inline(never) private mutating func anotherMemberOrEnd() throws(WireError) -> Bool {
        skipSpace()
        let byte = peek
        if byte == UInt8(ascii: ",") {
            position &+= 1
            return true
        }
        guard byte == UInt8(ascii: "}") else { throw failure(.syntax, "a comma or a closing brace is expected") }
        position &+= 1
        return false
    }

    /// After an array's element: whether another follows. Reads the comma or the closing bracket.
    mutating func anotherElement() throws(WireError) -> Bool {
        skipSpace()
        let byte = peek
        if byte == UInt8(ascii: ",") {
            position &+= 1
            return true
        }
        guard byte == UInt8(ascii: "]") else { throw failure(.syntax, "a comma or a closing bracket is expected") }
        position &+= 1
        return false
    }

    /// Reads the bracket that opens an array. Answers whether there is an element.
    mutating func openArray() throws(WireError) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: "[") else { throw failure(.wrongType, "an array is expected") }
        position &+= 1
        skipSpace()
        if peek == UInt8(ascii: "]") {
            position &+= 1
            return false
        }
        return true
    }

    /// Checks that nothing but white space follows.
    mutating func finish() throws(WireError) {
        skipSpace()
        if position != bytes.count { throw failure(.trailingBytes) }
    }

    /// Reads `true` or `false`.
    mutating func readFlag() throws(WireError) -> Bool {
        if peek == UInt8(ascii: "t") {
            try expect("true")
            return true
        }
        if peek == UInt8(ascii: "f") {
            try expect("false")
            return false
        }
        throw failure(.wrongType, "true or false is expected")
    }

    /// Reads this literal.
    mutating func expect(_ text: StaticString) throws(WireError) {
        let length = text.utf8CodeUnitCount
        guard position + length <= bytes.count, bytes.part(position, length).equals(text) else {
            throw failure(.syntax, "neither true, false nor null")
        }
        position &+= length
    }
}

/// The names seen so far in the objects being read, innermost last, to refuse a name that appears twice.
struct NameList {
    /// A name with the hash of its decoded bytes.
    struct Entry {
        var hash: UInt64
        var text: JSONText
    }

    private var entries: [Entry] = []

    /// The number of names; remember it when an object opens and give it to `close`.
    var count: Int { entries.count }

    /// The name at `index`.
    subscript(index: Int) -> Entry { entries[index] }

    /// Forgets everything.
    mutating func clear() { entries.removeAll(keepingCapacity: true) }

    /// Forgets the names of the object that opened at `count` names.
    mutating func close(_ count: Int) { entries.removeLast(entries.count - count) }

    /// Adds a name of the innermost object.
    mutating func append(_ text: JSONText, hash: UInt64) { entries.append(Entry(hash: hash, text: text)) }
}
