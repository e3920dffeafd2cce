internal import CHiredis
internal import Glibc
public import StockStream

/// Why a command of `RedisReader` has no answer.
public enum RedisError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The server can't be reached, or the connection broke; the reader connects anew at the next command.
    case connection(String)
    /// The server refused the command, with its words (`WRONGTYPE ...`, `NOAUTH ...`).
    case refused(String)
    /// The answer is not what the command answers.
    case unexpected(String)

    /// What happened.
    public var description: String {
        switch self {
        case .connection(let reason): "redis: \(reason)"
        case .refused(let reason): "redis refused: \(reason)"
        case .unexpected(let what): "redis answered something else: \(what)"
        }
    }
}

/// An answer of the server.
public indirect enum RedisReply: Equatable, Sendable {
    case status(String)
    case integer(Int64)
    case bulk([UInt8])
    case null
    case array([RedisReply])
    case error(String)

    /// The text of a status or a bulk string; nil for anything else.
    public var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }
}

/// A small client that waits, for tools, tests and the auditor. Not for the engine's thread.
public final class RedisReader {
    private let settings: RedisSettings
    private let keys: ViewKeys
    private var context: UnsafeMutablePointer<redisContext>?

    /// A reader that connects at its first command; each command waits up to the settings' answer time-out.
    public init(settings: RedisSettings) {
        self.settings = settings
        keys = ViewKeys(prefix: settings.prefix)
    }

    deinit { disconnect() }

    // MARK: - Commands

    /// Sends one command and waits for its answer. Errors of the server are thrown as `refused`.
    public func command(_ arguments: [String]) throws(RedisError) -> RedisReply {
        precondition(!arguments.isEmpty)
        let context = try connected()
        let reply = try Self.run(context, [arguments], onFailure: disconnect)[0]
        if case .error(let reason) = reply { throw .refused(reason) }
        return reply
    }

    /// Sends all commands, then waits for all answers, in order; errors of the server are answers here.
    public func pipeline(_ commands: [[String]]) throws(RedisError) -> [RedisReply] {
        let context = try connected()
        return try Self.run(context, commands, onFailure: disconnect)
    }

    /// The fields of a hash, empty where there is none.
    public func hgetall(_ key: String) throws(RedisError) -> [String: String] {
        try Self.fields(of: command(["HGETALL", key]))
    }

