import Foundation
import StockCore
import StockWire
import Testing
import ZoneFiles

/// The time zones of this machine.
@Suite struct ZoneFilesTests {
    private static let zones = ZoneFiles.read()

    @Test func theyAreThere() {
        #expect(ZoneFilesTests.zones.count > 400)
        #expect(ZoneFiles.read("/no/such/folder").count == 1)
        for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Pacific/Auckland"] {
            #expect(ZoneFilesTests.zones[Key(text: name)!] != nil, "\(name)")
        }
        for name in ["right/Europe/Berlin", "posix/Europe/Berlin", "zone.tab", "Europe", ""] {
            #expect(ZoneFilesTests.zones[Key(text: name)!] == nil, "\(name)")
        }
    }

    /// Every day of some years ends when Foundation, which reads the files on its own, says that the date changes.
    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata",
        "America/Havana", "America/Santiago", "Europe/Dublin", "America/St_Johns", "Asia/Beirut", "Africa/Casablanca",
    ])
    func daysEndAsFoundationSays(_ name: String) throws {
        let rules = try #require(ZoneFilesTests.zones[Key(text: name)!])
        let zone = try #require(TimeZone(identifier: name))
        func date(_ milliseconds: Int64) -> Int64 {
            let seconds = milliseconds / 1_000
            let local = seconds + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds))))
            return local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        }
        // 2010 to 2036, and beyond what the files list.
        for day in Array(Int64(14_610)..<24_400) + Array(Int64(29_000)..<29_400) {
            let end = rules.end(ofDay: day)
            let isEnd = date(end - 1_000) == day && date(end) == day + 1
            #expect(isEnd, "\(name): day \(day) ends at \(end)")
            #expect(rules.day(at: end - 1_000) == day && rules.day(at: end) == day + 1, "\(name): day \(day)")
        }
    }
}
