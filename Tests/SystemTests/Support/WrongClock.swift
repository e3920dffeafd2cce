import Foundation

/// A library that is loaded into one engine: its wall clock is off, its monotonic one is not. Not libfaketime: see Clients/wrong_clock.c.
final class WrongClock {
    private let folder = TemporaryFolder()
    private let library: String

    /// Made by the C compiler that comes with Swift.
    init() throws {
        library = "\(folder.path)/wrong_clock.so"
        let source = Project.path("Tests/SystemTests/Clients/wrong_clock.c")
        let made = try ChildProcess.run(try Project.installed("clang"), ["-shared", "-fPIC", "-O1", "-o", library, source])
        guard made.status == 0 else { throw TimedOut(description: "\(made)") }
    }

    /// For `startEngine`: the clock is so many seconds ahead.
    func environment(seconds: Int) -> [String: String] { ["LD_PRELOAD": library, "WRONG_CLOCK_SECONDS": "\(seconds)"] }
}
