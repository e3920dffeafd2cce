import Configuration
import Foundation
import Testing

@Suite struct SettingsReferenceTests {
    /// `UPDATE_DOCS=1` writes the page instead of comparing it.
    @Test func thePageIsThatOfTheTable() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = root.appendingPathComponent("docs/configuration.md")
        let expected = Settings.referenceMarkdown()
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil { try Data(expected.utf8).write(to: page) }
        let written = try String(contentsOf: page, encoding: .utf8)
        #expect(written == expected, "make it anew: UPDATE_DOCS=1 swift test --filter SettingsReferenceTests")
    }

    @Test func theExampleHoldsTheDefaults() throws {
        let example = Settings.exampleFile()
        #expect(try Settings.load(text: Array(example.utf8), name: "example").settings == EngineSettings())
        for key in SettingKey.all {
            let name = try #require(key.path.split(separator: ".").last)
            #expect(example.contains("\(name):"), "\(key.path)")
        }
    }

    @Test func everyKeyIsDescribed() {
        for key in SettingKey.all {
            #expect(key.help.hasSuffix(".") && !key.allowed.isEmpty && !key.defaultText.isEmpty, "\(key.path)")
            #expect(Settings.helpText().contains(key.environmentName))
        }
    }
}
