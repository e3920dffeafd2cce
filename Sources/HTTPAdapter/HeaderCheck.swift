/// Looks at every header of a request before anything is done with it.
///
/// libmicrohttpd 0.9.75 glues folded header text to the header's name, so that `Content-Length:` with its value on the next line becomes
/// a header of another name and the body would run as the next request. What could hide such a trick is refused, and the connection
/// closed.
struct HeaderCheck {
    /// Why the request is refused; nil: it is not.
    private(set) var problem: String?
    /// Whether a body follows.
    private(set) var hasBody = false
    private var hasContentLength = false
    private var hasTransferEncoding = false
    private var hasHost = false

    /// Looks at one header.
    mutating func take(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard problem == nil else { return }
        guard !name.isEmpty, name.allSatisfy(HeaderCheck.isTokenByte) else { return refuse("a header name is not a token") }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return refuse("a header value has a control character") }
        if HeaderCheck.matches(name, "content-length") {
            guard !hasContentLength else { return refuse("two Content-Length headers") }
            hasContentLength = true
            guard !value.isEmpty, value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return refuse("Content-Length is not a number") }
            if value.contains(where: { $0 != 0x30 }) { hasBody = true }
        } else if HeaderCheck.matches(name, "transfer-encoding") {
            guard !hasTransferEncoding else { return refuse("two Transfer-Encoding headers") }
            hasTransferEncoding = true
            guard HeaderCheck.matches(value, "chunked") else { return refuse("the only Transfer-Encoding is chunked") }
            hasBody = true
        } else if HeaderCheck.matches(name, "host") {
            guard !hasHost else { return refuse("two Host headers") }
            hasHost = true
        } else if HeaderCheck.begins(name, "content-length") || HeaderCheck.begins(name, "transfer-encoding") {
            return refuse("a header name begins like one that frames the body")
        }
        if hasContentLength, hasTransferEncoding { refuse("Content-Length together with Transfer-Encoding") }
    }

    private mutating func refuse(_ reason: String) { problem = reason }

    /// A letter, digit or one of the marks of RFC 9110's token.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Whether the bytes are the lower-case ASCII text, upper case counted as lower.
    private static func matches(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount && begins(bytes, text)
    }

    private static func begins(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            zip(bytes, wanted).allSatisfy { byte, lower in
                (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte) == lower
            }
        }
    }
}
