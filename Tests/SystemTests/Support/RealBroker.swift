import Foundation
import Testing

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

    /// Shared by the tests of this target, which run one after the other; throws at each use where it did not start.
    static let shared = Result {
        // What the broker does now and then by itself, the log cleaner and the end of a transaction whose time is over, it does at once.
        let often = ["log.cleaner.backoff.ms=200", "transaction.abort.timed.out.transaction.cleanup.interval.ms=500"]
        return try RealBroker(configs: often, hasProxy: true)
    }

    let bootstrap: String
    /// Clients that begin here stay behind `proxy`.
    let bootstrapBehindProxy: String
    let folder: String
    /// What clients of `bootstrapBehindProxy` go through.
    let proxy: Proxy?

    /// `hasProxy`: one node only. `home`: another distribution than that of KAFKA_HOME. `folder`: where its data is.
    init(nodes: Int = 1, configs: [String] = [], hasProxy: Bool = false, home: String? = nil, folder: String? = nil) throws {
        var arguments = ["start", "--nodes", "\(nodes)", "--owner", "\(ProcessInfo.processInfo.processIdentifier)"]
        // Members may have sessions as short as a second, so that a killed engine is out of its group soon; and transactions whose time is
        // over are looked for every second, not every ten.
        let soon = ["group.min.session.timeout.ms=1000", "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000"]
        for config in soon + configs { arguments += ["--config", config] }
        let proxy = hasProxy ? try Proxy(readsKafka: true) : nil
        if let proxy { arguments += ["--via", "\(proxy.port)"] }
        if let folder { arguments += ["--dir", folder] }
        let output = try RealBroker.script(arguments, home: home)
        var values: [Substring: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = String(parts[1]) }
        }
        guard let bootstrap = values["bootstrap"], let folder = values["dir"] else { throw Failure.didNotStart(output) }
        self.bootstrap = bootstrap
        self.folder = folder
        self.proxy = proxy
        bootstrapBehindProxy = proxy.map { "127.0.0.1:\($0.port)" } ?? bootstrap
        if let port = values["behind"]?.split(separator: ":").last.flatMap({ Int($0) }) { proxy?.upstream = port }
    }

    /// kill, start, pause, resume or stop, of all nodes or of one (1 to 3).
    func act(_ command: String, node: Int? = nil) throws {
        _ = try RealBroker.script([command, "--dir", folder] + (node.map { ["--node", "\($0)"] } ?? []), home: nil)
    }

    /// Stops all nodes for good.
    func remove() throws { _ = try RealBroker.script(["stop", "--dir", folder, "--delete"], home: nil) }

    private static func script(_ arguments: [String], home: String?) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Project.path("scripts/kafka"))
        process.arguments = arguments
        if let home { process.environment = ProcessInfo.processInfo.environment.merging(["KAFKA_HOME": home]) { $1 } }
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
