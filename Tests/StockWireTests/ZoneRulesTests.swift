import StockCore
import StockWire
import Testing

/// Time zones: the files of the IANA database, and when days end.
@Suite("Time zones")
struct ZoneRulesTests {
    private static let day: Int64 = 86_400_000

    private func number(_ number: Int64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> Int64(8 * (count - 1 - $0))) }
    }

    private func header(times: Int, types: Int, version: Character = "2") -> [UInt8] {
        let counts = [0, 0, 0, times, types, 4]
        return Array("TZif".utf8) + [version.asciiValue!] + [UInt8](repeating: 0, count: 15) + counts.flatMap { number(Int64($0), 4) }
    }

    /// A file with these transitions between these offsets, and this text at its end.
    private func file(_ footer: String, _ transitions: [(at: Int64, type: Int)] = [], offsets: [Int64] = [0]) -> [UInt8] {
        var bytes = header(times: 0, types: 1) + number(0, 4) + [0, 0] + Array("UTC\0".utf8)
        bytes += header(times: transitions.count, types: offsets.count)
        bytes += transitions.flatMap { number($0.at, 8) } + transitions.map { UInt8($0.type) }
        bytes += offsets.flatMap { number($0, 4) + [0, 0] } + Array("ABC\0".utf8)
        return bytes + Array("\n\(footer)\n".utf8)
    }

    private func rules(_ bytes: [UInt8]) -> ZoneRules? { bytes.withUnsafeBytes { ZoneRules(tzif: $0) } }

    private func instant(_ text: String) -> Int64 { Array(text.utf8).withUnsafeBytes { Timestamp.parse($0)! } }

    /// The end of a day by the text at the end of a file.
    private func end(_ day: String, _ footer: String) -> Int64? {
        let number = Array(day.utf8).withUnsafeBytes { Timestamp.parseDay($0)! }
        return rules(file(footer))?.end(ofDay: number)
    }

    @Test(arguments: [
        ("2026-03-28", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-28T23:00:00Z"),
        ("2026-03-29", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T22:00:00Z"),
        ("2026-10-25", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T23:00:00Z"),
        ("2026-03-08", "EST5EDT,M3.2.0,M11.1.0", "2026-03-09T04:00:00Z"),
        // The south: the year begins in summer.
        ("2026-01-01", "NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-01-01T11:00:00Z"),
        ("2026-06-30", "NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-06-30T12:00:00Z"),
        // Half an hour of summer, names in brackets.
        ("2026-01-01", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T13:00:00Z"),
        // Winter is what differs.
        ("2026-01-01", "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-02T00:00:00Z"),
        ("2026-07-01", "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T23:00:00Z"),
        // The evening before, and days after.
        ("2026-03-28", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z"),
        ("2026-10-31", "EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-10-31T22:00:00Z"),
        // Days of the year, with and without the 29th of February.
        ("2028-03-01", "AAA0BBB,J60/0,J300/0", "2028-03-01T23:00:00Z"),
        ("2028-02-29", "AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z"),
        ("2027-03-01", "AAA0BBB,59/0,300/0", "2027-03-01T23:00:00Z"),
        ("2027-02-28", "AAA0BBB,59/0,300/0", "2027-03-01T00:00:00Z"),
        ("9999-12-31", "JST-9", "9999-12-31T15:00:00Z"),
    ])
    func daysEndByTheYearlyRule(_ day: String, _ footer: String, _ expected: String) {
        #expect(end(day, footer) == instant(expected), "\(day) of \(footer)")
    }

    /// Clocks that go from midnight to one leave no midnight; those that go back to eleven have two.
    @Test func aDayEndsWithItsLastInstant() {
        #expect(end("2026-04-23", "EET-2EEST,M4.5.5/0,M10.5.4/24") == instant("2026-04-23T22:00:00Z"))
        #expect(end("2026-10-29", "EET-2EEST,M4.5.5/0,M10.5.4/24") == instant("2026-10-29T22:00:00Z"))
        // A whole day that is left out ends when the one before does.
        let skips = file("<+14>-14", [(at: 1_325_239_200, type: 1)], offsets: [-36_000, 50_400])
        #expect(rules(skips)?.end(ofDay: 15_337) == instant("2011-12-30T10:00:00Z"))
        #expect(rules(skips)?.end(ofDay: 15_338) == instant("2011-12-30T10:00:00Z"))
        #expect(rules(skips)?.end(ofDay: 15_339) == instant("2011-12-31T10:00:00Z"))
    }

    @Test func transitionsComeBeforeTheRule() throws {
        let zone = try #require(rules(file("ABC-1", [(at: 0, type: 1), (at: 86_400 * 10, type: 0)], offsets: [3_600, -7_200])))
        #expect(zone.end(ofDay: -10) == -9 * ZoneRulesTests.day - 3_600_000)
        #expect(zone.end(ofDay: 3) == 4 * ZoneRulesTests.day + 7_200_000)
        #expect(zone.end(ofDay: 20) == 21 * ZoneRulesTests.day - 3_600_000)
        #expect(zone.day(at: -1) == 0 && zone.day(at: -3_600_001) == -1)
        #expect(zone.day(at: 7_199_999) == -1 && zone.day(at: 7_200_000) == 0)
    }

    @Test func whatIsNoFileIsNone() {
        let whole = file("CET-1", [(at: 0, type: 0)])
        #expect(rules(whole) != nil)
        #expect(rules([]) == nil)
        for count in 0..<whole.count - 2 { #expect(rules(Array(whole[..<count])) == nil || count >= whole.count - 6) }
        #expect(rules(Array("TZif".utf8) + [UInt8(ascii: "1")] + whole[5...]) == nil, "times of four bytes end in 2038")
        #expect(rules(file("CET-1", [(at: 0, type: 1)])) == nil, "there is no such offset")
        #expect(rules(file("CET-1", [(at: 5, type: 0), (at: 5, type: 0)])) == nil)
        let texts = [
            "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0,x", "<+1-1", "-1",
            "CET-1CEST,J0,J1",
        ]
        for text in texts { #expect(rules(file(text)) == nil, "\(text)") }
    }
}
