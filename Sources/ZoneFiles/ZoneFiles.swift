import Glibc
import StockCore
public import StockWire

/// Reads the time zones of this machine: the files of the package tzdata.
public enum ZoneFiles {
    /// Where the package has them.
    public static let folder = "/usr/share/zoneinfo"

    /// The zones of this machine, read once.
    public static let ofThisMachine = read()

    /// All zones below a folder, by their names there. Files that are none are passed over; where there is no such folder, only `UTC` is
    /// there.
    public static func read(_ folder: String = ZoneFiles.folder) -> ZoneTable {
        var rules: [Key: ZoneRules] = [:]
        var folders = [""]
        while let place = folders.popLast() {
            for name in names(in: folder + "/" + place) {
                let path = place.isEmpty ? name : place + "/" + name
                switch kind(of: folder + "/" + path) {
                // `right` counts leap seconds; `posix` has the same zones again.
                case S_IFDIR: if path != "right" && path != "posix" { folders.append(path) }
                case S_IFREG:
                    guard let key = Key(text: path), let bytes = contents(folder + "/" + path) else { continue }
                    if let read = bytes.withUnsafeBytes({ ZoneRules(tzif: $0) }) { rules[key] = read }
                default: continue
                }
            }
        }
        return ZoneTable(rules)
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func kind(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
    }

    private static let maxBytes = 65_536

    /// The bytes of a file; nil where it can't be read or is too large for a zone.
    private static func contents(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maxBytes + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count) }
            if more < 0 && errno == EINTR { continue }
            guard more >= 0 else { return nil }
            if more == 0 { return Array(bytes[..<count]) }
            count += more
        }
        return nil
    }
}
