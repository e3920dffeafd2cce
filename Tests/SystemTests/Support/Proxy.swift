import Foundation
import Synchronization

/// A TCP proxy on loopback that loses, delays and cuts as it is told. It reads Kafka's requests where a rule asks for them.
final class Proxy: Sendable {
    /// What becomes of all bytes.
    enum Mode: Sendable {
        case forward
        /// Connections are cut, and new ones are closed at once.
        case refuse
        /// Nothing moves in either direction.
        case freeze
        /// Requests go on, their answers are lost.
        case loseAnswers
    }

    /// One request of Kafka's protocol (https://kafka.apache.org/protocol.html): what a rule sees of it. Where the proxy does not read
    /// Kafka: the bytes that came at once.
    struct Request: Sendable {
        var apiKey: Int16
        var apiVersion: Int16
        /// All of it, without the length in front.
        var bytes: [UInt8]

        /// Of an EndTxn, whether it commits; librdkafka sends version 1, whose last field this is.
        var isCommit: Bool { apiKey == Request.endTransaction && (apiVersion < 3 ? bytes.last : bytes.dropLast().last) == 1 }

        static let produce: Int16 = 0
        static let fetch: Int16 = 1
        static let joinGroup: Int16 = 11
        static let heartbeat: Int16 = 12
        static let addPartitions: Int16 = 24
        static let addOffsets: Int16 = 25
        static let endTransaction: Int16 = 26
        static let commitOffsets: Int16 = 28
    }

    /// What becomes of one request.
    enum Verdict: Sendable {
        case pass
        /// The connection is cut, and the broker never hears of it.
        case cutBefore
        /// The broker gets it; the connection is cut when its answer comes.
        case cutAfter
    }

    private struct State {
        var mode = Mode.forward
        var upstream = 0
        var delayMilliseconds: UInt32 = 0
        var rule: (@Sendable (Request) -> Verdict)?
        var descriptors: Set<Int32> = []
        var isClosed = false
    }

    let port: Int
    private let listener: Int32
    private let readsKafka: Bool
    private let state = Mutex(State())

