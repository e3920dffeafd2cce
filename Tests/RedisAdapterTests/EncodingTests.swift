import StockCore
import Testing

@testable import RedisAdapter

/// The small parts: bytes, names, addresses.
@Suite struct EncodingTests {
    /// What was written to a buffer.
    static func bytes(_ body: (inout OutputBuffer) -> Void) -> String {
        var output = OutputBuffer(capacity: 1)
        body(&output)
        var text = ""
        output.withPending { pending in
            text = String(decoding: pending, as: UTF8.self)
            return pending.count
        }
        return text
    }

    @Test(arguments: [0, 7, -7, 10, -10, 99, 100, 1_234_567_890, Int64.max, Int64.min])
    func numbersAreDecimal(value: Int64) {
        #expect(Self.bytes { $0.decimal(value) } == String(value))
        #expect(OutputBuffer.digits(value) == String(value).utf8.count)
    }

    @Test func commandsAreArraysOfBulkStrings() {
        let text = Self.bytes { output in
            output.command(3)
            output.bulk("SET")
            output.bulk(Array("k:".utf8), Key("ä"))
            output.bulk(Int64(-5))
        }
        #expect(text == "*3\r\n$3\r\nSET\r\n$4\r\nk:ä\r\n$2\r\n-5\r\n")
    }

    @Test func aBufferThatIsTakenInPartsKeepsTheRest() {
        var output = OutputBuffer(capacity: 4)
        for _ in 0..<1_000 { output.raw("0123456789") }
        var taken = 0
        while output.pending > 0 {
            output.withPending { bytes in
                #expect(bytes[0] == UInt8(48 + taken % 10))
                let part = min(bytes.count, 7)
                taken += part
                return part
            }
        }
        #expect(taken == 10_000 && output.count == 0)
    }

    @Test(arguments: [[], ["W1"], ["a", "b:c", "d,e"], ["\"", "\\", "\u{1}\u{1f}", "é", "[]"]])
    func listsOfLocationsComeBack(names: [String]) {
        let keys = names.map { Key(text: $0)! }
        let text = Self.bytes { LocationList.append(keys, to: &$0) }
        #expect(LocationList.count(keys) == text.utf8.count)
        #expect(LocationList.parse(Array(text.utf8)[...]) == names.map { Array($0.utf8) })
    }

    @Test(arguments: ["", "[", "[\"a\"", "[\"a\" \"b\"]", "[,\"a\"]", "{}", "[\"a\"]x", "[\"\\u00\"]", "[a]"])
    func whatIsNoListIsRefused(text: String) {
        #expect(LocationList.parse(Array(text.utf8)[...]) == nil)
    }

    @Test func streamIDsAlwaysRise() {
        var id = StreamID()
        for time in [Int64(0), 0, 5, 5, 3, 6] {
            let next = id.next(atOrAfter: time)
            #expect(next > id && next.milliseconds >= time)
            id = next
        }
        #expect(id == StreamID(milliseconds: 6, counter: 1))
    }

    @Test func infoIsRead() {
        let text = "# Server\r\nrun_id:abc\r\n\r\n# Memory\r\nmaxmemory_policy:allkeys-lru\r\nevicted_keys:12\r\nrole:slave\r\nodd\r\n"
        let facts = ServerFacts(info: Array(text.utf8)[...])
        #expect(facts.runID == "abc" && facts.evictedKeys == 12 && facts.evictsOurKeys && facts.role == "slave")
        #expect(!ServerFacts(info: Array("maxmemory_policy:volatile-lru".utf8)[...]).evictsOurKeys)
    }

    @Test func addressesAreRead() throws {
        var wanted = RedisSettings(endpoint: .tcp(host: "redis.example", port: 7_000))
        wanted.user = "engine"
        wanted.password = "p@ss:w/rd"
        wanted.database = 3
        #expect(try RedisSettings(url: "redis://engine:p%40ss:w%2frd@redis.example:7000/3") == wanted)
        #expect(try RedisSettings(url: "redis://localhost") == RedisSettings(endpoint: .tcp(host: "localhost", port: 6379)))
        #expect(try RedisSettings(url: "redis://[::1]:9").endpoint == .tcp(host: "::1", port: 9))
        #expect(try RedisSettings(url: "redis://:secret@h").password == "secret")
        #expect(try RedisSettings(url: "unix:///run/redis.sock?db=2").database == 2)
        #expect(try RedisSettings(url: "unix:///run/redis.sock").endpoint == .unix(path: "/run/redis.sock"))
    }

    @Test(arguments: [
        ("rediss://h", "TLS"), ("http://h", "'http'"), ("h:6379", "scheme"), ("redis://", "host"), ("redis://h:0", "'0'"),
        ("redis://h:70000", "'70000'"), ("redis://h/x", "'x'"), ("redis://u@h", "'u'"), ("redis://a:%zz@h", "hexadecimal"),
        ("unix://relative", "absolute"), ("unix:///s?x=1", "x=1"), ("redis://[::1", "']'"),
    ]) func badAddressesNameWhatIsWrong(url: String, wanted: String) {
        let error = #expect(throws: RedisSettingsError.self) { try RedisSettings(url: url) }
        #expect(error?.description.contains(wanted) == true)
    }

    @Test func errorsAndAddressesHoldNoPassword() throws {
        let error = #expect(throws: RedisSettingsError.self) { try RedisSettings(url: "redis://u:s3cret@h:x") }
        #expect(error?.description.contains("s3cret") == false)
        #expect(try RedisSettings(url: "redis://u:s3cret@h").address == "redis://h:6379/0")
    }
}
