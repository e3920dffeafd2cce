import Foundation
import RedisAdapter

/// A `redis-server` child in a folder of its own, on a Unix socket and on a port of loopback.
final class RedisServer {
    private let folder = TemporaryFolder()
    private let settings: [String]
    private(set) var process: ChildProcess
    let port = Web.freePort()

    /// Nothing is kept on disk unless `settings` say so (`--appendonly yes`): they come last.
    init(_ settings: [String] = []) throws {
        self.settings = settings
        process = try RedisServer.start(folder.path, port, settings)
    }

    private static func start(_ folder: String, _ port: Int, _ settings: [String]) throws -> ChildProcess {
        let arguments = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--unixsocket", "\(folder)/redis.sock", "--dir", folder, "--save", "",
            "--appendonly", "no",
        ]
        let process = try ChildProcess(try Project.installed("redis-server"), arguments + settings)
        let reader = RedisReader(settings: RedisSettings(endpoint: .unix(path: "\(folder)/redis.sock")))
        try within(seconds: 20, "redis-server") { (try? reader.ping()) }
        return process
    }

    /// Starts again what was killed, with the data that is on disk.
    func restart() throws {
        process.kill()
        process = try RedisServer.start(folder.path, port, settings)
    }

    var address: String { "unix://\(folder.path)/redis.sock" }

    func reader(prefix: String) throws -> RedisReader {
        var settings = RedisSettings(endpoint: .unix(path: "\(folder.path)/redis.sock"))
        settings.prefix = prefix
        return RedisReader(settings: settings)
    }

    /// What redis-cli prints for a command.
    @discardableResult func command(_ words: String...) throws -> String {
        let done = try ChildProcess.run(try Project.installed("redis-cli"), ["-s", "\(folder.path)/redis.sock"] + words)
        guard done.status == 0 else { throw TimedOut(description: "redis-cli \(words): \(done)") }
        return done.output
    }
}
