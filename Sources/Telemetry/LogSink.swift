import Glibc
import Synchronization

/// Where log lines go, shared by all loggers of a process. Thread safe; lines are never mixed.
public final class LogSink: Sendable {
    /// How many repeat keys are remembered; beyond it the one written longest ago is forgotten.
    public static let repeatKeysLimit = 1_024
    /// No line is longer. It is PIPE_BUF, so a pipe takes a line whole or not at all, and processes that share one do not mix theirs.
    public static let lineBytesLimit = 4_096

    /// How lines look.
    public let format: LogFormat
    /// Whether lines carry their time; not needed where whoever collects them adds it.
    public let showsTimes: Bool
    /// At most one line of a repeat key is written in this time.
    public let repeatIntervalMilliseconds: Int64

    private let put: @Sendable (UnsafeRawBufferPointer) -> Bool
    private let clock: @Sendable () -> LogTime
    private let state = Mutex(State())

    /// A sink that hands each line, with its line feed, to `put`. It is called under a lock; it answers whether the line was taken.
    public init(
        format: LogFormat, showsTimes: Bool = true, repeatIntervalMilliseconds: Int64 = 60_000,
        clock: @escaping @Sendable () -> LogTime = LogTime.now,
        put: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) {
        precondition(repeatIntervalMilliseconds >= 0)
        self.format = format
        self.showsTimes = showsTimes
        self.repeatIntervalMilliseconds = repeatIntervalMilliseconds
        self.clock = clock
        self.put = put
    }

    /// A sink that writes to standard error and never waits longer than 100 ms for it.
    public static func standardError(format: LogFormat, showsTimes: Bool = true) -> LogSink {
        descriptor(STDERR_FILENO, format: format, showsTimes: showsTimes, waitMilliseconds: 100)
    }

    /// A sink that writes to a descriptor, which stays the caller's. A receiver that takes nothing for `waitMilliseconds` loses the line.
    public static func descriptor(_ descriptor: Int32, format: LogFormat, showsTimes: Bool = true, waitMilliseconds: Int32) -> LogSink {
        let writer = DescriptorWriter(descriptor: descriptor, waitMilliseconds: waitMilliseconds)
        return LogSink(format: format, showsTimes: showsTimes) { writer.write($0) }
    }

    /// Lines lost because the receiver did not take them.
    public var droppedLines: Int { state.withLock { $0.droppedLines } }

    /// Writes a line unless its repeat key says no.
    func write(_ level: LogLevel, _ message: String, _ fields: [LogField], repeatKey: String?) {
        let time = clock()
        state.withLock { state in
            var suppressed = 0
            if let repeatKey {
                guard let count = state.admit(repeatKey, at: time.monotonicMilliseconds, interval: repeatIntervalMilliseconds) else {
                    return
                }
                suppressed = count
            }
            state.line.removeAll(keepingCapacity: true)
            state.line.render(format, showsTimes ? time.wallMilliseconds : nil, level, message, fields, suppressed: suppressed)
            if !state.line.bytes.withUnsafeBytes(put) { state.droppedLines += 1 }
        }
    }

    /// What the lock protects.
    private struct State {
        var line = LogLine()
        var repeats: [String: Repeat] = [:]
        var droppedLines = 0

        /// How many lines of the key were left out before this one; nil where this one is left out as well.
        mutating func admit(_ key: String, at now: Int64, interval: Int64) -> Int? {
            if let seen = repeats[key] {
                guard now - seen.writtenAt >= interval else {
                    repeats[key]!.suppressed += 1
                    return nil
                }
                repeats[key] = Repeat(writtenAt: now, suppressed: 0)
                return seen.suppressed
            }
            if repeats.count >= LogSink.repeatKeysLimit, let oldest = repeats.min(by: { $0.value.writtenAt < $1.value.writtenAt }) {
                repeats[oldest.key] = nil
            }
            repeats[key] = Repeat(writtenAt: now, suppressed: 0)
            return 0
        }
    }

    /// When a key was written last, and how many lines were left out since.
    private struct Repeat {
        var writtenAt: Int64
        var suppressed: Int
    }
}

/// The two clocks of a log line.
public struct LogTime: Sendable {
    /// Milliseconds since 1970, for the line.
    public var wallMilliseconds: Int64
    /// Milliseconds of a clock that nobody sets, for intervals.
    public var monotonicMilliseconds: Int64

    /// Both clocks at once.
    public init(wallMilliseconds: Int64, monotonicMilliseconds: Int64) {
        self.wallMilliseconds = wallMilliseconds
        self.monotonicMilliseconds = monotonicMilliseconds
    }

    /// The time of this machine.
    @Sendable public static func now() -> LogTime {
        LogTime(wallMilliseconds: read(CLOCK_REALTIME), monotonicMilliseconds: read(CLOCK_MONOTONIC))
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Writes to a descriptor that may be slow: each piece waits a bounded time, and what is not taken by then is given up.
struct DescriptorWriter: Sendable {
    /// The descriptor, which belongs to the caller.
    let descriptor: Int32
    /// How long one piece may wait.
    let waitMilliseconds: Int32

    /// Whether all bytes were taken. Pieces of at most PIPE_BUF bytes do not block once `poll` has said that there is room in a pipe.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let answer = poll(&ready, 1, waitMilliseconds)
            if answer < 0 && errno == EINTR { continue }
            guard answer == 1 else { return false }
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(LogSink.lineBytesLimit))
            let written = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if written < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }
}
