import StockCore
import StockWire
import Testing

/// RFC 8259, seen through `meta`, which takes any JSON.
@Suite("JSON in")
struct JSONTests {
    private func record(_ value: String) -> SampleRecord { plain("define", "\"meta\":{\"x\":\(value)}") }

    @Test(arguments: [
        "0", "-0", "1", "-1", "1.5", "1e3", "1E+3", "1e-3", "-0.0e0", "123456789012345678901234567890", "true", "false", "null", "\"\"",
        "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"", "\"\\uD834\\uDD1E\"", "\"\u{10FFFF}\"", "\"é漢\"", "\"\u{7F}\"", "[]", "[1]",
        "[1 , 2]",
        "[[],{}]", "{}", "{\"a\":1}", "{\"a\":{\"a\":{\"a\":1}}}", " \t\r\n1 \t\r\n", "{\"\":1}", "\"\\u0000\"",
    ])
    func accepts(_ value: String) {
        #expect(record(value).failure == nil)
    }

    @Test(arguments: [
        "", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "-01", "00", "NaN", "Infinity", "tru", "True", "nul", "'a'", "\"a", "\"\\x\"",
        "\"\\u12\"", "\"\\u12G4\"", "\"\\uD834\"", "\"\\uDD1E\"", "\"\\uD834\\u0041\"", "\"\\uD834x\"", "\"a\nb\"", "\"a\tb\"",
        "\"\u{01}\"", "[1,]",
        "[,1]", "[1 2]", "[", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "{,}", "// c\n1", "/* */1", "1;",
        "\"\\\"", "[1]]", "undefined", "\u{FEFF}1", "\u{A0}1", "1\u{2028}",
    ])
    func refuses(_ value: String) {
        #expect(record(value).failure?.code == .syntax, "\(String(describing: record(value).failure))")
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let bad: [[UInt8]] = [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
        ]
        for sequence in bad {
            let head = Array("{\"id\":\"1\",\"type\":\"define\",\"sku\":\"A\",\"meta\":{\"x\":\"ab".utf8)
            let failure = SampleRecord(bytes: head + sequence + Array("\"}}".utf8)).failure
            #expect(failure?.code == .invalidUTF8, "\(sequence)")
            #expect(failure?.offset == head.count)
        }
    }

    @Test func refusesNamesThatAppearTwice() {
        #expect(record("{\"a\":1,\"b\":2,\"a\":3}").failure?.code == .duplicateField)
        #expect(record("{\"a\":1,\"\\u0061\":3}").failure?.code == .duplicateField)
        #expect(record("{\"\\u0061\":1,\"a\":3}").failure?.code == .duplicateField)
        #expect(record("[{\"a\":1},{\"a\":1}]").failure == nil)
        #expect(record("{\"a\":{\"a\":1},\"b\":1}").failure == nil)
        #expect(record("{\"a\":{\"b\":1},\"b\":1,\"a\":1}").failure?.field == key("a"))
        let top = plain("define", "\"sku\":\"B\"").failure
        #expect(top?.code == .duplicateField && top?.field == key("sku"))
        #expect(plain("define", "\"\\u0073ku\":\"B\"").failure?.code == .duplicateField)
    }

    @Test func limitsDepth() {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        // Value and `meta` are two levels themselves.
        #expect(record(nested(30)).failure == nil)
        #expect(record(nested(31)).failure?.code == .tooDeep)
    }

    @Test func limitsMembersOfOneObject() {
        func object(_ count: Int) -> String { "{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}" }
        let record = SampleRecord(
            "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"hold\",\"ext\":\(object(1024)),\"data\":{}}",
            headers: [("content-type", "application/cloudevents+json")])
        #expect(record.failure?.code == .missingField)
        let larger = SampleRecord(
            "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"hold\",\"ext\":\(object(1025)),\"data\":{}}",
            headers: [("content-type", "application/cloudevents+json")])
        #expect(larger.failure?.code == .tooManyFields)
    }

    @Test(arguments: [
        ("", WireErrorCode.syntax), ("   ", .syntax), ("[]", .notAnObject), ("1", .notAnObject), ("\"a\"", .notAnObject),
        ("null", .notAnObject),
        ("{", .syntax), ("{}", .missingField), ("{} {}", .trailingBytes), ("{}x", .trailingBytes), ("{}\u{0}", .trailingBytes),
        ("\u{FEFF}{}", .byteOrderMark), ("nope", .syntax),
    ])
    func refusesOtherValues(_ value: String, _ code: WireErrorCode) {
        #expect(SampleRecord(value).failure?.code == code)
    }

    @Test(arguments: [
        ("9223372036854775807", nil), ("9223372036854775808", WireErrorCode.numberTooLarge), ("99999999999999999999999", .numberTooLarge),
        ("1.0", .notAnInteger), ("1e3", .notAnInteger), ("1E3", .notAnInteger), ("0.0", .notAnInteger), ("1.", .syntax), ("01", .syntax),
        ("-1", .outOfRange), ("-9223372036854775808", .outOfRange), ("-9223372036854775809", .numberTooLarge), ("\"1\"", .wrongType),
        ("true", .wrongType), ("null", .nullValue), ("nul", .syntax), ("{}", .wrongType), ("[1]", .wrongType), ("0", nil), ("-0", nil),
        ("123456789012345678", nil), ("1234567890123456789", nil), ("000", .syntax),
    ])
    func readsIntegers(_ value: String, _ code: WireErrorCode?) {
        let failure = plain("define", "\"expectedVersion\":\(value)").failure
        #expect(failure?.code == code)
        if code != nil && code != .syntax { #expect(failure?.field == key("expectedVersion")) }
    }

    @Test func keepsIntegersExactly() throws {
        for value in [0, 1, 9, 10, 9_007_199_254_740_993, Int64.max - 1, Int64.max] {
            #expect(try plain("define", "\"expectedVersion\":\(value)").decode().event.expectedVersion == value)
        }
    }

    @Test func decodesEscapes() throws {
        let record = SampleRecord(
            "{\"\\u0069d\":\"a\\/\\u00e9\\ud834\\udd1e\\n\",\"type\":\"\\u0064efine\",\"sku\":\"\\u6f22\",\"source\":\"\\\"\"}")
        let decoded = try record.decode()
        #expect(decoded.id == "a/é\u{1D11E}\n")
        #expect(decoded.event.sku == key("漢"))
        #expect(decoded.source == "\"")
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = plain(
            "hold",
            "\"hold\":\"h\\u0031é\",\"location\":\"WH1\",\"quantity\":2,\"ttlSeconds\":900,"
                + "\"meta\":{\"a\":[1.5,{}]}")
        _ = try whole.decode()
        for length in 0..<whole.value!.count {
            #expect(SampleRecord(bytes: Array(whole.value![..<length])).failure != nil, "\(length)")
        }
    }
}
