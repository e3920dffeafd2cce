internal import Glibc
internal import Synchronization

/// Looks a host name up on a thread of its own, since `getaddrinfo` waits for the network.
final class HostResolver: Sendable {
    enum Answer: Sendable, Equatable {
        case pending
        /// A numeric address.
        case address(String)
        case failed(String)
    }

    private let answer = Mutex(Answer.pending)

    /// Whether the text is a numeric address, which needs no look-up.
    static func isNumeric(_ host: String) -> Bool {
        var space = in6_addr()
        return inet_pton(AF_INET, host, &space) == 1 || inet_pton(AF_INET6, host, &space) == 1
    }

    /// Begins the look-up. A look-up that never ends costs its thread, and no more: the caller stops asking after its own deadline.
    init(host: String) {
        let job = Unmanaged.passRetained(Job(host: host, resolver: self))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                let job = Unmanaged<Job>.fromOpaque(argument!).takeRetainedValue()
                job.resolver.answer.withLock { $0 = HostResolver.lookUp(job.host) }
                return nil
            }, job.toOpaque())
        guard failure == 0 else {
            job.release()
            answer.withLock { $0 = .failed("no thread to look up '\(host)'") }
            return
        }
        pthread_detach(thread)
    }

    /// What is known by now. Does not wait.
    var current: Answer { answer.withLock { $0 } }

    private final class Job: Sendable {
        let host: String
        let resolver: HostResolver

        init(host: String, resolver: HostResolver) {
            self.host = host
            self.resolver = resolver
        }
    }

    private static func lookUp(_ host: String) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, nil, &hints, &list)
        guard failure == 0, let first = list else {
            return .failed("host '\(host)' is not known: \(String(cString: gai_strerror(failure)))")
        }
        defer { freeaddrinfo(first) }
        // IPv4 first where there is one: a server that listens on 127.0.0.1 only is the common case of `localhost`.
        var chosen = first
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            if entry.pointee.ai_family == AF_INET {
                chosen = entry
                break
            }
            next = entry.pointee.ai_next
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { name in
            let code = getnameinfo(
                chosen.pointee.ai_addr, chosen.pointee.ai_addrlen, name.baseAddress, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
            guard code == 0 else { return .failed("host '\(host)' has no usable address") }
            return .address(String(cString: name.baseAddress!))
        }
    }
}
