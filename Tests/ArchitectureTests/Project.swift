import Foundation

/// The project's own files, found from the place of this one.
enum Project {
    /// The folder of Package.swift.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Paths, relative to the root, of all files below a folder, in order; nothing hidden, nothing that was built.
    static func files(below folder: String, withExtension wanted: String? = nil) -> [String] {
        let start = root.appendingPathComponent(folder)
        guard
            let walk = FileManager.default.enumerator(
                at: start, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
        else { return [] }
        var found: [String] = []
        for case let url as URL in walk {
            guard (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true else { continue }
            guard wanted == nil || url.pathExtension == wanted else { continue }
            found.append(String(url.path.dropFirst(root.path.count + 1)))
        }
        return found.sorted()
    }

    /// The names of the folders directly below a folder, in order.
    static func folders(below folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: root.appendingPathComponent("\(folder)/\(name)").path, isDirectory: &isFolder)
                && isFolder.boolValue
        }.sorted()
    }

    /// A file's text; nil where it is not text or not there.
    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The files that git keeps; nil where this is no clone.
    static func tracked() throws -> [String]? {
        guard FileManager.default.fileExists(atPath: root.appendingPathComponent(".git").path) else { return nil }
        let output = Pipe()
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "-C", root.path, "-c", "safe.directory=\(root.path)", "ls-files", "-z"]
        git.standardOutput = output
        try git.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { return nil }
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
