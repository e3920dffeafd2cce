import Foundation
import RedisAdapter

/// A `redis-server` child on a Unix socket in a folder of its own.
final class RedisServer {
    private let folder = TemporaryFolder()
    private let process: ChildProcess

    init() throws {
        let arguments = [
            "--port", "0", "--unixsocket", "\(folder.path)/redis.sock", "--dir", folder.path, "--save", "", "--appendonly", "no",
        ]
        process = try ChildProcess(try Project.installed("redis-server"), arguments)
        let reader = RedisReader(settings: RedisSettings(endpoint: .unix(path: "\(folder.path)/redis.sock")))
        try within(seconds: 20, "redis-server") { (try? reader.ping()) }
    }

    var address: String { "unix://\(folder.path)/redis.sock" }

    func reader(prefix: String) throws -> RedisReader {
        var settings = RedisSettings(endpoint: .unix(path: "\(folder.path)/redis.sock"))
        settings.prefix = prefix
        return RedisReader(settings: settings)
    }
}
