import StockWire
import Testing

@Suite("RFC 3339 times")
struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:00:00Z", 1_767_225_600_000), ("2026-01-01T01:30:00+01:30", 1_767_225_600_000),
        ("2025-12-31T19:00:00-05:00", 1_767_225_600_000), ("2026-01-01t00:00:00z", 1_767_225_600_000),
        ("2026-01-01 00:00:00Z", 1_767_225_600_000), ("2026-01-01T00:00:00.1Z", 1_767_225_600_100),
        ("2026-01-01T00:00:00.123999Z", 1_767_225_600_123), ("2026-01-01T00:00:00.1234567890123456789012Z", 1_767_225_600_123),
        ("2000-02-29T12:00:00Z", 951_825_600_000), ("1969-12-31T23:59:59.999Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        // A leap second is the last millisecond of its minute.
        ("2016-12-31T23:59:60Z", 1_483_228_799_999), ("2017-01-01T00:59:60.5+01:00", 1_483_228_799_999),
    ])
    func reads(_ text: String, _ expected: Int64) {
        #expect(Timestamp.parse(bytes(text)) == expected)
    }

    @Test func readsDays() {
        for (text, day) in [("1970-01-01", 0), ("2026-01-01", 20_454), ("2028-02-00", 21_243), ("2026-12-00", 20_818), ("1969-12-31", -1)] {
            #expect(Timestamp.parseDay(bytes(text)) == Int64(day), "\(text)")
        }
        for text in [
            "", "2026-02-29", "2026-00-01", "2026-13-01", "2026-1-01", "2026-01-32", "20260101", "2026-01-01T00:00:00Z", "2026/01/01",
        ] {
            #expect(Timestamp.parseDay(bytes(text)) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        "", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T12:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+01:0", "+026-01-01T00:00:00Z",
        "2026-1-01T00:00:00.0Z", "2026-01-01X00:00:00Z", "20260101T000000Z.......",
    ])
    func refuses(_ text: String) {
        #expect(Timestamp.parse(bytes(text)) == nil)
    }

    @Test func writesWhatItReads() {
        var generator = SeededGenerator(state: 1)
        for _ in 0..<20_000 {
            let time = Int64.random(in: Timestamp.minMilliseconds...Timestamp.maxMilliseconds, using: &generator)
            let text = encoded { $0.append(timestamp: time) }
            #expect(text.utf8.count == 24)
            #expect(Timestamp.parse(bytes(text)) == time, "\(text)")
        }
    }

    @Test func writesTheNearestTextOutsideOfTheCalendar() {
        #expect(encoded { $0.append(timestamp: Int64.max) } == "9999-12-31T23:59:59.999Z")
        #expect(encoded { $0.append(timestamp: Int64.min) } == "0000-01-01T00:00:00.000Z")
        #expect(encoded { $0.append(timestamp: 1_767_225_600_007) } == "2026-01-01T00:00:00.007Z")
    }
}
