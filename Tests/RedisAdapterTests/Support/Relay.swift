import Foundation
import Synchronization

/// A network between a client and a server on Unix sockets that loses answers or delivers requests late.
final class Relay: Sendable {
    struct Modes {
        /// Answers are thrown away.
        var swallowsAnswers = false
        /// Requests are kept back until this is false again, even if the client has gone.
        var holdsRequests = false
        var isStopped = false
        /// Rises by one with each turn of the relay's loop.
        var turns = 0
    }

    private struct Pair {
        var client: Int32
        var server: Int32
        var held: [UInt8] = []
    }

    let path: String
    private let modes = Mutex(Modes())
    private let listener: Int32
    private let target: String

    init(to target: String, in folder: String) {
        path = "\(folder)/relay.sock"
        self.target = target
        listener = Self.socket(path) { bind($0, $1, $2) }
        listen(listener, 16)
        Thread.detachNewThread { [self] in run() }
    }

    /// Changes the modes and waits until the relay's loop has seen them.
    func set(_ change: @Sendable (inout Modes) -> Void) {
        let turn = modes.withLock { modes in
            change(&modes)
            return modes.turns
        }
        _ = eventually { modes.withLock { $0.turns > turn + 1 } }
    }

    private func run() {
        var pairs: [Pair] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let modes = modes.withLock { modes in
                modes.turns += modes.isStopped ? 2 : 1
                return modes
            }
            if modes.isStopped { break }
            if Self.isReadable(listener, milliseconds: 2) {
                pairs.append(Pair(client: accept(listener, nil, nil), server: Self.socket(target) { connect($0, $1, $2) }))
            }
            for index in pairs.indices { Self.forward(&pairs[index], modes, &chunk) }
            pairs.removeAll { $0.client < 0 && $0.server < 0 }
        }
        for pair in pairs {
            close(pair.client)
            close(pair.server)
        }
        close(listener)
    }

    private static func forward(_ pair: inout Pair, _ modes: Modes, _ chunk: inout [UInt8]) {
        if pair.client >= 0 && isReadable(pair.client, milliseconds: 0) {
            let count = recv(pair.client, &chunk, chunk.count, 0)
            if count > 0 {
                pair.held.append(contentsOf: chunk.prefix(count))
            } else {
                close(pair.client)
                pair.client = -1
            }
        }
        if !modes.holdsRequests && !pair.held.isEmpty {
            send(pair.server, pair.held, pair.held.count, Int32(MSG_NOSIGNAL))
            pair.held.removeAll()
        }
        if pair.server >= 0 && isReadable(pair.server, milliseconds: 0) {
            let count = recv(pair.server, &chunk, chunk.count, 0)
            if count > 0 && !modes.swallowsAnswers && pair.client >= 0 {
                send(pair.client, chunk, count, Int32(MSG_NOSIGNAL))
            }
        }
        if pair.client < 0 && pair.held.isEmpty && pair.server >= 0 {
            close(pair.server)
            pair.server = -1
        }
    }

    private static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, milliseconds) > 0
    }

    private static func socket(_ path: String, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        precondition(result == 0, "no socket at \(path)")
        return descriptor
    }
}
