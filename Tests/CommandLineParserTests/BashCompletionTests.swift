import CommandLineParser
import Foundation
import Testing

@Suite struct BashCompletionTests {
    /// What bash itself offers at the end of the line.
    private static func complete(_ line: String, in folder: String = "/") throws -> [String] {
        let harness = Harness()
        #expect(harness.run("completion", "bash") == 0)
        let words = line.components(separatedBy: " ")
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let script =
            harness.output + "\ncompopt() { :; }\ncd '\(folder)'\n"
            + "COMP_WORDS=(\(quoted))\nCOMP_CWORD=\(words.count - 1)\n_stock\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--norc", "-c", script]
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaints = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(complaints.isEmpty, "\(String(decoding: complaints, as: UTF8.self))")
        return String(decoding: answer, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func subcommands() throws {
        #expect(try Self.complete("stock ") == ["engine", "topics", "explain", "help", "completion", "--help", "--version"])
        #expect(try Self.complete("stock e") == ["engine", "explain"])
        #expect(try Self.complete("stock topics ") == ["apply", "diff", "--help"])
        #expect(try Self.complete("stock help t") == ["topics"])
        #expect(try Self.complete("stock completion ") == ["bash", "--help"])
    }

    @Test func optionsAndValues() throws {
        #expect(try Self.complete("stock engine --w") == ["--workers"])
        #expect(try Self.complete("stock engine -v --q") == ["--quiet"])
        #expect(try Self.complete("stock engine --mix ") == ["flash", "till"])
        #expect(try Self.complete("stock engine --workers ") == [])
        #expect(try Self.complete("stock explain A j") == ["json"])
    }

    @Test func paths() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("completion-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try #require(FileManager.default.createFile(atPath: folder + "/one.yaml", contents: nil))
        #expect(try Self.complete("stock engine -c o", in: folder) == ["one.yaml"])
    }
}
