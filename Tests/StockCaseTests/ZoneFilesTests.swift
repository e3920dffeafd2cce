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

    /// Every day of some years ends when the C library, which reads the same files on its own, says that the date changes. (Foundation
    /// brings its own data, which may be of another year.)
    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata",
        "America/Havana", "America/Santiago", "Europe/Dublin", "America/St_Johns", "Asia/Beirut", "Africa/Casablanca",
    ])
    func daysEndAsTheCLibrarySays(_ name: String) throws {
        let rules = try #require(ZoneFilesTests.zones[Key(text: name)!])
        // 2010 to 2036, and beyond what the files list.
        let days = Array(Int64(14_610)..<24_400) + Array(Int64(29_000)..<29_400)
        let ends = days.map { rules.end(ofDay: $0) }
        let told = try dates(ends.flatMap { [$0 / 1_000 - 1, $0 / 1_000] }, zone: name)
        let wanted = days.flatMap { [text($0), text($0 + 1)] }
        #expect(told.count == wanted.count)
        for (index, (date, right)) in zip(told, wanted).enumerated() where date != right {
            Issue.record("\(name): day \(right) is \(date) at \(ends[index / 2])")
        }
        for (day, end) in zip(days, ends) {
            #expect(rules.day(at: end - 1_000) == day && rules.day(at: end) == day + 1, "\(name): day \(day)")
        }
    }

    private func text(_ day: Int64) -> String {
        let date = Date(timeIntervalSince1970: TimeInterval(day * 86_400))
        return String(date.ISO8601Format().prefix(10))
    }

    /// The dates of instants (seconds since 1970) in a zone, as `date` tells them.
    private func dates(_ seconds: [Int64], zone: String) throws -> [String] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("zones-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try seconds.map { "@\($0)\n" }.joined().write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/date")
        process.arguments = ["-f", file.path, "+%Y-%m-%d"]
        process.environment = ["TZ": zone]
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
