import Glibc
import Synchronization

/// A thread that looks for overdue connections now and then until it is stopped.
struct DeadlineSweeper: Sendable {
    /// How often it looks, at most.
    static let intervalMilliseconds: Int64 = 250

    private let thread: pthread_t
    /// The end of a pipe; closing it ends the thread.
    private let stopEnd: Int32

    /// What the thread needs.
    private final class Context: Sendable {
        let core: ServerCore
        let waitEnd: Int32
        let interval: Int32

        init(core: ServerCore, waitEnd: Int32, interval: Int32) {
            self.core = core
            self.waitEnd = waitEnd
            self.interval = interval
        }
    }

    /// Starts the thread.
    init(core: ServerCore) throws(HTTPServerError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw HTTPServerError(description: "pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let limit = core.deadlines.withLock { $0.limitMilliseconds }
        let interval = Int32(min(DeadlineSweeper.intervalMilliseconds, max(1, limit / 4)))
        let context = Unmanaged.passRetained(Context(core: core, waitEnd: ends[0], interval: interval))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { DeadlineSweeper.run($0) }, context.toOpaque())
        guard code == 0 else {
            context.release()
            for end in ends { close(end) }
            throw HTTPServerError(description: "pthread_create: \(String(cString: strerror(code)))")
        }
        self.thread = thread
        stopEnd = ends[1]
    }

    /// Ends the thread and waits for it. Once.
    func stop() {
        close(stopEnd)
        pthread_join(thread, nil)
    }

    /// The thread: it owns the context that `init` retained, and the waiting end of the pipe.
    private static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let pointer else { return nil }
        let context = Unmanaged<Context>.fromOpaque(pointer).takeRetainedValue()
        defer { close(context.waitEnd) }
        var stopped = pollfd(fd: context.waitEnd, events: Int16(POLLIN), revents: 0)
        while poll(&stopped, 1, context.interval) <= 0 { context.core.sweep(now: monotonicMilliseconds()) }
        return nil
    }
}
