internal import CHiredis
internal import Glibc

/// One connection to Redis that never waits: hiredis makes the socket and reads the replies, the bytes go through our own `send` and
/// `recv`. A connection that saw an error is dead; the owner throws it away.
final class Connection {
    /// How a step of the socket went.
    enum Progress: Equatable {
        /// Nothing can be done now.
        case idle
        /// Something was done.
        case advanced
        /// The connection is dead.
        case failed(String)
    }

    /// The reply that `nextReply` read last.
    let reply = Reply()

    private let context: UnsafeMutablePointer<redisContext>
    private let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: RedisLimits.readChunkBytes, alignment: 16)

    /// Begins to connect to a numeric address. Nil, with the reason in `failure`, where that fails at once.
    convenience init?(address: String, port: UInt16, failure: inout String) {
        self.init(context: redisConnectNonBlock(address, Int32(port)), failure: &failure)
    }

    /// Begins to connect to a Unix socket.
    convenience init?(path: String, failure: inout String) {
        self.init(context: redisConnectUnixNonBlock(path), failure: &failure)
    }

    private init?(context made: UnsafeMutablePointer<redisContext>?, failure: inout String) {
        guard let made else {
            failure = "out of memory"
            functions.deallocate()
            chunk.deallocate()
            return nil
        }
        context = made
        guard made.pointee.err == 0 else {
            failure = Self.text(of: made)
            return nil  // everything is initialized, so `deinit` frees it
        }
        // A child process, such as a server that `dev` starts, must not hold the connection open.
        _ = fcntl(made.pointee.fd, F_SETFD, FD_CLOEXEC)
        ReplyFunctions.install(reply, in: made.pointee.reader, functions: functions)
    }

    deinit {
        // The reader uses `functions` while it is freed.
        redisFree(context)
        functions.deallocate()
        chunk.deallocate()
    }

    static func text(of context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: &context.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Whether the connection is made: `advanced` when it is.
    func connectProgress() -> Progress {
        var watched = pollfd(fd: context.pointee.fd, events: Int16(POLLOUT), revents: 0)
        let ready = poll(&watched, 1, 0)
        if ready == 0 || (ready < 0 && errno == EINTR) { return .idle }
        guard ready > 0 else { return .failed(Self.reason(errno)) }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(context.pointee.fd, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return .failed(Self.reason(errno)) }
        return code == 0 ? .advanced : .failed(Self.reason(code))
    }

    /// Waits until the socket brings something, or takes something where `isWriting`; at most so long.
    func wait(milliseconds: Int32, isWriting: Bool) {
        var watched = pollfd(fd: context.pointee.fd, events: Int16(POLLIN) | (isWriting ? Int16(POLLOUT) : 0), revents: 0)
        _ = poll(&watched, 1, milliseconds)
    }

    /// Writes what the socket takes.
    func write(_ buffer: inout OutputBuffer) -> Progress {
        var progress = Progress.idle
        while buffer.pending > 0 {
            var isStopped = false
            buffer.withPending { bytes in
                let sent = send(context.pointee.fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                if sent > 0 {
                    progress = .advanced
                    return sent
                }
                if sent < 0 && errno == EINTR { return 0 }
                isStopped = true
                if sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK { progress = .failed(Self.reason(errno)) }
                return 0
            }
            if isStopped { break }
        }
        return progress
    }

    /// Reads once what has come, up to a chunk.
    func receive() -> Progress {
        let count = recv(context.pointee.fd, chunk.baseAddress, chunk.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            let bytes = chunk.baseAddress!.assumingMemoryBound(to: CChar.self)
            guard redisReaderFeed(context.pointee.reader, bytes, count) == REDIS_OK else { return .failed("reply reader: \(readerError)") }
            return .advanced
        }
        if count == 0 { return .failed("the server closed the connection") }
        if errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR { return .idle }
        return .failed(Self.reason(errno))
    }

    /// Takes the next whole reply into `reply`; `idle` where there is none yet.
    func nextReply() -> Progress {
        var mark: UnsafeMutableRawPointer?
        guard redisReaderGetReply(context.pointee.reader, &mark) == REDIS_OK else {
            return .failed("not the Redis protocol: \(readerError)")
        }
        return mark == nil ? .idle : .advanced
    }

    private var readerError: String {
        withUnsafeBytes(of: &context.pointee.reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
