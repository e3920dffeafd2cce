import Foundation
import KafkaAdapter
import RedisAdapter
import StockWire
import Testing

/// The parent of all tests on the real broker: one after the other, since they share it and two processors.
@Suite(.serialized, .enabled(if: RealBroker.isAvailable)) struct RealSystemTests {}

/// Everything of one test: topics, group, read model and engines.
final class Installation {
    enum Topic: String, CaseIterable { case events, ledger, state, levels, alerts, webhooks, replies, deadLetters }

    let name = "t" + UUID().uuidString.prefix(8).lowercased()
    let broker: RealBroker
    /// Where the view is read; a test may put another server behind the address.
    var redis: RedisServer
    let partitions: Int32
    let environment: [String: String]
    /// The program under test.
    let program: String

    /// Makes the topics. `sessionMilliseconds`: after which a killed engine is out of the group. `broker`: another than the shared one;
    /// `redis`: another than one of its own without a disk.
    init(
        partitions: Int32 = 8, sessionMilliseconds: Int = 10_000, broker: RealBroker? = nil, redis: RedisServer? = nil,
        replication: Int = 1, program: String = Project.program, more: [String: String] = [:]
    ) throws {
        self.program = program
        self.broker = try broker ?? RealBroker.shared.get()
        self.redis = try redis ?? RedisServer()
        self.partitions = partitions
        var values = Installation.cleanEnvironment
        values["STOCKSTREAM_KAFKA_BOOTSTRAP"] = self.broker.bootstrap
        values["STOCKSTREAM_KAFKA_GROUP"] = name
        values["STOCKSTREAM_KAFKA_PROPERTIES_SESSION_TIMEOUT_MS"] = "\(sessionMilliseconds)"
        values["STOCKSTREAM_REDIS_ADDRESS"] = self.redis.address
        values["STOCKSTREAM_REDIS_KEY_PREFIX"] = name
        values["STOCKSTREAM_ENGINE_WORKERS"] = "2"
        for topic in Topic.allCases { values[Installation.variable(topic)] = "\(name)-\(topic.rawValue)" }
        environment = values.merging(more) { $1 }
        let made = try run(["topics", "apply", "--partitions", "\(partitions)", "--replication", "\(replication)"])
        guard made.status == 0 else { throw TimedOut(description: "topics apply: \(made)") }
    }

    /// This process' environment without anything that configures StockStream.
    static var cleanEnvironment: [String: String] {
        var values = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("STOCKSTREAM_") && $0.key != "DEMO_SECONDS" }
        // The crash reporter of Swift's runtime can hang under a test runner.
        values["SWIFT_BACKTRACE"] = "enable=no"
        return values
    }

    static func variable(_ topic: Topic) -> String {
        "STOCKSTREAM_TOPICS_" + (topic == .deadLetters ? "DEAD_LETTERS" : topic.rawValue.uppercased())
    }

    func topic(_ topic: Topic) -> String { environment[Installation.variable(topic)]! }

    var connection: KafkaConnection { KafkaConnection(bootstrapServers: broker.bootstrap, clientID: "system-tests") }
    var view: RedisReader { get throws { try redis.reader(prefix: name) } }

    /// For `startEngine`: the engine talks to the broker through its proxy.
    var behindProxy: [String: String] { ["STOCKSTREAM_KAFKA_BOOTSTRAP": broker.bootstrapBehindProxy] }

    // MARK: - Programs

    /// Runs a subcommand to its end.
    func run(_ arguments: [String], _ more: [String: String] = [:], seconds: Double = 90) throws -> ChildProcess.Finished {
        try ChildProcess.run(program, arguments, environment: environment.merging(more) { $1 }, seconds: seconds)
    }

    /// Changes a topic's settings or somebody's rights: see Clients/admin.py.
    func administer(_ words: String...) throws { try administer(words) }

    func administer(_ words: [String]) throws {
        let script = Project.path("Tests/SystemTests/Clients/admin.py")
        let done = try ChildProcess.run(Project.python, [script, broker.bootstrap] + words)
        guard done.status == 0 else { throw TimedOut(description: "admin.py \(words): \(done)") }
    }

    /// Starts an engine; `awaited`: and waits until it runs so many partitions.
    func startEngine(awaited: Int32? = nil, _ more: [String: String] = [:]) throws -> Engine {
        let engine = try Engine(program, environment: environment.merging(more) { $1 }, partitions: Int(partitions))
        if let awaited { try engine.waitUntilRunning(awaited) }
        return engine
    }

    /// Sends one record with kcat, a client that nobody here wrote. Without a partition: as docs/events.md tells producers to.
    func kcat(key: String?, value: Data, headers: [(String, String)] = [], partition: Int32? = nil) throws {
        let folder = TemporaryFolder()
        let file = "\(folder.path)/value"
        try value.write(to: URL(fileURLWithPath: file))
        var arguments = ["-P", "-b", broker.bootstrap, "-t", topic(.events), "-X", "topic.partitioner=murmur2_random"]
        if let key { arguments += ["-k", key] }
        if let partition { arguments += ["-p", "\(partition)"] }
        for (name, value) in headers { arguments += ["-H", "\(name)=\(value)"] }
        let done = try ChildProcess.run(try Project.installed("kcat"), arguments + [file])
        guard done.status == 0 else { throw TimedOut(description: "kcat: \(done)") }
    }

    /// Sends an event as JSON under its SKU.
    func send(_ json: String, sku: String, headers: [(String, String)] = []) throws {
        try kcat(key: sku, value: Data(json.utf8), headers: headers)
    }
}

