import StockCore
import Testing

@testable import StockWire

/// Numbers, texts and names are written and found by whole words: each against the obvious way.
@Suite struct DigitsTests {
    private func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer(capacity: 16)
        write(&buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test func decimals() {
        var values: [Int64] = [0, .max, .min]
        var power: Int64 = 1
        for _ in 0..<19 {
            for near in -2...2 as ClosedRange<Int64> { values += [power &+ near, -power &- near] }
            power = power &* 10
        }
        // Every number of four digits, in each place of the words.
        for number in 0..<10_000 as Range<Int64> {
            values += [number, number * 10_000 + 9_999, number * 100_000_000, number * 100_000_000_000_000 + number]
        }
        for value in values where text({ $0.append(decimal: value) }) != String(value) { Issue.record("\(value)") }
    }

    @Test func hexadecimalDigits() {
        for value in [0, 1, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, UInt64.max, 0x9A9A_9A9A_0F0F_F0F0] as [UInt64] {
            for count in 0...16 {
                let all = String(value, radix: 16)
                let padded = String(repeating: "0", count: 16 - all.count) + all
                #expect(text { $0.append(hexDigits: value, count: count) } == String(padded.suffix(count)))
            }
        }
    }

    /// Keys and other bytes come out the same, whatever they contain.
    @Test func quotedTexts() {
        for special in ["", "\"", "\\", "\n", "\u{01}", "\u{7F}", "é", "漢", "\u{10FFFF}"] {
            for before in 0..<18 {
                let plain = String(repeating: "a", count: before) + special + String(repeating: "b", count: before % 5)
                let key = Key(text: plain)!
                let ofKey = text { $0.append(quoted: key) }
                let ofBytes = text { buffer in Array(plain.utf8).withUnsafeBytes { buffer.append(quoted: $0) } }
                #expect(ofKey == ofBytes)
                let escaped = plain.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
                    .replacing("\u{01}", with: "\\u0001")
                #expect(ofKey == "\"\(escaped)\"")
            }
        }
    }

    /// Every field is found by its name, and by nothing that is like it.
    @Test func fieldsByName() {
        let table = FieldTable()
        for field in EventField.allCases {
            let name = Array(field.name.description.utf8)
            #expect(name.withUnsafeBytes { table.field(named: $0) } == field)
            for index in name.indices {
                var other = name
                other[index] ^= 1
                let isNone = other.withUnsafeBytes { table.field(named: $0) } == nil
                #expect(isNone || EventField.allCases.contains { Array($0.name.description.utf8) == other }, "\(other)")
            }
            #expect((name + [33]).withUnsafeBytes { table.field(named: $0) } == nil)
            let shorter = Array(name.dropLast())
            #expect(
                shorter.withUnsafeBytes { table.field(named: $0) } == nil
                    || EventField.allCases.contains { Array($0.name.description.utf8) == shorter })
        }
        #expect([UInt8]().withUnsafeBytes { table.field(named: $0) } == nil)
    }
}
