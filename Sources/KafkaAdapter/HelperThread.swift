internal import Glibc
internal import Synchronization

/// Runs what may take long, or never end, away from the worker: taking handles apart and fencing.
enum HelperThread {
    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Begins `body` on a thread of its own. False where the system gives no thread; `body` was not run then.
    static func run(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

/// What another thread finds out.
final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let latch = Latch()

    /// Given once.
    func give(_ found: Value) {
        value.withLock { $0 = found }
        latch.open()
    }

    var isThere: Bool { value.withLock { $0 != nil } }

    /// Waits; nil where the time ran out.
    func wait(milliseconds: Int64) -> Value? {
        // The latch opens once, for whoever waits first; what was given stays.
        if !isThere { _ = latch.wait(milliseconds: milliseconds) }
        return value.withLock { $0 }
    }

    /// Waits as long as it takes.
    func wait() -> Value {
        while true {
            if let found = wait(milliseconds: 60_000) { return found }
        }
    }
}

/// One thread opens it, another waits for that with a deadline.
final class Latch: @unchecked Sendable {  // A semaphore is made for threads; the pointer never changes.
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        let result = sem_init(semaphore, 0, 0)
        precondition(result == 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Lets the waiter go.
    func open() { sem_post(semaphore) }

    /// Waits; false where the time ran out. Glibc's wait by the monotonic clock is not visible to Swift; a jump of the wall clock moves the
    /// deadline.
    func wait(milliseconds: Int64) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += Int(milliseconds / 1000)
        deadline.tv_nsec += Int(milliseconds % 1000) * 1_000_000
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_sec += 1
            deadline.tv_nsec -= 1_000_000_000
        }
        while sem_timedwait(semaphore, &deadline) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }
}

/// The monotonic clock in milliseconds, for deadlines of blocking calls only; the engine's time is an argument.
func monotonicMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}
