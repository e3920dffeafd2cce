import YAML

/// Collects values and problems from file and environment.
struct SettingsLoader {
    private var settings = EngineSettings()
    private var origins: [String: SettingOrigin] = [:]
    private var warnings: [String] = []
    private var problems: [ConfigurationError.Problem] = []

    /// What was collected, if nothing is wrong with it.
    mutating func finish() throws(ConfigurationError) -> Settings.Loaded {
        if problems.isEmpty { checkRelations() }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return Settings.Loaded(settings: settings, warnings: warnings, origins: origins)
    }

    // MARK: File

    /// Reads a file.
    mutating func read(file: String) {
        switch readWholeFile(file, maxBytes: YAMLReader.maxBytes) {
        case .success(let text): read(text: text, name: file)
        case .failure(let error): report(.file(file, nil), nil, error.reason)
        }
    }

    /// Reads the text of a file.
    mutating func read(text: [UInt8], name: String) {
        do {
            guard let root = try YAMLReader.read(text), !root.isNull else { return }
            guard case .mapping(let entries) = root.content else {
                return report(
                    .file(name, root.position), nil, "the file must hold keys and values, such as kafka: and below it bootstrap: host:9092")
            }
            for entry in entries { take(entry, below: "", name) }
        } catch {
            report(.file(name, error.position), nil, error.reason)
        }
    }

    private mutating func take(_ entry: YAMLNode.Entry, below prefix: String, _ file: String) {
        let path = prefix.isEmpty ? entry.key : "\(prefix).\(entry.key)"
        let keyOrigin = SettingOrigin.file(file, entry.position)
        let origin = SettingOrigin.file(file, entry.value.position)
        if let key = SettingKey.all.first(where: { $0.path == path }) {
            key.isMap ? takeMap(entry.value, key, file) : takeScalar(entry.value, key, "", keyOrigin, origin)
        } else if let map = SettingKey.all.first(where: { $0.isMap && path.hasPrefix($0.path + ".") }) {
            takeScalar(entry.value, map, String(path.dropFirst(map.path.utf8.count + 1)), keyOrigin, origin)
        } else if SettingKey.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
            takeGroup(entry.value, path, file)
        } else {
            report(keyOrigin, nil, "unknown key \(path)\(SettingsLoader.hint(for: path))")
        }
    }

    private mutating func takeGroup(_ value: YAMLNode, _ path: String, _ file: String) {
        if value.isNull { return }
        guard case .mapping(let entries) = value.content else {
            return report(.file(file, value.position), path, "must have keys below it, such as \(SettingsLoader.firstKey(below: path))")
        }
        for entry in entries { take(entry, below: path, file) }
    }

    private mutating func takeMap(_ value: YAMLNode, _ key: SettingKey, _ file: String) {
        if value.isNull { return }
        guard case .mapping(let entries) = value.content else {
            return report(.file(file, value.position), key.path, "must be a map of names and texts")
        }
        for entry in entries { takeScalar(entry.value, key, entry.key, .file(file, entry.position), .file(file, entry.value.position)) }
    }

    private mutating func takeScalar(
        _ value: YAMLNode, _ key: SettingKey, _ entry: String, _ keyOrigin: SettingOrigin, _ origin: SettingOrigin
    ) {
        let path = key.isMap ? "\(key.path).\(entry)" : key.path
        guard case .scalar(let text, _) = value.content else {
            return report(origin, path, "must be a single value; allowed: \(key.allowed)")
        }
        if value.isNull { return report(keyOrigin, path, "has no value; allowed: \(key.allowed)") }
        // The nested and the dotted form of one key are the same key.
        if let first = origins[path] { return report(keyOrigin, path, "is there twice; the first is at \(first)") }
        apply(text, to: key, entry, origin)
    }

    // MARK: Environment

    /// Reads the variables that begin with our prefix, in the order of their names.
    mutating func read(environment: [String: String]) {
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(SettingKey.environmentPrefix) && !value.isEmpty {
            if let (key, entry) = SettingsLoader.key(forVariable: name) {
                apply(value, to: key, entry, .environment(name))
            } else if name.hasSuffix("_FILE"), let (key, entry) = SettingsLoader.key(forVariable: String(name.dropLast(5))) {
                readVariableFile(name, value, key, entry, environment)
            } else {
                warnings.append("unknown environment variable \(name)\(SettingsLoader.hint(forVariable: name))")
            }
        }
    }

    private mutating func readVariableFile(
        _ name: String, _ path: String, _ key: SettingKey, _ entry: String, _ environment: [String: String]
    ) {
        let plain = String(name.dropLast(5))
        if environment[plain]?.isEmpty == false {
            return report(.environment(name), key.path, "\(plain) is set as well; allowed: one of them")
        }
        switch readWholeFile(path, maxBytes: 65_536) {
        case .success(let bytes):
            var text = String(decoding: bytes, as: UTF8.self)
            if text.last == "\n" || text.last == "\r\n" { text.removeLast() }
            apply(text, to: key, entry, .environment(name))
        case .failure(let error): report(.environment(name), key.path, "\(path): \(error.reason)")
        }
    }

    /// The key of a variable, and of a map the entry's name: `STOCKSTREAM_KAFKA_PROPERTIES_SASL_PASSWORD` is `sasl.password`.
    private static func key(forVariable name: String) -> (SettingKey, String)? {
        if let key = SettingKey.all.first(where: { !$0.isMap && $0.environmentName == name }) { return (key, "") }
        guard let map = SettingKey.all.first(where: { $0.isMap && name.hasPrefix($0.environmentName + "_") }) else { return nil }
        let rest = name.dropFirst(map.environmentName.utf8.count + 1)
        guard !rest.isEmpty, !rest.hasSuffix("_FILE") else { return nil }
        return (map, rest.lowercased().split(separator: "_", omittingEmptySubsequences: false).joined(separator: "."))
    }

    // MARK: Values

    private mutating func apply(_ text: String, to key: SettingKey, _ entry: String, _ origin: SettingOrigin) {
        let path = key.isMap ? "\(key.path).\(entry)" : key.path
        origins[path] = origin
        guard !key.set(&settings, entry, text) else { return }
        let shown = key.isSecret ? "the value (hidden)" : SettingsLoader.quote(text)
        report(origin, path, "\(shown) is not allowed; allowed: \(key.allowed)")
    }

    private mutating func checkRelations() {
        for relation in SettingKey.relations where !relation.holds(settings) {
            let value = SettingKey.all.first { $0.path == relation.key }?.get(settings) ?? ""
            report(origins[relation.key] ?? .byDefault, relation.key, "\(value) is not allowed; allowed: \(relation.allowed)")
        }
        var firstKeys: [String: String] = [:]
        for key in SettingKey.all where key.path.hasPrefix("topics.") {
            guard let name = key.get(settings), let first = firstKeys.updateValue(key.path, forKey: name) else { continue }
            report(
                origins[key.path] ?? .byDefault, key.path,
                "\(SettingsLoader.quote(name)) is the name of \(first) already; allowed: different topics")
        }
    }

    private mutating func report(_ origin: SettingOrigin, _ key: String?, _ reason: String) {
        problems.append(.init(origin: origin, key: key, reason: reason))
    }
}
