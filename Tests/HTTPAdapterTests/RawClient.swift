import Foundation
import Testing

/// A TCP client that sends exactly the bytes it is told to.
final class RawClient {
    private let descriptor: Int32

    /// Connects to the loopback. No read waits longer than 10 s.
    init(port: UInt16, receiveBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        if var bytes = receiveBufferBytes { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size)) }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        // Everything is initialised, so deinit runs and closes the socket when this throws.
        guard connected == 0 else { throw NotConnected() }
    }

    /// Nobody listens.
    struct NotConnected: Error {}

    deinit { close(descriptor) }

    /// Whether all bytes were taken.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Whether all bytes were taken.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Everything up to the end of the connection; nil where it does not end in time.
    func readToEnd() -> String? {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET) { return String(decoding: received, as: UTF8.self) }
            guard count > 0 else { return nil }
            received.append(contentsOf: chunk[..<count])
        }
    }

    /// The next answer by its Content-Length; for HEAD without a body.
    func readAnswer(isHead: Bool = false) -> Answer? {
        var received: [UInt8] = []
        var byte: UInt8 = 0
        while !received.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
            guard recv(descriptor, &byte, 1, 0) == 1 else { return nil }
            received.append(byte)
        }
        guard var answer = Answer(head: String(decoding: received, as: UTF8.self)) else { return nil }
        var body: [UInt8] = []
        while !isHead, body.count < Int(answer.headers["content-length"] ?? "") ?? 0 {
            guard recv(descriptor, &byte, 1, 0) == 1 else { return nil }
            body.append(byte)
        }
        answer.body = String(decoding: body, as: UTF8.self)
        return answer
    }

    /// Waits up to this time for something to read, the end of the connection included.
    func waitReadable(milliseconds: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, milliseconds) == 1
    }
}

/// An answer taken apart. Header names in lower case.
struct Answer {
    var status: Int
    var headers: [String: String]
    var body = ""

    init?(head: String) {
        let lines = head.components(separatedBy: "\r\n")
        let parts = lines[0].split(separator: " ")
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else { return nil }
        self.status = status
        headers = [:]
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
    }
}
