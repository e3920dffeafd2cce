/// What a text must look like.
struct TextRule: Sendable {
    /// The same for people.
    var allowed: String
    /// Whether the text is kept out of messages.
    var isSecret = false
    /// Whether a text is allowed.
    var check: @Sendable (String) -> Bool

    /// A name of 1 to 200 bytes.
    static let name = TextRule(allowed: "1 to 200 printable characters without spaces") { text in
        text.utf8.count <= 200 && isPrintable(text) && !text.contains(" ")
    }

    /// librdkafka before 2.5 crashes on a longer client id.
    static let clientID = TextRule(allowed: "1 to 100 printable characters without spaces") { text in
        text.utf8.count <= 100 && isPrintable(text) && !text.contains(" ")
    }

    /// Anything printable.
    static let printable = TextRule(allowed: "printable characters") { isPrintable($0) }

    /// A password.
    static let password = TextRule(allowed: "text without line feeds", isSecret: true) { isPrintable($0) }

    /// Kafka's rule for a topic's name.
    static let topic = TextRule(allowed: "1 to 249 letters, digits, '.', '_' and '-'") { text in
        guard (1...249).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy { byte in
            isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
    }

    /// `host:port` pairs.
    static let brokers = TextRule(allowed: "host:port, more of them separated by commas; IPv6 addresses in brackets") { text in
        let brokers = text.split(separator: ",", omittingEmptySubsequences: false)
        return brokers.allSatisfy { isHostAndPort($0.drop { $0 == " " }) }
    }

    /// The outer form of a Redis address; the adapter examines the rest.
    static let redisAddress = TextRule(
        allowed: "redis://[user:password@]host[:port][/database] or unix:///path[?db=N]; TLS (rediss://) needs a tunnel", isSecret: true
    ) { text in
        isPrintable(text) && !text.contains(" ")
            && ["redis://", "unix://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
    }

    /// A prefix of keys. Braces would change how a cluster shards.
    static let keyPrefix = TextRule(allowed: "1 to 64 letters, digits, ':', '.', '_' and '-'") { text in
        guard (1...64).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || ":._-".utf8.contains($0) }
    }

    // MARK: Parts

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    private static func isPrintable(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
    }

    /// A port is needed: a broker without one is more often a mistake than 9092.
    private static func isHostAndPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return false }
        let host = text[..<colon]
        if host.hasPrefix("[") { return host.hasSuffix("]") && host.count > 2 }
        return !host.isEmpty && host.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
    }
}
