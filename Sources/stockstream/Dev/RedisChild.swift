import Foundation
import Glibc
import RedisAdapter

/// A redis-server of our own, on a free port of 127.0.0.1, without persistence. It ends with this process, however that ends.
final class RedisChild {
    let port: UInt16
    private let process = Process()
    private let lifeline = Pipe()

    /// Starts it and waits up to ten seconds until it answers.
    init(in folder: TemporaryFolder) throws {
        port = try FreePort.find()
        // The shell holds the other end of our pipe: when this process is gone, `read` ends, and it ends the server.
        let script = "trap '' INT TERM; setsid redis-server \"$@\" >\(folder.path)/redis.log 2>&1 & read line; kill -9 $!"
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", script, "sh", "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path,
            "--maxmemory-policy", "noeviction",
        ]
        process.standardInput = lifeline
        try process.run()
        let reader = RedisReader(settings: RedisSettings(endpoint: .tcp(host: "127.0.0.1", port: port)))
        for _ in 0..<500 {
            if (try? reader.ping()) != nil { return }
            usleep(20_000)
        }
        throw CommandFailure("redis-server did not start; its log is \(folder.path)/redis.log", exitCode: 69)
    }

    var address: String { "redis://127.0.0.1:\(port)/0" }

    /// Ends it.
    func stop() {
        try? lifeline.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// Ports that nobody listens on.
enum FreePort {
    static func find() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw CommandFailure("no socket: \(String(cString: strerror(errno)))", exitCode: 71) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw CommandFailure("no free port: \(String(cString: strerror(errno)))", exitCode: 71) }
        return UInt16(bigEndian: address.sin_port)
    }
}
