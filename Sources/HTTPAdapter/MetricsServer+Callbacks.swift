internal import CMicrohttpd
import Glibc
import Synchronization

// Called by libmicrohttpd on its thread. The context is the server's core, which outlives the daemon.

private func core(_ context: UnsafeMutableRawPointer?) -> ServerCore {
    guard let context else { preconditionFailure("the daemon was started with a context") }
    return Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
}

private func socket(of connection: OpaquePointer?) -> Int32? {
    let descriptor = stockstream_mhd_socket(connection)
    return descriptor >= 0 ? descriptor : nil
}

/// Called when the headers of a request are there, and again when the request is complete. What is refused is answered at the first call,
/// on which the library ends the connection: a body is never read. The rest is answered at the second.
func handleRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?, _ body: UnsafePointer<CChar>?, _ bodyCount: UnsafeMutablePointer<Int>?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let url, let method, let state else { return .NO }
    if state.pointee == nil {
        state.pointee = context
        if let refusal = refusal(connection, method: String(cString: method)) { return queue(refusal, on: connection) }
        return .YES
    }
    return queue(core(context).respond(path: String(cString: url)), on: connection)
}

/// Why a request is not answered by a route; nil: it is.
private func refusal(_ connection: OpaquePointer?, method: String) -> HTTPResponse? {
    var check = HeaderCheck()
    withUnsafeMutablePointer(to: &check) { pointer in
        _ = MHD_get_connection_values_n(connection, .HEADER_KIND, takeHeader, pointer)
    }
    if let problem = check.problem { return .problem(400, "Bad Request", problem) }
    guard method == "GET" || method == "HEAD" else {
        var response = HTTPResponse.problem(405, "Method Not Allowed", "Allowed: GET, HEAD.")
        response.headers = [.init(name: "Allow", value: "GET, HEAD")]
        return response
    }
    return check.hasBody ? .problem(413, "Content Too Large", "No request of this server has a body.") : nil
}

/// Hands one header to the check behind the context.
private func takeHeader(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameCount: Int,
    _ value: UnsafePointer<CChar>?,
    _ valueCount: Int
) -> MHD_Result {
    guard let context else { return .NO }
    context.assumingMemoryBound(to: HeaderCheck.self).pointee.take(
        name: UnsafeRawBufferPointer(start: name, count: nameCount),
        value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount))
    return .YES
}

private func queue(_ answer: HTTPResponse, on connection: OpaquePointer?) -> MHD_Result {
    // MUST_COPY: the library keeps its own copy of the body, which lives as long as a slow client needs it.
    let response = answer.body.withUnsafeBytes { bytes in
        MHD_create_response_from_buffer(bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    MHD_add_response_header(response, "Content-Type", answer.contentType)
    MHD_add_response_header(response, "Cache-Control", "no-store")
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff")
    for header in answer.headers { MHD_add_response_header(response, header.name, header.value) }
    return MHD_queue_response(connection, UInt32(answer.status), response)
}

/// Follows connections from their acceptance to just before their socket is closed.
func noteConnection(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ code: MHD_ConnectionNotificationCode
) {
    guard let socket = socket(of: connection) else { return }
    let core = core(context)
    switch code {
    case .CONNECTION_NOTIFY_STARTED: core.deadlines.withLock { $0.start(socket, now: monotonicMilliseconds()) }
    default: core.deadlines.withLock { $0.end(socket) }
    }
}

/// The answer is with the kernel: the next deadline runs.
func noteCompletion(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ code: MHD_RequestTerminationCode
) {
    guard let socket = socket(of: connection) else { return }
    core(context).deadlines.withLock { $0.restart(socket, now: monotonicMilliseconds()) }
}

/// Leaves `%` sequences as they are: libmicrohttpd's own decoding cuts a path at `%00`.
func keepEscapes(_ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?) -> Int {
    guard let text else { return 0 }
    return strlen(text)
}
