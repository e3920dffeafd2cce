import Foundation

/// Where things are.
enum Project {
    /// A file of the project.
    static func path(_ relative: String) -> String {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return folder.appendingPathComponent(relative).path
    }

    /// The program under test, which is built beside the tests.
    static let program: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("stockstream").path
    }()

    /// The release build of it, for tests of size; `scripts/test` makes it. Nil: there is none, and those tests take less.
    static let releaseProgram = ProcessInfo.processInfo.environment["TEST_RELEASE_PROGRAM"]

    /// The path of a program that a Debian package brings.
    static func installed(_ name: String) throws -> String {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/bin:/usr/sbin"
        let found = path.split(separator: ":").map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { throw Missing(name: name) }
        return found
    }

    struct Missing: Error { var name: String }

    /// A script of the Apache Kafka distribution.
    static func kafka(_ script: String) -> String { "\(ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? "")/bin/\(script)" }

    /// Whether the distribution has Java's console clients; prints the reason that `scripts/test` counts where not.
    static let hasConsoleClients: Bool = {
        if FileManager.default.isExecutableFile(atPath: kafka("kafka-console-producer.sh")) { return true }
        if RealBroker.isAvailable { print("SKIPPED real broker: the Apache Kafka of KAFKA_HOME has no kafka-console-producer.sh") }
        return false
    }()

    /// Kafka 4 renamed options of its tools.
    static let isKafkaBefore4: Bool = {
        let libraries = try? FileManager.default.contentsOfDirectory(atPath: kafka("../libs"))
        return libraries?.contains { $0.hasPrefix("kafka-clients-3.") } ?? false
    }()

    /// The Python that has confluent-kafka, which nobody here wrote; `scripts/setup` installs it, and `scripts/test` names it.
    static let python: String = {
        let environment = ProcessInfo.processInfo.environment
        if let python = environment["TEST_PYTHON"], !python.isEmpty { return python }
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
        return "\(cache)/stockstream/python/bin/python3"
    }()
}

/// A folder that goes with its owner.
final class TemporaryFolder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("stockstream-system-\(UUID().uuidString.prefix(8))").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Something did not come about in time.
struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// Polls until `body` answers something.
func within<Value>(seconds: Double, _ what: String, _ body: () throws -> Value?) throws -> Value {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while true {
        if let value = try body() { return value }
        guard Date() < deadline else { throw TimedOut(description: "\(what): not within \(seconds) s") }
        usleep(5_000)
    }
}
