import StockCore
import StockWire
import Testing

/// The record that begins a rebuilt checkpoint.
@Suite struct AnewRecordTests {
    @Test func comesBackAndIsStrict() throws {
        var key = ByteBuffer()
        var value = ByteBuffer()
        StateEncoder.encodeAnew(key: &key, value: &value)
        #expect(Array(key.bytes) == [34] && Array(value.bytes) == [1], "it is stored: it never changes")
        guard case .anew = try StateDecoder.decode(key: key.bytes, value: value.bytes) else {
            Issue.record("another record came back")
            return
        }
        let refused: [([UInt8], [UInt8])] = [([34, 0], [1]), ([34], []), ([34], [0]), ([34], [1, 0])]
        for (key, value) in refused {
            let code = key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    do throws(WireError) {
                        _ = try StateDecoder.decode(key: key, value: value)
                        return WireErrorCode?.none
                    } catch {
                        return error.code
                    }
                }
            }
            #expect(code == .corrupt, "\(key) \(value)")
        }
        value.clear()
        value.append(2)
        #expect(throws: WireError.self) { try StateDecoder.decode(key: key.bytes, value: value.bytes) }
    }
}
