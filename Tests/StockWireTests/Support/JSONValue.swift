/// JSON as a tree, read by a parser that shares nothing with the one under test. For messages that are known to be JSON: it is lenient.
indirect enum JSONValue: Equatable {
    case null
    case flag(Bool)
    case number(String)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    struct Malformed: Error {}

    init(_ text: String) throws {
        var reader = Reader(scalars: Array(text.unicodeScalars))
        self = try reader.value()
        reader.skipSpace()
        guard reader.position == reader.scalars.count else { throw Malformed() }
    }

    /// The value of a member.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text, if it is one.
    var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The elements, if it is an array.
    var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The number, if it is one.
    var double: Double? {
        guard case .number(let text) = self else { return nil }
        return Double(text)
    }

    private struct Reader {
        let scalars: [Unicode.Scalar]
        var position = 0

        var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

        mutating func skipSpace() {
            while let scalar = peek, " \n\r\t".unicodeScalars.contains(scalar) { position += 1 }
        }

        mutating func take(_ scalar: Unicode.Scalar) throws {
            skipSpace()
            guard peek == scalar else { throw Malformed() }
            position += 1
        }

        mutating func takes(_ scalar: Unicode.Scalar) -> Bool {
            skipSpace()
            guard peek == scalar else { return false }
            position += 1
            return true
        }

        mutating func value() throws -> JSONValue {
            skipSpace()
            switch peek {
            case "{": return try object()
            case "[":
                position += 1
                var elements: [JSONValue] = []
                if takes("]") { return .array(elements) }
                repeat { elements.append(try value()) } while takes(",")
                try take("]")
                return .array(elements)
            case "\"": return .text(try text())
            case .some:
                var word = ""
                while let scalar = peek, scalar.properties.isAlphabetic || "+-.0123456789".unicodeScalars.contains(scalar) {
                    word.unicodeScalars.append(scalar)
                    position += 1
                }
                switch word {
                case "null": return .null
                case "true": return .flag(true)
                case "false": return .flag(false)
                default:
                    guard Double(word) != nil else { throw Malformed() }
                    return .number(word)
                }
            case nil: throw Malformed()
            }
        }

        private mutating func object() throws -> JSONValue {
            try take("{")
            var members: [String: JSONValue] = [:]
            if takes("}") { return .object(members) }
            repeat {
                skipSpace()
                let name = try text()
                try take(":")
                guard members.updateValue(try value(), forKey: name) == nil else { throw Malformed() }
            } while takes(",")
            try take("}")
            return .object(members)
        }

        private mutating func text() throws -> String {
            guard peek == "\"" else { throw Malformed() }
            position += 1
            var units: [UInt16] = []
            while let scalar = peek, scalar != "\"" {
                position += 1
                guard scalar == "\\" else {
                    units.append(contentsOf: String(scalar).utf16)
                    continue
                }
                guard let kind = peek else { throw Malformed() }
                position += 1
                switch kind {
                case "n": units.append(10)
                case "t": units.append(9)
                case "r": units.append(13)
                case "b": units.append(8)
                case "f": units.append(12)
                case "u":
                    guard position + 4 <= scalars.count else { throw Malformed() }
                    var digits = ""
                    digits.unicodeScalars.append(contentsOf: scalars[position..<position + 4])
                    guard let unit = UInt16(digits, radix: 16) else { throw Malformed() }
                    units.append(unit)
                    position += 4
                default: units.append(contentsOf: String(kind).utf16)
                }
            }
            guard peek == "\"" else { throw Malformed() }
            position += 1
            return String(decoding: units, as: UTF16.self)
        }
    }
}
