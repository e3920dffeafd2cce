import Foundation
import Synchronization
import Telemetry
import Testing

/// Collects lines, with clocks that the test sets.
private final class Capture: Sendable {
    private let stored = Mutex<[String]>([])
    private let time = Mutex(LogTime(wallMilliseconds: 1_795_590_300_123, monotonicMilliseconds: 0))
    private let takes: Bool

    init(takes: Bool = true) { self.takes = takes }

    var lines: [String] { stored.withLock { $0 } }

    func sink(_ format: LogFormat) -> LogSink {
        LogSink(
            format: format, repeatIntervalMilliseconds: 1_000, clock: { self.time.withLock { $0 } },
            put: { bytes in
                guard self.takes else { return false }
                self.stored.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
                return true
            })
    }

    func advance(milliseconds: Int64) {
        time.withLock { $0.monotonicMilliseconds += milliseconds }
    }
}

@Suite struct LoggerTests {
    @Test func jsonLineIsExact() {
        let capture = Capture()
        let logger = Logger(level: .info, sink: capture.sink(.json)).adding(["worker": 3])
        logger.warning("clock is off", ["seconds": 1.5, "topic": "stock.events.v1", "paused": true])
        #expect(
            capture.lines == [
                #"{"time":"2026-11-25T07:05:00.123Z","level":"warning","message":"clock is off","worker":3,"#
                    + #""seconds":1.5,"topic":"stock.events.v1","paused":true}"# + "\n"
            ])
    }

    @Test func textLineIsExact() {
        let capture = Capture()
        let logger = Logger(level: .debug, sink: capture.sink(.text))
        logger.debug("polled", ["partition": 7, "reason": "two words", "empty": "", "code": "_TIMED_OUT"])
        #expect(
            capture.lines == [
                "2026-11-25T07:05:00.123Z debug   polled partition=7 reason=\"two words\" empty=\"\" code=_TIMED_OUT\n"
            ])
    }

    @Test func timesCanBeLeftOut() {
        let lines = Mutex<[String]>([])
        for format in LogFormat.allCases {
            let sink = LogSink(format: format, showsTimes: false) { bytes in
                lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
                return true
            }
            Logger(level: .info, sink: sink).info("m", ["a": 1])
        }
        #expect(lines.withLock { $0 } == [#"{"level":"info","message":"m","a":1}"# + "\n", "info    m a=1\n"])
    }

    @Test func everyJSONLineParsesWhateverIsInIt() throws {
        let capture = Capture()
        let logger = Logger(level: .info, sink: capture.sink(.json))
        let hostile = (0..<0x180).compactMap { Unicode.Scalar($0) }.map(String.init).joined() + "\u{2028}\u{1F9F4}"
        logger.error(hostile, ["\"quoted\"\n": .string(hostile), "nan": .number(.nan), "infinite": .number(-.infinity)])
        let line = try #require(capture.lines.first)
        #expect(line.filter { $0 == "\n" }.count == 1)
        let parsed = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(parsed["message"] as? String == hostile)
        #expect(parsed["\"quoted\"\n"] as? String == hostile)
        #expect(parsed["nan"] as? String == "nan")
    }

    @Test func textLineObeysNoControlCharacter() throws {
        let capture = Capture()
        Logger(level: .info, sink: capture.sink(.text)).info("a\nfake line\u{1B}[2J\u{9B}", ["b": "c\nd"])
        let line = try #require(capture.lines.first)
        #expect(line.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
    }

    @Test func longLinesAreCutAndStayJSON() throws {
        let capture = Capture()
        let logger = Logger(level: .info, sink: capture.sink(.json))
        logger.info(String(repeating: "m", count: 100_000), ["a": .string(String(repeating: "\"", count: 100_000)), "b": 1])
        let line = try #require(capture.lines.first)
        #expect(line.utf8.count <= LogSink.lineBytesLimit)
        #expect((try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["b"] as? Int == 1)
    }

    @Test func levelDecidesAndNothingIsEvaluatedBelowIt() {
        let capture = Capture()
        let logger = Logger(level: .notice, sink: capture.sink(.text))
        func mustNotRun() -> String {
            Issue.record("evaluated")
            return ""
        }
        logger.info(mustNotRun())
        logger.notice("seen")
        #expect(capture.lines.count == 1)
        #expect(logger.isEnabled(.error) && !logger.isEnabled(.debug))
    }

    @Test func fieldsOfTheCallWinAndOwnNamesAreKept() throws {
        let capture = Capture()
        let logger = Logger(level: .info, sink: capture.sink(.json)).adding(["a": 1, "time": 2])
        logger.info("m", ["a": 3])
        #expect(try #require(capture.lines.first).hasSuffix(#""message":"m","a":3,"time_":2}"# + "\n"))
    }

    @Test func repeatedLinesOfAKeyAreCounted() {
        let capture = Capture()
        let logger = Logger(level: .info, sink: capture.sink(.text))
        for _ in 0..<5 { logger.warning("slow", repeatKey: "slow") }
        logger.adding(["x": 1]).warning("other", repeatKey: "other")
        capture.advance(milliseconds: 999)
        logger.warning("slow", repeatKey: "slow")
        #expect(capture.lines.count == 2)
        capture.advance(milliseconds: 1)
        logger.warning("slow", repeatKey: "slow")
        #expect(capture.lines.count == 3)
        #expect(capture.lines.last?.hasSuffix("slow suppressed=5\n") == true)
        capture.advance(milliseconds: 1_000)
        logger.warning("slow", repeatKey: "slow")
        #expect(capture.lines.last?.hasSuffix("slow\n") == true)
    }

    @Test func repeatKeysAreBounded() {
        let capture = Capture()
        let logger = Logger(level: .info, sink: capture.sink(.text))
        for key in 0..<(LogSink.repeatKeysLimit + 1) {
            logger.info("line", repeatKey: "key-\(key)")
            capture.advance(milliseconds: key == 0 ? 1 : 0)
        }
        logger.info("line", repeatKey: "key-\(LogSink.repeatKeysLimit)")
        #expect(capture.lines.count == LogSink.repeatKeysLimit + 1)
        logger.info("the oldest was forgotten", repeatKey: "key-0")
        #expect(capture.lines.count == LogSink.repeatKeysLimit + 2)
    }

    @Test func lostLinesAreCounted() {
        let capture = Capture(takes: false)
        let sink = capture.sink(.json)
        Logger(level: .info, sink: sink).info("lost")
        #expect(sink.droppedLines == 1)
    }

    @Test func threadsDoNotMixLines() async {
        let capture = Capture()
        let logger = Logger(level: .info, sink: capture.sink(.text))
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask { for line in 0..<250 { logger.info("task", ["task": .int(task), "line": .int(line)]) } }
            }
        }
        #expect(capture.lines.count == 1_000)
        #expect(Set(capture.lines).count == 1_000)
    }

    @Test func levelsHaveNames() {
        for level in LogLevel.allCases { #expect(LogLevel(name: level.name) == level) }
        #expect(LogLevel(name: "trace") == nil)
        #expect(LogLevel.error < .debug)
        #expect(LogValue.int(UInt64.max) == .string("18446744073709551615"))
    }
}

