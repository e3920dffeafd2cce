import Foundation

/// An Apache Kafka of KAFKA_HOME on loopback, run by `scripts/kafka`, which also kills it and removes its folder when this process ends,
/// however it ends.
final class RealBroker: Sendable {
    enum Failure: Error { case didNotStart(String) }

    /// For `.enabled(if:)`; prints the reason that `scripts/test` counts.
    static let isAvailable: Bool = {
        if let home = ProcessInfo.processInfo.environment["KAFKA_HOME"], !home.isEmpty { return true }
        print("SKIPPED real broker: KAFKA_HOME does not name an Apache Kafka distribution")
        return false
    }()

    /// Shared by the tests of this target, which run one after the other; throws at each use where it did not start. Members may have
    /// sessions as short as a second, so that a killed engine is out of its group soon.
    static let shared = Result { try RealBroker(configs: ["group.min.session.timeout.ms=1000"]) }

    let bootstrap: String
    let folder: String

    private init(configs: [String]) throws {
        let owner = "\(ProcessInfo.processInfo.processIdentifier)"
        let output = try RealBroker.script(["start", "--owner", owner] + configs.flatMap { ["--config", $0] })
        var values: [Substring: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = String(parts[1]) }
        }
        guard let bootstrap = values["bootstrap"], let folder = values["dir"] else { throw Failure.didNotStart(output) }
        self.bootstrap = bootstrap
        self.folder = folder
    }

    /// kill, start, pause, resume or stop.
    func act(_ command: String) throws { _ = try RealBroker.script([command, "--dir", folder]) }

    private static func script(_ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Project.path("scripts/kafka"))
        process.arguments = arguments
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw Failure.didNotStart(text) }
        return text
    }
}
