extension RedisSettings {
    /// Settings from an address:
    /// `redis://[user[:password]@]host[:port][/database]` or `unix://[user[:password]@]/path/of/socket[?db=database]`.
    ///
    /// A user without a colon is a password in many tools; here it is a user, as RFC 3986 has it: write `:password@` for a password
    /// alone. User and password may be percent-encoded. `rediss://` is refused: hiredis 0.14 has no TLS.
    public init(url: String) throws(RedisSettingsError) {
        self.init()
        guard let (scheme, rest) = url.divided(at: "://") else {
            throw RedisSettingsError(
                description: "redis address has no scheme; allowed: redis://[user:password@]host[:port][/database] or unix:///path[?db=N]")
        }
        var address = rest
        if let (credentials, after) = rest.dividedAtLast("@") {
            address = after
            try take(credentials: credentials)
        }
        switch scheme.lowercasedASCII {
        case "redis", "tcp": try takeTCP(address)
        case "unix", "redis+unix", "redis+socket": try takeUnix(address)
        case "rediss", "tls":
            throw RedisSettingsError(
                description: "\(scheme):// asks for TLS, which hiredis 0.14 does not have; allowed: redis:// (in a TLS tunnel), unix://")
        default:
            throw RedisSettingsError(description: "redis address has the scheme '\(scheme)'; allowed: redis, unix")
        }
    }

    private mutating func take(credentials: String) throws(RedisSettingsError) {
        let (name, secret) = credentials.divided(at: ":").map { ($0, $1 as String?) } ?? (credentials, nil)
        guard let user = name.percentDecoded, let password = (secret ?? "").percentDecoded else {
            throw RedisSettingsError(description: "user or password in the redis address has a '%' without two hexadecimal digits after it")
        }
        if !user.isEmpty && password.isEmpty {
            throw RedisSettingsError(
                description: "the redis address has the user '\(user)' without a password; allowed: user:password@ or :password@")
        }
        self.user = user.isEmpty ? nil : user
        self.password = password.isEmpty ? nil : password
    }

    private mutating func takeTCP(_ address: String) throws(RedisSettingsError) {
        var place = address
        if let (before, number) = address.divided(at: "/") {
            place = before
            if !number.isEmpty { database = try Self.database(number) }
        }
        var host = place
        var port: UInt16 = 6379
        var portText: String?
        if place.hasPrefix("[") {
            guard let (inside, after) = String(place.dropFirst()).divided(at: "]") else {
                throw RedisSettingsError(description: "redis address has a '[' without ']'")
            }
            host = inside
            portText = after.hasPrefix(":") ? String(after.dropFirst()) : nil
        } else if let (name, number) = place.dividedAtLast(":") {
            host = name
            portText = number
        }
        if let portText {
            guard let number = UInt16(portText), number > 0 else {
                throw RedisSettingsError(description: "redis port is '\(portText)'; allowed: 1 to 65535")
            }
            port = number
        }
        guard !host.isEmpty else { throw RedisSettingsError(description: "redis address has no host") }
        endpoint = .tcp(host: host, port: port)
    }

    private mutating func takeUnix(_ address: String) throws(RedisSettingsError) {
        var path = address
        if let (before, query) = address.divided(at: "?") {
            path = before
            guard let (name, number) = query.divided(at: "="), name == "db" else {
                throw RedisSettingsError(description: "redis address has the query '\(query)'; allowed: db=N")
            }
            database = try Self.database(number)
        }
        // The kernel's limit for the name of a socket (sun_path, 108 bytes with the final zero).
        guard path.hasPrefix("/"), path.utf8.count < 108 else {
            throw RedisSettingsError(description: "redis socket is '\(path)'; allowed: an absolute path of at most 107 bytes")
        }
        endpoint = .unix(path: path)
    }

    private static func database(_ text: String) throws(RedisSettingsError) -> Int {
        guard let number = UInt16(text) else {
            throw RedisSettingsError(description: "redis database is '\(text)'; allowed: 0 to 65535")
        }
        return Int(number)
    }
}

extension String {
    fileprivate func divided(at separator: String) -> (String, String)? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(separator) { return (String(self[..<rest.startIndex]), String(rest.dropFirst(separator.count))) }
            rest.removeFirst()
        }
        return nil
    }

    fileprivate func dividedAtLast(_ separator: Character) -> (String, String)? {
        guard let index = lastIndex(of: separator) else { return nil }
        return (String(self[..<index]), String(self[self.index(after: index)...]))
    }

    fileprivate var lowercasedASCII: String { String(decoding: utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self) }

    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(Self.nibble), let low = rest.next().flatMap(Self.nibble) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}
