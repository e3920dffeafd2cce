import Glibc

/// A file that can't be read.
struct FileError: Error {
    /// What the system says.
    var reason: String
}

/// The bytes of a file, or of a pipe up to its end.
func readWholeFile(_ path: String, maxBytes: Int) -> Result<[UInt8], FileError> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(FileError(reason: systemError())) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { return .failure(FileError(reason: systemError())) }
        if count == 0 { return .success(bytes) }
        bytes.append(contentsOf: chunk[..<count])
        guard bytes.count <= maxBytes else { return .failure(FileError(reason: "the file has more than \(maxBytes) bytes")) }
    }
}

private func systemError() -> String { String(cString: strerror(errno)) }
