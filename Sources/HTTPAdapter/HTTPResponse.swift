public import Telemetry

/// What a route answers.
public struct HTTPResponse: Sendable, Equatable {
    /// The status code, 200 to 599.
    public var status: Int
    /// The media type with its parameters.
    public var contentType: String
    /// The body; a HEAD request gets its length only.
    public var body: [UInt8]
    /// Further headers.
    var headers: [Header] = []

    /// A header of an answer.
    struct Header: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// An answer.
    public init(status: Int, contentType: String, body: [UInt8]) {
        precondition((200...599).contains(status))
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// A text answer.
    public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// A JSON answer of a text that is JSON already.
    public static func json(_ json: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", body: Array(json.utf8))
    }

    /// The metrics in the format that Prometheus asks for.
    public static func metrics(_ text: MetricsText) -> HTTPResponse {
        HTTPResponse(status: 200, contentType: MetricsText.contentType, body: text.render())
    }

    /// The program's name and version.
    public static func version(name: String, version: String) -> HTTPResponse {
        json("{\"name\":\(quoteJSON(name)),\"version\":\(quoteJSON(version))}\n")
    }

    /// An error as RFC 9457 has it, of type about:blank: the title is the status' own.
    static func problem(_ status: Int, _ title: String, _ detail: String) -> HTTPResponse {
        let json = "{\"type\":\"about:blank\",\"title\":\(quoteJSON(title)),\"status\":\(status),\"detail\":\(quoteJSON(detail))}\n"
        return HTTPResponse(status: status, contentType: "application/problem+json", body: Array(json.utf8))
    }
}
