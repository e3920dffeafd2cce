import Foundation
import Synchronization

/// A child process whose output goes to files.
final class ChildProcess {
    private let process = Process()
    private let folder = TemporaryFolder()

    init(_ program: String, _ arguments: [String], environment: [String: String]? = nil, input: String? = nil) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = try file("out")
        process.standardError = try file("err")
        if let input { try Data(input.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/in")) }
        process.standardInput = input == nil ? FileHandle.nullDevice : FileHandle(forReadingAtPath: "\(folder.path)/in")
        try process.run()
        Leash.shared.write("+\(process.processIdentifier)")
    }

    deinit { kill() }

    private func file(_ name: String) throws -> FileHandle {
        let path = "\(folder.path)/\(name)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    var isRunning: Bool { process.isRunning }
    var id: Int32 { process.processIdentifier }
    var output: String { (try? String(contentsOfFile: "\(folder.path)/out", encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: "\(folder.path)/err", encoding: .utf8)) ?? "" }

    /// Sends a signal.
    func signal(_ signal: Int32) { Foundation.kill(process.processIdentifier, signal) }

    /// SIGKILL, and waits until the process is gone.
    func kill() {
        if process.isRunning { signal(SIGKILL) }
        process.waitUntilExit()
        Leash.shared.write("-\(process.processIdentifier)")
    }

    /// The exit code; that of a signal is 128 and its number.
    func waitForExit(seconds: Double) throws -> Int32 {
        let end = try? within(seconds: seconds, "exit") { process.isRunning ? nil : true }
        guard end != nil else {
            throw TimedOut(description: "the process runs after \(seconds) s\n\(output.suffix(1_000))\n\(errors.suffix(4_000))")
        }
        Leash.shared.write("-\(process.processIdentifier)")
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Runs a program to its end.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil, input: String? = nil, seconds: Double = 90
    ) throws -> Finished {
        let child = try ChildProcess(program, arguments, environment: environment, input: input)
        let status = try child.waitForExit(seconds: seconds)
        return Finished(status: status, output: child.output, errors: child.errors)
    }

    struct Finished: CustomStringConvertible {
        var status: Int32
        var output: String
        var errors: String

        var description: String { "exit code \(status)\n\(output.suffix(2_000))\n\(errors.suffix(2_000))" }
    }
}

/// Kills the children by their ids when this process ends without having done so.
private final class Leash: Sendable {
    static let shared = Leash()
    private let pipe: Mutex<FileHandle?>

    private init() {
        let shell = Process()
        let pipe = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c",
            """
            declare -A children
            while read -r line; do
              if [ "${line:0:1}" = + ]; then children[${line:1}]=1; else unset "children[${line:1}]"; fi
            done
            [ ${#children[@]} = 0 ] || kill -KILL "${!children[@]}"
            """,
        ]
        shell.standardInput = pipe
        let isRunning = (try? shell.run()) != nil
        self.pipe = Mutex(isRunning ? pipe.fileHandleForWriting : nil)
    }

    func write(_ line: String) { pipe.withLock { try? $0?.write(contentsOf: Data("\(line)\n".utf8)) } }
}