    private static func fields(of reply: RedisReply) throws(RedisError) -> [String: String] {
        guard case .array(let elements) = reply else { throw .unexpected("to HGETALL: \(reply)") }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: elements.count - 1, by: 2) {
            fields[elements[index].text ?? ""] = elements[index + 1].text ?? ""
        }
        return fields
    }

    /// The members of a set, empty where there is none.
    public func smembers(_ key: String) throws(RedisError) -> Set<String> { Set(try texts(["SMEMBERS", key])) }

    /// The members of a sorted set with their scores, lowest first.
    public func sortedSet(_ key: String) throws(RedisError) -> [(member: String, score: Double)] {
        let texts = try texts(["ZRANGE", key, "0", "-1", "WITHSCORES"])
        return stride(from: 0, to: texts.count - 1, by: 2).map { (texts[$0], Double(texts[$0 + 1]) ?? .nan) }
    }

    /// The fields of a SKU's hash; empty: unknown, never zero.
    public func sku(_ sku: String) throws(RedisError) -> [String: String] { try hgetall("\(settings.prefix):sku:\(sku)") }

    /// The fields of many SKUs' hashes, in the order of the names, in one pipeline.
    public func skus(_ names: [String]) throws(RedisError) -> [[String: String]] {
        var hashes: [[String: String]] = []
        for reply in try pipeline(names.map { ["HGETALL", "\(settings.prefix):sku:\($0)"] }) { hashes.append(try Self.fields(of: reply)) }
        return hashes
    }

    /// How far a partition's view is; nil where there is none or it says nothing.
    public func watermark(_ partition: Int32) throws(RedisError) -> Watermark? {
        let fields = try hgetall(String(decoding: keys.watermark(partition), as: UTF8.self))
        func number(_ name: String) -> Int64? { fields[name].flatMap { Int64($0) } }
        guard let incarnation = number("incarnation"), let claim = number("claim"), let batch = number("batch"), let seq = number("seq"),
            let next = number("next"), let time = number("time"), seq >= 0
        else { return nil }
        return Watermark(incarnation: incarnation, claim: claim, batch: batch, seq: seq, next: next, timeMilliseconds: time)
    }

    /// The SKUs of a partition that the view knows.
    public func skus(_ partition: Int32) throws(RedisError) -> Set<String> {
        try smembers(String(decoding: keys.skus(partition), as: UTF8.self))
    }

    /// The counters of a partition; empty where there are none.
    public func counters(_ partition: Int32) throws(RedisError) -> [String: Int64] {
        try hgetall(String(decoding: keys.counters(partition), as: UTF8.self)).compactMapValues { Int64($0) }
    }

    /// Whether the server answers.
    public func ping() throws(RedisError) {
        guard try command(["PING"]).text == "PONG" else { throw .unexpected("to PING") }
    }

    /// The values of INFO by name.
    public func info() throws(RedisError) -> [String: String] {
        guard let text = try command(["INFO"]).text else { throw .unexpected("to INFO") }
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return values
    }

    /// Empties every database of the server. For tests.
    public func flushAll() throws(RedisError) { _ = try command(["FLUSHALL"]) }

    private func texts(_ arguments: [String]) throws(RedisError) -> [String] {
        guard case .array(let elements) = try command(arguments) else { throw .unexpected("to \(arguments[0])") }
        return elements.map { $0.text ?? "" }
    }

    // MARK: - The connection

    private func disconnect() {
        context.map { redisFree($0) }
        context = nil
    }

    private func connected() throws(RedisError) -> UnsafeMutablePointer<redisContext> {
        if let context { return context }
        let connecting = Self.interval(settings.connectTimeoutMilliseconds)
        let made =
            switch settings.endpoint {
            case .tcp(let host, let port): redisConnectWithTimeout(host, Int32(port), connecting)
            case .unix(let path): redisConnectUnixWithTimeout(path, connecting)
            }
        guard let made else { throw .connection("out of memory") }
        guard made.pointee.err == 0 else {
            defer { redisFree(made) }
            throw .connection("\(settings.address): \(Connection.text(of: made))")
        }
        redisSetTimeout(made, Self.interval(settings.answerTimeoutMilliseconds))
        do throws(RedisError) {
            try greet(made)
        } catch {
            redisFree(made)
            throw error
        }
        context = made
        return made
    }

    private func greet(_ context: UnsafeMutablePointer<redisContext>) throws(RedisError) {
        var commands: [[String]] = []
        if let password = settings.password { commands.append(["AUTH"] + (settings.user.map { [$0] } ?? []) + [password]) }
        if settings.database != 0 { commands.append(["SELECT", String(settings.database)]) }
        for reply in try Self.run(context, commands, onFailure: {}) {
            if case .error(let reason) = reply { throw .refused(reason) }
        }
    }

    private static func interval(_ milliseconds: Int64) -> timeval {
        timeval(tv_sec: Int(milliseconds / 1_000), tv_usec: Int(milliseconds % 1_000) * 1_000)
    }

    /// A connection that failed is dead: an answer that comes too late would be taken for the next one's.
    private static func run(
        _ context: UnsafeMutablePointer<redisContext>, _ commands: [[String]], onFailure: () -> Void
    ) throws(RedisError) -> [RedisReply] {
        for command in commands { append(command, to: context) }
        var replies: [RedisReply] = []
        for _ in commands {
            var answer: UnsafeMutableRawPointer?
            guard withoutBrokenPipe({ redisGetReply(context, &answer) }) == REDIS_OK, let answer else {
                let reason = Connection.text(of: context)
                onFailure()
                throw .connection(reason)
            }
            replies.append(value(of: answer.assumingMemoryBound(to: redisReply.self).pointee))
            freeReplyObject(answer)
        }
        return replies
    }

    /// hiredis writes with `write`, so a server that has gone would end this process by SIGPIPE. Keeps the signal away from this thread,
    /// and takes it back if it came, whatever the process does with it elsewhere.
    private static func withoutBrokenPipe(_ body: () -> Int32) -> Int32 {
        var pipe = sigset_t()
        var before = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let result = body()
        if sigismember(&before, SIGPIPE) == 0 {
            var none = timespec()
            while sigtimedwait(&pipe, nil, &none) < 0 && errno == EINTR {}
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return result
    }

    private static func append(_ arguments: [String], to context: UnsafeMutablePointer<redisContext>) {
        let joined = arguments.flatMap { Array($0.utf8) }.map { CChar(bitPattern: $0) }
        let lengths = arguments.map(\.utf8.count)
        joined.withUnsafeBufferPointer { bytes in
            var pointers: [UnsafePointer<CChar>?] = []
            var offset = 0
            for length in lengths {
                // An empty argument at the very end still needs an address.
                pointers.append(bytes.baseAddress.map { $0 + offset })
                offset += length
            }
            let code = redisAppendCommandArgv(context, Int32(arguments.count), &pointers, lengths)
            precondition(code == REDIS_OK, "out of memory")
        }
    }

    private static func value(of reply: redisReply) -> RedisReply {
        let bytes = UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : Int(reply.len))
        switch reply.type {
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_INTEGER: return .integer(Int64(reply.integer))
        case REDIS_REPLY_STRING: return .bulk(Array(bytes))
        case REDIS_REPLY_ARRAY:
            return .array((0..<Int(reply.elements)).map { reply.element[$0].map { value(of: $0.pointee) } ?? .null })
        default: return .null
        }
    }
}
