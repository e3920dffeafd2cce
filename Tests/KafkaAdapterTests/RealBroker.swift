import Foundation
import KafkaAdapter
import Synchronization

/// An Apache Kafka of KAFKA_HOME, one node on loopback, shared by the tests of this process. A shell stands between: it kills the broker
/// and removes its folder when this process ends, however it ends.
final class RealBroker: Sendable {
    enum Failure: Error {
        case noPort
        case noStart(String)
    }

    /// nil where KAFKA_HOME is not set, or the broker did not start.
    static let shared: RealBroker? = start()

    /// For `.enabled(if:)`; says why where tests are skipped.
    static let isAvailable: Bool = {
        if ProcessInfo.processInfo.environment["KAFKA_HOME"] != nil { return true }
        print("skipped: tests on a real broker need KAFKA_HOME to name an Apache Kafka distribution")
        return false
    }()

    let port: Int
    private let currentProcessID: Mutex<Int32>
    private let shell: Process
    private let leash: Pipe
    private let output: Pipe

    var processID: Int32 { currentProcessID.withLock { $0 } }

    var connection: KafkaConnection { KafkaConnection(bootstrapServers: "127.0.0.1:\(port)", clientID: "tests") }

    private static func start() -> RealBroker? {
        guard let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] else { return nil }
        do {
            return try RealBroker(home: home)
        } catch {
            print("the broker of KAFKA_HOME did not start: \(error)")
            return nil
        }
    }

    private init(home: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stockstream-kafka-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try RealBroker.freePort()
        let controllerPort = try RealBroker.freePort()
        let properties = RealBroker.properties(port: port, controllerPort: controllerPort, folder: folder.path)
        try properties.write(to: folder.appendingPathComponent("server.properties"), atomically: true, encoding: .utf8)
        shell = Process()
        leash = Pipe()
        output = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", RealBroker.script, "broker", URL(fileURLWithPath: home).path, folder.path]
        shell.standardInput = leash
        shell.standardOutput = output
        shell.environment = ProcessInfo.processInfo.environment.merging(["KAFKA_HEAP_OPTS": "-Xms256m -Xmx768m"]) { $1 }
        try shell.run()
        guard let line = RealBroker.firstLine(of: output), let id = Int32(line) else { throw Failure.noStart(folder.path) }
        currentProcessID = Mutex(id)
    }

    /// `kill -9`, and a new start on the same data.
    func crash() throws {
        try leash.fileHandleForWriting.write(contentsOf: Data("crash\n".utf8))
        guard let line = RealBroker.firstLine(of: output), let id = Int32(line) else { throw Failure.noStart("again") }
        currentProcessID.withLock { $0 = id }
    }

    /// Stops the broker's process for a while, as a long garbage collection does, at once or a little later. Does not wait for the end.
    func pause(seconds: Double, after delay: Double = 0) {
        let id = processID
        if delay == 0 { RealBroker.stop(id) }
        Thread.detachNewThread {
            if delay > 0 {
                Thread.sleep(forTimeInterval: delay)
                RealBroker.stop(id)
            }
            Thread.sleep(forTimeInterval: seconds)
            kill(id, SIGCONT)
        }
    }

    /// Stops a process. The signal reaches its threads one after the other, and on a busy machine one may answer a request meanwhile.
    private static func stop(_ id: pid_t) {
        kill(id, SIGSTOP)
        for _ in 0..<1_000 where !isStopped(id) { usleep(1_000) }
    }

    private static func isStopped(_ id: pid_t) -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        return threads.allSatisfy { thread in
            // The state follows the name, which stands in parentheses.
            let status = try? String(contentsOfFile: "/proc/\(id)/task/\(thread)/stat", encoding: .utf8)
            return status?.split(separator: ")").last?.hasPrefix(" T") ?? true
        }
    }

    private static let script = """
        home=$1; folder=$2; cd "$folder"
        "$home/bin/kafka-storage.sh" format -t "$("$home/bin/kafka-storage.sh" random-uuid)" -c server.properties >format.log 2>&1
        start() {
            "$home/bin/kafka-server-start.sh" server.properties >>server.log 2>&1 </dev/null &
            broker=$!
            echo $broker
        }
        start
        while read -r _; do
            kill -9 $broker; wait $broker 2>/dev/null
            start
        done
        kill -9 $broker; wait $broker 2>/dev/null
        rm -rf "$folder"
        """

    private static func properties(port: Int, controllerPort: Int, folder: String) -> String {
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:\(controllerPort)
        listeners=PLAINTEXT://127.0.0.1:\(port),CONTROLLER://127.0.0.1:\(controllerPort)
        advertised.listeners=PLAINTEXT://127.0.0.1:\(port)
        controller.listener.names=CONTROLLER
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
        log.dirs=\(folder)/logs
        offsets.topic.replication.factor=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        group.initial.rebalance.delay.ms=0
        auto.create.topics.enable=false
        """
    }

    private static func firstLine(of pipe: Pipe) -> String? {
        String(data: pipe.fileHandleForReading.availableData, encoding: .utf8)?.split(separator: "\n").first.map(String.init)
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, length) == 0 && getsockname(descriptor, raw, &length) == 0
            }
        }
        guard result else { throw Failure.noPort }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
