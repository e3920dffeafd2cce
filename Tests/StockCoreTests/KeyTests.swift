import StockCore
import Testing

/// Keys are copied, compared and written by whole words: every length has its own edge.
@Suite struct KeyTests {
    @Test func everyLengthIsCopied() {
        for count in 0...Key.maxBytes {
            // Its own bytes stand between others.
            let around = (0..<128).map { UInt8($0 % 96 + 32) }
            for start in 0..<8 {
                around.withUnsafeBytes { memory in
                    let bytes = UnsafeRawBufferPointer(rebasing: memory[start..<start + count])
                    let key = Key(bytes)
                    #expect(key?.count == count)
                    #expect(key?.withBytes { Array($0) } == Array(bytes), "\(count) bytes from \(start)")
                    #expect(key == Key(text: String(decoding: bytes, as: UTF8.self)))
                }
            }
        }
        let long = [UInt8](repeating: 65, count: Key.maxBytes + 1)
        #expect(long.withUnsafeBytes { Key($0) } == nil)
    }

    /// What is stored beyond its own bytes is within `storedBytes`.
    @Test func everyLengthIsStored() {
        for count in 0...Key.maxBytes {
            let key = Key(text: String(repeating: "x", count: count))!
            var target = [UInt8](repeating: 0xAA, count: Key.storedBytes + 8)
            let isPlain = target.withUnsafeMutableBytes { key.store(to: $0.baseAddress!) }
            #expect(isPlain)
            #expect(Array(target[..<count]) == [UInt8](repeating: 120, count: count))
            #expect(Array(target[Key.storedBytes...]) == [UInt8](repeating: 0xAA, count: 8))
        }
    }

    /// One special byte anywhere is seen; its neighbours in the table of characters are not special.
    @Test func whatJSONMustEscapeIsSeen() {
        for count in 1...Key.maxBytes {
            for place in [0, count / 2, count - 1] {
                for byte in 0...255 as ClosedRange<UInt8> {
                    var bytes = [UInt8](repeating: 97, count: count)
                    bytes[place] = byte
                    let key = bytes.withUnsafeBytes { Key($0)! }
                    var target = [UInt8](repeating: 0, count: Key.storedBytes)
                    let isPlain = target.withUnsafeMutableBytes { key.store(to: $0.baseAddress!) }
                    let isSpecial = byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C
                    if isPlain == isSpecial { Issue.record("byte \(byte) at \(place) of \(count)") }
                }
            }
        }
    }
}
