import Glibc
import StockStream

/// Gives back to the system what restores have needed: the records that were fetched ahead, and the tables that were outgrown, are freed,
/// but the allocator keeps their pages, twice the size of the state. Looked at once a second.
struct MemoryTrim {
    private typealias Function = @convention(c) (_ pad: Int) -> Int32

    /// `malloc_trim` of the C library, which its Swift module leaves out.
    private let trim = dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: Function.self) }
    private var isDue = false

    /// Trims once, when the last restore is over. Takes some tenths of a second of the calling thread for some gigabytes; others wait where
    /// they allocate.
    mutating func check(_ tasks: [TaskStatus], _ standby: StandbyStatus?) {
        if tasks.contains(where: \.phase.isRestoring) || (standby?.loading ?? 0) > 0 {
            isDue = true
        } else if isDue {
            isDue = false
            _ = trim?(0)
        }
    }
}
