import Glibc

/// Why a server can't be started.
public struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What failed, with the address and the system's reason.
    public var description: String
}

/// Opens sockets that listen.
enum ListenSocket {
    /// A listening socket and its port.
    struct Opened {
        /// The socket; the caller's to close.
        var descriptor: Int32
        /// The port, as chosen by the system where 0 was asked for.
        var port: UInt16
    }

    /// Listens on the first address of `host` that works.
    static func open(host: String, port: UInt16, backlog: Int32) throws(HTTPServerError) -> Opened {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw HTTPServerError(description: "can't listen on \(host): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var next = list
        while let address = next {
            next = address.pointee.ai_next
            if let opened = listen(on: address.pointee, backlog) { return opened }
            reason = String(cString: strerror(errno))
        }
        throw HTTPServerError(description: "can't listen on \(host) port \(port): \(reason)")
    }

    /// nil with `errno` where it does not work.
    private static func listen(on address: addrinfo, _ backlog: Int32) -> Opened? {
        let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { return nil }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(descriptor, backlog) == 0,
            let port = port(of: descriptor)
        else {
            let reason = errno
            close(descriptor)
            errno = reason
            return nil
        }
        return Opened(descriptor: descriptor, port: port)
    }

    private static func port(of descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes -> UInt16? in
            guard let address = bytes.baseAddress else { return nil }
            guard getsockname(descriptor, address.assumingMemoryBound(to: sockaddr.self), &length) == 0 else { return nil }
            // The port is in the same place in both families: behind the family's two bytes, in network order.
            return UInt16(bigEndian: UnsafeRawPointer(address).load(fromByteOffset: 2, as: UInt16.self))
        }
    }
}