    /// Listens; `upstream` is the port on loopback where everything goes. `readsKafka`: its requests are seen one by one, for `rule`.
    init(upstream: Int = 0, readsKafka: Bool = false) throws {
        (listener, port) = try Loopback.listen()
        self.readsKafka = readsKafka
        state.withLock { $0.upstream = upstream }
        let thread = Thread { [weak self, listener] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                self.serve(client)
            }
        }
        thread.start()
    }

    deinit {
        cut()
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var upstream: Int {
        get { state.withLock { $0.upstream } }
        set { state.withLock { $0.upstream = newValue } }
    }

    var mode: Mode {
        get { state.withLock { $0.mode } }
        set {
            state.withLock { $0.mode = newValue }
            if newValue == .refuse { cut() }
        }
    }

    /// How long each piece waits before it goes on, in either direction.
    var delayMilliseconds: Int {
        get { state.withLock { Int($0.delayMilliseconds) } }
        set { state.withLock { $0.delayMilliseconds = UInt32(newValue) } }
    }

    /// Asked about every request; nil: all of them pass.
    var rule: (@Sendable (Request) -> Verdict)? {
        get { state.withLock { $0.rule } }
        set { state.withLock { $0.rule = newValue } }
    }

    /// Cuts every connection.
    func cut() { state.withLock { for descriptor in $0.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) } } }

    /// Back to forwarding everything at once.
    func heal() {
        state.withLock {
            $0.mode = .forward
            $0.delayMilliseconds = 0
            $0.rule = nil
        }
    }

    // MARK: - One connection

    private func serve(_ client: Int32) {
        let (isRefused, port) = state.withLock { ($0.mode == .refuse, $0.upstream) }
        let server = isRefused ? -1 : Loopback.connect(port)
        guard server >= 0 else {
            close(client)
            return
        }
        let link = Link(client: client, server: server)
        state.withLock { $0.descriptors.formUnion([client, server]) }
        Thread { [weak self] in
            self?.pumpRequests(link); self?.end(link)
        }.start()
        Thread { [weak self] in
            self?.pumpAnswers(link); self?.end(link)
        }.start()
    }

    private func end(_ link: Link) {
        link.cut()
        guard link.isLastEnd() else { return }
        state.withLock { $0.descriptors.subtract([link.client, link.server]) }
        close(link.client)
        close(link.server)
    }

    /// Waits as the mode says; false: the piece is lost.
    private func lets(answer: Bool) -> Bool {
        let delay = state.withLock { $0.delayMilliseconds }
        if delay > 0 { usleep(delay * 1_000) }
        while true {
            switch mode {
            case .forward, .refuse: return true
            case .loseAnswers: return !answer
            case .freeze: usleep(2_000)
            }
        }
    }

    private func pumpRequests(_ link: Link) {
        while let size = Loopback.receive(link.client, count: readsKafka ? 4 : nil) {
            guard readsKafka else {
                switch rule?(Request(apiKey: -1, apiVersion: 0, bytes: size)) ?? .pass {
                case .pass: break
                case .cutBefore: return
                case .cutAfter: link.cutsAtNextAnswer()
                }
                guard !lets(answer: false) || Loopback.send(link.server, size) else { return }
                continue
            }
            let count = size.reduce(0) { $0 << 8 | Int($1) }
            guard let bytes = Loopback.receive(link.client, count: count) else { return }
            let number = { (index: Int) in Int16(truncatingIfNeeded: Int(bytes[index]) << 8 | Int(bytes[index + 1])) }
            switch rule?(Request(apiKey: number(0), apiVersion: number(2), bytes: bytes)) ?? .pass {
            case .pass: break
            case .cutBefore: return
            case .cutAfter: link.cutsAtAnswer(Array(bytes[4..<8]))
            }
            guard !lets(answer: false) || Loopback.send(link.server, size + bytes) else { return }
        }
    }

    private func pumpAnswers(_ link: Link) {
        while let piece = Loopback.receive(link.server, count: nil) {
            // Of an answer only the beginning is looked for: size, then the number of its request.
            guard !link.holds(piece) else { return }
            guard !lets(answer: true) || Loopback.send(link.client, piece) else { return }
        }
    }
}

/// The two sockets of one connection.
private final class Link: Sendable {
    let client: Int32
    let server: Int32
    private let state = Mutex((ends: 0, awaited: [UInt8](), awaitsAny: false))

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    func cut() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    func isLastEnd() -> Bool {
        state.withLock {
            $0.ends += 1; return $0.ends == 2
        }
    }

    func cutsAtAnswer(_ correlation: [UInt8]) { state.withLock { $0.awaited = correlation } }

    func cutsAtNextAnswer() { state.withLock { $0.awaitsAny = true } }

    /// Whether a piece is or begins the answer at which the connection is to be cut. A client of transactions has one request on its way.
    func holds(_ piece: [UInt8]) -> Bool {
        state.withLock { $0.awaitsAny || !$0.awaited.isEmpty && piece.count >= 8 && Array(piece[4..<8]) == $0.awaited }
    }
}

/// Sockets on 127.0.0.1.
private enum Loopback {
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                bind(descriptor, plain, length) == 0 && Glibc.listen(descriptor, 64) == 0 && getsockname(descriptor, plain, &length) == 0
            }
        }
        guard port else { throw TimedOut(description: "no port for a proxy: errno \(errno)") }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func connect(_ port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = self.address(port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return -1
    }

    /// So many bytes, or those that come next; nil: the connection is at its end.
    static func receive(_ descriptor: Int32, count: Int?) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count ?? 65_536)
        var filled = 0
        while filled < bytes.count {
            let more = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + filled, $0.count - filled, 0) }
            guard more > 0 else { return nil }
            filled += more
            if count == nil { break }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    static func send(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let more = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