/// A running engine process.
final class Engine {
    let process: ChildProcess
    let port = Web.freePort()
    /// The group's, the time of the start and the port.
    private let name: String

    private let partitions: Int

    init(_ program: String, environment: [String: String], partitions: Int) throws {
        self.partitions = partitions
        name = "\(environment["STOCKSTREAM_KAFKA_GROUP"] ?? "")-\(Int(Date().timeIntervalSince1970 * 1_000))-\(port)"
        process = try ChildProcess(program, ["engine", "--metrics-port", "\(port)"], environment: environment)
    }

    /// `SYSTEM_TEST_LOGS` names a folder where the engines' logs are kept.
    deinit {
        guard let folder = ProcessInfo.processInfo.environment["SYSTEM_TEST_LOGS"] else { return }
        process.kill()
        try? process.errors.write(toFile: "\(folder)/\(name).log", atomically: true, encoding: .utf8)
    }

    /// The samples of /metrics whose name and labels hold all of `parts`, summed up; nil where nobody answers or there is none.
    func sum(_ parts: String...) -> Double? {
        guard let answer = Web.get(port, "/metrics"), answer.status == 200 else { return nil }
        let lines = answer.body.split(separator: "\n").filter { line in !line.hasPrefix("#") && parts.allSatisfy { line.contains($0) } }
        guard !lines.isEmpty else { return nil }
        return lines.reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? 0) }
    }

    /// Waits until the samples sum up to a number: they are renewed a few times a second.
    func wait(for value: Int, _ name: String, _ label: String) throws {
        do {
            _ = try within(seconds: 30, name + label) { sum(name, label) == Double(value) ? true : nil }
        } catch {
            throw TimedOut(description: "\(error): \(sum(name, label) ?? -1) and not \(value)")
        }
    }

    /// How many partitions it runs; 0 while one of its workers has not been given a share yet: the group is still moving partitions.
    var running: Int32 {
        guard let body = Web.get(port, "/metrics")?.body else { return 0 }
        let lines = body.split(separator: "\n")
        let workers = lines.filter { $0.hasPrefix("stock_rebalances_total{") }
        // Where there are fewer partitions than workers, some never get any.
        let isSettled = workers.count { !$0.hasSuffix(" 0") } >= min(workers.count, partitions)
        return isSettled ? Int32(lines.count { $0.hasPrefix("stock_partition_running{") && $0.hasSuffix(" 1") }) : 0
    }

    /// How many partitions of other engines it follows.
    var following: Int { Int(sum("stock_standby_partitions{", "\"following\"") ?? 0) }

    /// How many partitions have begun to run with a state that was followed.
    var statesFromStandby: Int {
        process.errors.split(separator: "\n").count { $0.contains("partition running") && $0.contains("fromStandby=true") }
    }

    func waitUntilRunning(_ count: Int32, seconds: Double = 90) throws {
        do {
            _ = try within(seconds: seconds, "\(count) running partitions") {
                guard process.isRunning else { throw TimedOut(description: "the engine ended") }
                return running == count ? true : nil
            }
        } catch {
            throw TimedOut(description: "\(error); \(running) run\n\(process.errors.suffix(6_000))")
        }
    }

    /// SIGTERM: it ends in order.
    func drain(seconds: Double = 60) throws {
        process.signal(SIGTERM)
        let status = try process.waitForExit(seconds: seconds)
        guard status == 0 else { throw TimedOut(description: "exit code \(status)\n\(process.errors.suffix(6_000))") }
    }
}
