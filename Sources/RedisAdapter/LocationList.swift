internal import StockCore

/// The field `locations` of a SKU's hash: a JSON array of the names, in the order in which the engine gave them.
enum LocationList {
    /// The bytes that `append` writes for these names.
    static func count(_ names: some Sequence<Key>) -> Int {
        var total = 2
        var isFirst = true
        for name in names {
            total += isFirst ? 2 : 3
            isFirst = false
            name.withBytes { bytes in
                for byte in bytes { total += width(byte) }
            }
        }
        return total
    }

    static func append(_ names: some Sequence<Key>, to output: inout OutputBuffer) {
        output.raw("[")
        var isFirst = true
        for name in names {
            output.raw(isFirst ? "\"" : ",\"")
            isFirst = false
            name.withBytes { bytes in
                for byte in bytes { append(byte, to: &output) }
            }
            output.raw("\"")
        }
        output.raw("]")
    }

    /// Reads such a list. Nil where the bytes are not one.
    static func parse(_ text: ArraySlice<UInt8>) -> [[UInt8]]? {
        var names: [[UInt8]] = []
        var rest = text.makeIterator()
        guard rest.next() == UInt8(ascii: "["), var byte = rest.next() else { return nil }
        while byte != UInt8(ascii: "]") {
            if byte == UInt8(ascii: ","), !names.isEmpty {
                guard let next = rest.next() else { return nil }
                byte = next
            }
            guard byte == UInt8(ascii: "\""), let name = parseName(&rest) else { return nil }
            names.append(name)
            guard let next = rest.next() else { return nil }
            byte = next
        }
        return rest.next() == nil ? names : nil
    }

    private static func parseName(_ rest: inout ArraySlice<UInt8>.Iterator) -> [UInt8]? {
        var name: [UInt8] = []
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "\""): return name
            case UInt8(ascii: "\\"):
                guard let escaped = rest.next() else { return nil }
                guard escaped == UInt8(ascii: "u") else {
                    name.append(escaped)
                    continue
                }
                // Control characters are the only ones that `append` writes so: \u00XX.
                var digits: [UInt8] = []
                for _ in 0..<4 { rest.next().map { digits.append($0) } }
                guard let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
                name.append(code)
            default: name.append(byte)
            }
        }
        return nil
    }

    private static func width(_ byte: UInt8) -> Int {
        if byte < 0x20 { return 6 }
        return byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 2 : 1
    }

    private static func append(_ byte: UInt8, to output: inout OutputBuffer) {
        switch width(byte) {
        case 1: output.raw(byte: byte)
        case 2:
            output.raw("\\")
            output.raw(byte: byte)
        default:
            output.raw("\\u00")
            output.raw(byte: byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            output.raw(byte: "0123456789abcdef".utf8.withContiguousStorageIfAvailable { $0[Int(byte & 0xF)] } ?? UInt8(ascii: "0"))
        }
    }
}
