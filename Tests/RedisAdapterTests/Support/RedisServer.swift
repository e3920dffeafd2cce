import Foundation
import RedisAdapter

/// A `redis-server` child on a Unix socket (and, if asked for, a free port of 127.0.0.1) in a temporary folder of its own.
final class RedisServer {
    /// The path of the program; nil, with the reason printed once, where it is not installed.
    static let program: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/local/bin"]
        let found = folders.map { "\($0)/redis-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        if found == nil { print("skipped: redis-server is not in PATH (Debian package redis-server)") }
        return found
    }()
    static var isInstalled: Bool { program != nil }

    let folder: String
    let port: UInt16?
    private let options: [String]
    private var process: Process?

    init(tcp: Bool = false, options: [String] = ["--save", "", "--appendonly", "no"]) throws {
        var template = Array("/tmp/redis-adapter-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
        port = tcp ? Self.freePort() : nil
        self.options = options
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var socket: String { "\(folder)/redis.sock" }

    var settings: RedisSettings {
        RedisSettings(endpoint: port.map { .tcp(host: "127.0.0.1", port: $0) } ?? .unix(path: socket), answerTimeoutMilliseconds: 3_000)
    }

    var reader: RedisReader { RedisReader(settings: settings) }

    /// Starts the child and waits until it has answered a PING (up to 10 s).
    func start() throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: Self.program!)
        let place = ["--bind", "127.0.0.1", "--port", port.map(String.init) ?? "0", "--unixsocket", socket, "--dir", folder]
        child.arguments = place + ["--loglevel", "warning"] + options
        child.standardOutput = FileHandle.nullDevice
        child.standardError = FileHandle.nullDevice
        try child.run()
        process = child
        let deadline = Date(timeIntervalSinceNow: 10)
        var last: (any Error)?
        while Date() < deadline {
            do {
                try reader.ping()
                return
            } catch {
                last = error
                usleep(2_000)
            }
        }
        throw last ?? RedisError.connection("not started")
    }

    /// SIGKILL, and waits until the child is gone.
    func kill() {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
        unlink(socket)
    }

    func freeze() { process.map { _ = Foundation.kill($0.processIdentifier, SIGSTOP) } }

    func thaw() { process.map { _ = Foundation.kill($0.processIdentifier, SIGCONT) } }

    private static func freePort() -> UInt16 {
        let descriptor = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                precondition(bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