@Suite struct DescriptorWriterTests {
    @Test func aStuckPipeDoesNotHoldTheWriterUp() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let sink = LogSink.descriptor(ends[1], format: .text, waitMilliseconds: 1)
        let logger = Logger(level: .info, sink: sink)
        for _ in 0..<200 where sink.droppedLines == 0 { logger.info("\(String(repeating: "x", count: 1_000))") }
        #expect(sink.droppedLines == 1)
    }

    @Test func linesArriveWhole() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        Logger(level: .info, sink: LogSink.descriptor(ends[1], format: .text, waitMilliseconds: 1_000)).info(
            String(repeating: "y", count: 2_000))
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let count = read(ends[0], &buffer, buffer.count)
        #expect(count > 2_000)
        #expect(buffer[count - 1] == UInt8(ascii: "\n"))
    }
}

@Suite struct RFC3339Tests {
    @Test func agreesWithFoundation() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var generator = SystemRandomNumberGenerator()
        var instants: [Int64] = [0, -1, 951_782_399_999, 951_782_400_000, 4_107_542_399_999, 4_107_542_400_000]
        for _ in 0..<2_000 { instants.append(Int64.random(in: -2_208_988_800_000...253_402_300_799_999, using: &generator)) }
        for instant in instants {
            // Foundation's formatter rounds fractions of a Double; whole seconds are exact.
            let seconds = instant / 1_000 * 1_000
            #expect(formatRFC3339(milliseconds: seconds) == formatter.string(from: Date(timeIntervalSince1970: Double(seconds) / 1_000)))
        }
    }

    @Test func millisecondsAndClamping() {
        #expect(formatRFC3339(milliseconds: 1_795_590_300_007) == "2026-11-25T07:05:00.007Z")
        #expect(formatRFC3339(milliseconds: -1) == "1969-12-31T23:59:59.999Z")
        #expect(formatRFC3339(milliseconds: .max) == "9999-12-31T23:59:59.999Z")
        #expect(formatRFC3339(milliseconds: .min) == "0000-01-01T00:00:00.000Z")
    }
}
