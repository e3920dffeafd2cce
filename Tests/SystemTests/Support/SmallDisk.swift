import Foundation

/// A file system of its own in memory, of a fixed size, that goes with this process however it ends.
final class SmallDisk {
    let path: String
    private let folder = TemporaryFolder()
    private let shell = Process()
    private let input = Pipe()

    /// nil where this process may not mount; prints the reason.
    init?(megabytes: Int) {
        path = "\(folder.path)/disk"
        let output = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        // Its standard input ends with this process; then nothing stays mounted.
        let script = """
            mkdir "$1" && mount -t tmpfs -o "size=$2m" stockstream-test "$1" 2>&1 || exit 1
            echo mounted
            cat >/dev/null
            umount --lazy "$1"
            """
        shell.arguments = ["-c", script, "small-disk", path, "\(megabytes)"]
        shell.standardInput = input
        shell.standardOutput = output
        guard (try? shell.run()) != nil else { return nil }
        var said = ""
        while !said.hasSuffix("\n"), let data = try? output.fileHandleForReading.read(upToCount: 1), !data.isEmpty {
            said += String(decoding: data, as: UTF8.self)
        }
        guard said == "mounted\n" else {
            print("SKIPPED tmpfs: \(said.isEmpty ? "mount failed" : said.trimmingCharacters(in: .whitespacesAndNewlines))")
            return nil
        }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        shell.waitUntilExit()
    }

    /// Leaves no room but this.
    func fill(leaving bytes: Int) throws {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { throw TimedOut(description: "statvfs \(path)") }
        let free = Int(facts.f_bavail) * Int(facts.f_frsize)
        let file = open("\(path)/ballast", O_CREAT | O_WRONLY, 0o600)
        guard file >= 0 else { throw TimedOut(description: "\(path)/ballast can't be made") }
        defer { close(file) }
        guard posix_fallocate(file, 0, max(1, free - bytes)) == 0 else { throw TimedOut(description: "\(path)/ballast can't be filled") }
    }

    /// Makes room again.
    func clear() throws { try FileManager.default.removeItem(atPath: "\(path)/ballast") }
}
