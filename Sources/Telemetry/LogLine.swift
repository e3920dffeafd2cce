/// Builds one line of the log in a buffer that is used again and again.
struct LogLine {
    /// What was built, ending in a line feed.
    private(set) var bytes: [UInt8] = []
    /// Names that a line has anyway; a field of such a name gets an underscore behind it.
    private static let ownNames: Set<String> = ["time", "level", "message", "suppressed"]

    /// Empties the buffer.
    mutating func removeAll(keepingCapacity: Bool) { bytes.removeAll(keepingCapacity: keepingCapacity) }

    /// Appends one line. `suppressed` lines of its repeat key were left out before it.
    mutating func render(
        _ format: LogFormat, _ wallMilliseconds: Int64?, _ level: LogLevel, _ message: String, _ fields: [LogField], suppressed: Int
    ) {
        var fields = fields
        for index in fields.indices where LogLine.ownNames.contains(fields[index].name) { fields[index].name += "_" }
        if suppressed > 0 { fields.append(LogField(name: "suppressed", value: .integer(Int64(suppressed)))) }
        switch format {
        case .json: renderJSON(wallMilliseconds, level, message, fields)
        case .text: renderText(wallMilliseconds, level, message, fields)
        }
        append("\n")
    }

    // MARK: JSON

    private mutating func renderJSON(_ wallMilliseconds: Int64?, _ level: LogLevel, _ message: String, _ fields: [LogField]) {
        append("{")
        if let wallMilliseconds { append("\"time\":\"\(formatRFC3339(milliseconds: wallMilliseconds))\",") }
        append("\"level\":\"")
        append(level.name)
        append("\",\"message\":")
        appendJSON(message, limit: LogSink.lineBytesLimit / 2)
        for field in fields {
            // A field that would take the line over its limit goes whole, so that the line stays valid JSON.
            let start = bytes.count
            append(",")
            appendJSON(field.name, limit: 256)
            append(":")
            switch field.value {
            case .string(let text): appendJSON(text, limit: LogSink.lineBytesLimit / 2)
            case .integer(let value): append(String(value))
            case .number(let value): value.isFinite ? append(String(value)) : appendJSON(String(value), limit: 16)
            case .bool(let value): append(value ? "true" : "false")
            }
            if bytes.count > LogSink.lineBytesLimit - 2 { bytes.removeSubrange(start...) }
        }
        append("}")
    }

    mutating func appendJSON(_ text: String, limit: Int) {
        append("\"")
        let end = bytes.count + limit
        for scalar in text.unicodeScalars {
            guard bytes.count < end else {
                append("…")
                break
            }
            switch scalar.value {
            case 0x22: append("\\\"")
            case 0x5C: append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: appendEscape(scalar.value)
            default: append(scalar)
            }
        }
        append("\"")
    }

    /// `\u` and four hexadecimal digits.
    private mutating func appendEscape(_ value: UInt32) {
        append("\\u")
        for shift: UInt32 in [12, 8, 4, 0] { append(String((value >> shift) & 0xF, radix: 16)) }
    }

    // MARK: Text

    private mutating func renderText(_ wallMilliseconds: Int64?, _ level: LogLevel, _ message: String, _ fields: [LogField]) {
        if let wallMilliseconds { append(formatRFC3339(milliseconds: wallMilliseconds) + " ") }
        append(level.name)
        append(String(repeating: " ", count: 8 - level.name.utf8.count))
        appendPlain(message, limit: LogSink.lineBytesLimit / 2)
        for field in fields {
            let start = bytes.count
            append(" ")
            appendPlain(field.name, limit: 256)
            append("=")
            switch field.value {
            case .string(let text) where LogLine.isBare(text): append(text)
            case .string(let text): appendJSON(text, limit: LogSink.lineBytesLimit / 2)
            case .integer(let value): append(String(value))
            case .number(let value): append(String(value))
            case .bool(let value): append(value ? "true" : "false")
            }
            if bytes.count > LogSink.lineBytesLimit - 1 { bytes.removeSubrange(start...) }
        }
    }

    /// The message as it is, but for control characters: a terminal must not obey what an outsider put into a log.
    private mutating func appendPlain(_ text: String, limit: Int) {
        let end = bytes.count + limit
        for scalar in text.unicodeScalars {
            guard bytes.count < end else {
                append("…")
                break
            }
            switch scalar.value {
            case 0x0A: append("\\n")
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: appendEscape(scalar.value)
            default: append(scalar)
            }
        }
    }

    /// Whether a value needs no quotes: short, printable ASCII without space, quote and equals sign.
    private static func isBare(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= 256
            && bytes.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\\")
            }
    }

    // MARK: Bytes

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(_ scalar: Unicode.Scalar) { bytes.append(contentsOf: UTF8.encode(scalar)!) }
}
