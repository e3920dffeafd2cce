import Foundation
import Synchronization

/// Tells once a second on standard error how far a producer is.
struct ProgressMeter {
    private let clock = SystemClock()
    private var shownAt: Int64
    private var before = WorkloadProducer.Progress()

    init() { shownAt = clock.monotonicMicroseconds() }

    /// Writes a line where a second has passed since the last one.
    mutating func show(_ progress: WorkloadProducer.Progress) {
        let now = clock.monotonicMicroseconds()
        guard now - shownAt >= 1_000_000 else { return }
        let rate = Double(progress.acknowledged - before.acknowledged) * 1_000_000 / Double(now - shownAt)
        let phase = progress.isPrefilling ? "opening stock: " : ""
        let failed = progress.failed > 0 ? ", \(progress.failed) failed" : ""
        let waiting = progress.handedOver - progress.acknowledged - progress.failed
        let line = "\(phase)\(progress.acknowledged) acknowledged, \(Int64(rate))/s, \(waiting) on their way"
        FileHandle.standardError.write(Data("\(line)\(failed)\n".utf8))
        shownAt = now
        before = progress
    }
}

/// The result of a thread, for the one that waits for it.
final class Outcome: Sendable {
    private let stored = Mutex<Result<BenchResult, any Error>?>(nil)

    func finish(_ result: sending Result<BenchResult, any Error>) { stored.withLock { $0 = result } }

    var isFinished: Bool { stored.withLock { $0 != nil } }

    /// The result of a thread that has finished.
    func result() throws -> BenchResult { try stored.withLock { $0! }.get() }
}
