import Foundation

/// A subcommand's end with a word for people. Exit codes are those of sysexits.h.
struct CommandFailure: Error {
    var message: String
    var exitCode: Int32

    init(_ message: String, exitCode: Int32 = 1) {
        self.message = message
        self.exitCode = exitCode
    }

    /// Runs a subcommand; an error goes to standard error and becomes the exit code.
    static func catching(_ body: () throws -> Int32) -> Int32 {
        do {
            return try body()
        } catch let failure as CommandFailure {
            print(error: failure.message)
            return failure.exitCode
        } catch {
            print(error: String(describing: error))
            return 78
        }
    }

    static func print(error: String) { FileHandle.standardError.write(Data("stockstream: \(error)\n".utf8)) }
}
