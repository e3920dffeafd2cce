import Foundation
import StockCase
import Testing
import ZoneFiles

/// All cases of Tests/Cases, in each way of running them.
@Suite struct CollectionTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Cases")
    private static let zones = ZoneFiles.read()
    private static let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []

    @Test func theyAreFound() {
        #expect(CollectionTests.files.count > 90)
        #expect(CollectionTests.files.allSatisfy { $0.hasSuffix(".yaml") })
    }

    @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
    func theyHold(duplicates: Bool, restarts: Bool) throws {
        var options = CaseRun.Options()
        options.duplicatesEach = duplicates
        options.restartsEach = restarts
        options.zones = CollectionTests.zones
        for name in CollectionTests.files {
            let text = try Data(contentsOf: CollectionTests.folder.appendingPathComponent(name))
            let differences = CaseRun(try CaseReader.read(Array(text), name: name), options: options).run()
            #expect(differences.isEmpty, "\(name): \(differences.map(\.description).joined(separator: "; "))")
        }
    }

    @Test func eachHasATitleOfItsOwn() throws {
        var titles: [String: String] = [:]
        for name in CollectionTests.files {
            let file = try CaseReader.read(Array(try Data(contentsOf: CollectionTests.folder.appendingPathComponent(name))), name: name)
            #expect(file.title != name, "\(name) has no title")
            let other = titles.updateValue(name, forKey: file.title)
            #expect(other == nil, "\(name) and \(other ?? "") have the same title")
        }
    }
}
